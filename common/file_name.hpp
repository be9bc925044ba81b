// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/file_descriptor.hpp"

// Names that a peer sent. None of them may lead out of the directory that is shared.

namespace netlab {

// Why a peer's relative path is refused, nullopt if it may be used: no absolute path, no
// empty part, no "." or "..", no control characters and none without width
// (has_hidden_character()), at most 255 bytes a part.
std::optional<std::string> validate_path(std::string_view path);

// The same for a plain file name, without any '/'.
std::optional<std::string> validate_name(std::string_view name);

// Opens `path` (checked by validate_path) below `root` for reading, part by part and without
// following a symbolic link at any of them, so that no link leads out of the root, not even one
// that is made meanwhile. Throws SystemError. Opening a FIFO does not block; check the type.
FileDescriptor open_below(const FileDescriptor& root, std::string_view path);

}  // namespace netlab
