// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// Contents of files are std::string, whatever the bytes.

namespace netlab::testing {

// A new folder under $TMPDIR (default /tmp), removed with all that is in it at the end.
class TempDir {
  public:
    TempDir();  // below $TMPDIR, or /tmp; throws SystemError
    explicit TempDir(const std::string& parent);
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    [[nodiscard]] std::string path() const { return path_.string(); }

    // The path of `name` in this folder; nothing is created.
    [[nodiscard]] std::string operator/(std::string_view name) const {
        return (path_ / name).string();
    }

  private:
    std::filesystem::path path_;
};

// The whole file. Throws SystemError that names it.
std::string read_file(const std::string& path);

// Creates the file or replaces its content. Throws SystemError.
void write_file(const std::string& path, std::string_view content);

// The same bytes for the same seed, on every machine.
std::string random_bytes(std::size_t count, std::uint64_t seed);

// The names (not the paths) of all that is in a folder, sorted; a folder's name ends in "/".
std::vector<std::string> file_names(const std::string& folder);

// Equality that, if it fails, tells sizes and the first difference, not megabytes of content:
// EXPECT_TRUE(same_bytes(read_file(copy), sent)).
::testing::AssertionResult same_bytes(std::string_view actual, std::string_view expected);

}  // namespace netlab::testing
