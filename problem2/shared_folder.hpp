// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/file_descriptor.hpp"

namespace netlab::problem2 {

// The folder that the server shares. No name leads out of it: one that would is refused in the
// words for a file that does not exist. Thread-safe.
class SharedFolder {
  public:
    // Throws SystemError if `root` is not a directory that can be read.
    explicit SharedFolder(const std::string& root);

    struct File {
        FileDescriptor descriptor;
        std::uint64_t size = 0;
    };
    // A regular file, for reading. Throws Refused: "no such file", or the server's own trouble (out
    // of descriptors).
    [[nodiscard]] File open(std::string_view name) const;

    // The lines of LIST for a folder, or for the root if `name` is empty, sorted. Only what can be
    // asked for: no symbolic links, FIFOs or devices, no names with control characters. Throws
    // Refused.
    [[nodiscard]] std::string list(std::string_view name) const;

  private:
    FileDescriptor root_;
};

}  // namespace netlab::problem2
