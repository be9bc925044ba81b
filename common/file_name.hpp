// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>

#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/file_descriptor.hpp"
#include "common/text.hpp"

// Names that a peer sent. None of them may lead out of the directory that is shared.

namespace netlab {

// Why a name that a peer sent is refused as a part of a path, nullopt if it may be used: neither
// empty nor "." or "..", no control characters and none without width (has_hidden_character()), at
// most 255 bytes, NAME_MAX of the usual file systems.
inline std::optional<std::string> validate_part(std::string_view part) {
    if (part.empty()) return "empty name";
    if (part == "." || part == "..") return "'.' and '..' are not allowed";
    if (part.size() > 255) return "name longer than 255 bytes";
    if (has_hidden_character(part)) return "control character in name";
    return std::nullopt;
}

// The same for a relative path: none of its parts may be refused.
inline std::optional<std::string> validate_path(std::string_view path) {
    if (path.starts_with('/')) return "not a relative name";
    if (path.ends_with('/')) return "empty name";
    do {
        if (auto problem = validate_part(take_word(path, '/'))) return problem;
    } while (!path.empty());
    return std::nullopt;
}

// The same for a plain file name, without any '/'.
inline std::optional<std::string> validate_name(std::string_view name) {
    if (name.find('/') != std::string_view::npos) return "'/' in name";
    return validate_part(name);
}

// Opens `path` (checked by validate_path) below `root` for reading, part by part and without
// following a symbolic link at any of them, so that no link leads out of the root, not even one
// that is made meanwhile. Throws SystemError. Opening a FIFO does not block; check the type.
inline FileDescriptor open_below(const FileDescriptor& root, std::string_view path) {
    const std::string whole(path);
    FileDescriptor at;
    while (!path.empty()) {
        const std::string part(take_word(path, '/'));
        const int kind = path.empty() ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY;
        const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind;
        const int from = at.valid() ? at.get() : root.get();
        at = FileDescriptor(check(::openat(from, part.c_str(), flags), "open", whole));
    }
    return at;
}

}  // namespace netlab
