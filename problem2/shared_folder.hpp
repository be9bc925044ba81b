// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/file_descriptor.hpp"

namespace netlab::problem2 {

// The folder that the server shares. Nothing outside of it can be named, and whoever tries is told
// just what he would be told of a file that does not exist. Safe to use in many threads at once.
class SharedFolder {
  public:
    // Throws SystemError if `root` is not a directory that can be read.
    explicit SharedFolder(const std::string& root);

    struct File {
        FileDescriptor descriptor;
        std::uint64_t size = 0;
    };
    // A regular file, for reading. Throws Refused("no such file"), or with another reason if the
    // server itself is in trouble (out of descriptors).
    [[nodiscard]] File open(std::string_view name) const;

    // What LIST answers for a folder, or for the root if `name` is empty: sorted, and only what
    // can be asked for, so no symbolic links, FIFOs or devices, and no names with control
    // characters. Throws Refused.
    [[nodiscard]] std::string list(std::string_view name) const;

  private:
    FileDescriptor root_;
};

}  // namespace netlab::problem2
