// SPDX-License-Identifier: MIT
#include "common/file_name.hpp"

#include <fcntl.h>

#include "common/error.hpp"
#include "common/text.hpp"

namespace netlab {

namespace {

constexpr std::size_t kMaxPart = 255;  // NAME_MAX of the usual file systems

std::optional<std::string> validate_part(std::string_view part) {
    if (part.empty()) return "empty name";
    if (part == "." || part == "..") return "'.' and '..' are not allowed";
    if (part.size() > kMaxPart) return "name longer than 255 bytes";
    if (has_hidden_character(part)) return "control character in name";
    return std::nullopt;
}

}  // namespace

std::optional<std::string> validate_path(std::string_view path) {
    if (path.starts_with('/')) return "not a relative name";
    if (path.ends_with('/')) return "empty name";
    do {
        if (auto problem = validate_part(take_word(path, '/'))) return problem;
    } while (!path.empty());
    return std::nullopt;
}

std::optional<std::string> validate_name(std::string_view name) {
    if (name.find('/') != std::string_view::npos) return "'/' in name";
    return validate_part(name);
}

FileDescriptor open_below(const FileDescriptor& root, std::string_view path) {
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
