// SPDX-License-Identifier: MIT
#include "problem2/shared_folder.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

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

FileDescriptor open_or_refuse(const FileDescriptor& root, std::string_view name,
                              const char* refusal) {
    if (validate_path(name)) throw Refused(refusal);
    try {
        return open_below(root, name);
    } catch (const SystemError& error) {
        const std::string why = error_text(error.code());
        if (is_trouble(error.code())) throw Refused("the server cannot open it: " + why);
        throw Refused(refusal, error.code() == ENOENT ? "" : " (open: " + why + ")");
    }
}

// A description of its own of an open directory, since reading one moves its offset.
Directory open_directory(const FileDescriptor& at) {
    const int fd = ::openat(at.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    Directory directory(fd < 0 ? nullptr : ::fdopendir(fd));
    if (!directory) {
        const int code = errno;
        if (fd >= 0) FileDescriptor(fd).close();
        throw Refused("the server cannot read it: " + error_text(code));
    }
    return directory;
}

std::vector<Entry> entries_of(const FileDescriptor& folder) {
    const Directory directory = open_directory(folder);
    std::vector<Entry> entries;
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
        const bool is_directory = S_ISDIR(status.st_mode);
        if (!is_directory && !S_ISREG(status.st_mode)) continue;
        const auto size = is_directory ? 0 : static_cast<std::uint64_t>(status.st_size);
        entries.push_back({name, size, status.st_mtime, is_directory});
    }
    std::ranges::sort(entries, {}, &Entry::name);
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
    FileDescriptor folder;
    if (!name.empty()) {
        folder = open_or_refuse(root_, name, kNoFolder);
        if (!S_ISDIR(status_of(folder, std::string(name)).st_mode)) throw Refused(kNoFolder);
    }
    std::string lines;
    for (const Entry& entry : entries_of(name.empty() ? root_ : folder)) lines += list_line(entry);
    return lines;
}

}  // namespace netlab::problem2
