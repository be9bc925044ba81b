// SPDX-License-Identifier: MIT
#include "tests/support/files.hpp"

#include <fcntl.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <random>
#include <system_error>

#include "common/error.hpp"
#include "common/file_descriptor.hpp"
#include "common/io.hpp"

namespace netlab::testing {

namespace fs = std::filesystem;

namespace {

std::string temporary_folder() {
    const char* base = ::getenv("TMPDIR");
    return base != nullptr && *base != '\0' ? base : "/tmp";
}

}  // namespace

TempDir::TempDir() : TempDir(temporary_folder()) {}

TempDir::TempDir(const std::string& parent) {
    std::string name = parent + "/netlab-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw SystemError("mkdtemp", name);
    path_ = name;
}

TempDir::~TempDir() {
    std::error_code error;
    fs::remove_all(path_, error);
    if (error) ADD_FAILURE() << "cannot remove " << path_ << ": " << error.message();
}

std::string read_file(const std::string& path) {
    const FileDescriptor file = open_file(path, O_RDONLY);
    std::string content;
    std::array<std::byte, 65536> buffer;
    while (const std::size_t got = read_at(file, buffer, content.size(), path)) {
        content += as_text(Bytes(buffer).first(got));
    }
    return content;
}

void write_file(const std::string& path, std::string_view content) {
    const FileDescriptor file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
    write_all(file.get(), as_bytes(content), path);
}

std::string random_bytes(std::size_t count, std::uint64_t seed) {
    // The engine's output is fixed by the standard; that of the distributions is not.
    std::mt19937_64 engine(seed);
    std::string bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(engine() & 0xff);
    return bytes;
}

std::vector<std::string> file_names(const std::string& folder) {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string() + (entry.is_directory() ? "/" : ""));
    }
    std::sort(names.begin(), names.end());
    return names;
}

::testing::AssertionResult same_bytes(std::string_view actual, std::string_view expected) {
    if (actual == expected) return ::testing::AssertionSuccess();
    const auto differ =
        std::mismatch(actual.begin(), actual.end(), expected.begin(), expected.end()).first;
    return ::testing::AssertionFailure()
           << actual.size() << " bytes instead of " << expected.size()
           << ", the first difference at offset " << (differ - actual.begin());
}

}  // namespace netlab::testing
