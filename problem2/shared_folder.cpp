// SPDX-License-Identifier: MIT
#include "problem2/shared_folder.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <map>
#include <memory>

#include "common/error.hpp"
#include "common/file_name.hpp"
#include "common/text.hpp"
#include "problem2/protocol.hpp"

namespace netlab::problem2 {

namespace {

constexpr const char* kNoFile = "no such file";
constexpr const char* kNoFolder = "no such folder";

using Directory = std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })>;

// Whether open(2) has failed by trouble of the server's own, and not for the name.
bool is_trouble(int code) {
    return code == EMFILE || code == ENFILE || code == ENOMEM || code == EIO;
}

// The root itself if `name` is empty.
FileDescriptor open_or_refuse(const FileDescriptor& root, std::string_view name,
                              const char* refusal) {
    if (!name.empty() && validate_path(name)) throw Refused(refusal);
    try {
        return open_below(root, name.empty() ? "." : name);
    } catch (const SystemError& error) {
        const std::string why = error_text(error.code());
        if (is_trouble(error.code())) throw Refused("the server cannot open it: " + why);
        throw Refused(refusal, error.code() == ENOENT ? "" : " (open: " + why + ")");
    }
}

// Name and line.
std::map<std::string, std::string> entries_of(FileDescriptor folder) {
    const Directory directory(::fdopendir(folder.get()));
    if (!directory) throw Refused("the server cannot read it: " + error_text(errno));
    static_cast<void>(folder.release());  // it is the directory's now
    std::map<std::string, std::string> entries;
    while (true) {
        errno = 0;  // tells a failure from the end (readdir(3))
        const dirent* found = ::readdir(directory.get());
        if (found == nullptr && errno != 0) {
            throw Refused("the server cannot read it: " + error_text(errno));
        }
        if (found == nullptr) break;
        const std::string name = found->d_name;
        if (validate_path(name)) continue;
        struct stat status {};
        if (::fstatat(::dirfd(directory.get()), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
            if (errno == ENOENT) continue;  // removed meanwhile
            throw Refused("the server cannot read it: stat " + escaped(name) + ": " +
                          error_text(errno));
        }
        if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) continue;
        entries.emplace(name, list_line(name, status));
    }
    return entries;
}

}  // namespace

SharedFolder::SharedFolder(const std::string& root)
    : root_(open_file(root, O_RDONLY | O_DIRECTORY)) {}

SharedFolder::File SharedFolder::open(std::string_view name) const {
    FileDescriptor file = open_or_refuse(root_, name, kNoFile);
    const struct stat status = status_of(file, std::string(name));
    if (!S_ISREG(status.st_mode)) throw Refused(kNoFile);
    return {std::move(file), static_cast<std::uint64_t>(status.st_size)};
}

std::string SharedFolder::list(std::string_view name) const {
    if (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);  // as LIST itself shows it
    FileDescriptor folder = open_or_refuse(root_, name, kNoFolder);
    if (!S_ISDIR(status_of(folder, std::string(name)).st_mode)) throw Refused(kNoFolder);
    std::string lines;
    for (const auto& [entry, line] : entries_of(std::move(folder))) lines += line;
    return lines;
}

}  // namespace netlab::problem2
