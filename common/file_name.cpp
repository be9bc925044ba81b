// SPDX-License-Identifier: MIT
#include "common/file_name.hpp"

#include <fcntl.h>

#include "common/error.hpp"
#include "common/text.hpp"

namespace netlab {

namespace {

constexpr std::size_t kLongestPart = 255;  // NAME_MAX of the usual file systems

std::optional<std::string> part_problem(std::string_view part) {
    if (part.empty()) return "empty name";
    if (part == "." || part == "..") return "'.' and '..' are not allowed";
    if (part.size() > kLongestPart) return "name longer than 255 bytes";
    if (has_hidden_character(part)) return "control character in name";
    return std::nullopt;
}

// Takes the first part of a path off it.
std::string_view take_part(std::string_view& path) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    return part;
}

}  // namespace

std::optional<std::string> validate_path(std::string_view path) {
    if (path.starts_with('/')) return "not a relative name";
    if (path.ends_with('/')) return "empty name";
    do {
        if (auto problem = part_problem(take_part(path))) return problem;
    } while (!path.empty());
    return std::nullopt;
}

std::optional<std::string> validate_name(std::string_view name) {
    if (name.find('/') != std::string_view::npos) return "'/' in name";
    return part_problem(name);
}

FileDescriptor open_below(const FileDescriptor& root, std::string_view path) {
    const std::string whole(path);
    FileDescriptor at;
    while (!path.empty()) {
        const std::string part(take_part(path));
        const int kind = path.empty() ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY;
        const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind;
        const int from = at.valid() ? at.get() : root.get();
        at = FileDescriptor(check(::openat(from, part.c_str(), flags), "open", whole));
    }
    return at;
}

struct stat status_of(const FileDescriptor& fd, const std::string& name) {
    struct stat status {};
    check(::fstat(fd.get(), &status), "fstat", name);
    return status;
}

}  // namespace netlab
