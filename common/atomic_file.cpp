// SPDX-License-Identifier: MIT
#include "common/atomic_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "common/error.hpp"

namespace netlab {

namespace {

// O_NONBLOCK: a FIFO of that name must not block the server in open(2).
FileDescriptor open_part(const FileDescriptor& directory, const std::string& name) {
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    FileDescriptor fd(check(::openat(directory.get(), name.c_str(), flags, 0644), "open", name));
    if (!S_ISREG(status_of(fd, name).st_mode))
        throw std::runtime_error(name + " is not a regular file");
    return fd;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& directory, const std::string& name, Start start)
    : name_(name), part_name_(name + ".part") {
    std::error_code not_made;
    std::filesystem::create_directories(directory, not_made);
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && not_made) {
        throw SystemError("mkdir", directory, not_made.value());
    }
    directory_ = FileDescriptor(check(fd, "open", directory));
    refuse_special();
    file_ = open_part(directory_, part_name_);
    const bool locked = ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0;
    if (!locked && errno != EWOULDBLOCK) throw SystemError("flock", part_name_);
    // Between open and flock the owner of the lock may have renamed this file to its final name.
    if (!locked || !still_named()) {
        throw std::runtime_error("another transfer of " + name_ + " is under way");
    }
    // What has holes cannot be continued.
    const bool has_holes = (status_of(file_, part_name_).st_mode & S_ISVTX) != 0;
    if (has_holes) truncate(0);
    mark(start == Start::scattered);
    if (start != Start::keep_part) truncate(0);
}

// Holes are marked by the sticky bit, which means nothing else for a file (chmod(2)). Without it,
// if the file system has none, a .part counts as one that can be continued.
void AtomicFile::mark(bool scattered) {
    const auto status = status_of(file_, part_name_);
    const bool marked = (status.st_mode & S_ISVTX) != 0;
    if (scattered && !marked && status.st_size > 0) {
        throw std::runtime_error(part_name_ +
                                 " is of an upload that can be resumed: resume or remove it first");
    }
    if (scattered == marked) return;
    const mode_t mode = (status.st_mode & 07777) ^ S_ISVTX;
    if (::fchmod(file_.get(), mode) < 0 && marked) throw SystemError("chmod", part_name_);
}

void AtomicFile::refuse_special() const {
    struct stat named {};
    if (::fstatat(directory_.get(), name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) < 0) return;
    // Over a folder rename(2) fails by itself.
    if (S_ISREG(named.st_mode) || S_ISDIR(named.st_mode)) return;
    throw std::runtime_error(name_ + " is not a regular file");
}

bool AtomicFile::still_named() const {
    const auto opened = status_of(file_, part_name_);
    struct stat named {};
    if (::fstatat(directory_.get(), part_name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0) {
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
    }
    if (errno != ENOENT) throw SystemError("stat", part_name_);
    return false;
}

void AtomicFile::write_at(Bytes bytes, std::uint64_t offset) {
    netlab::write_at(file_, bytes, offset, part_name_);
}

std::size_t AtomicFile::read_at(MutableBytes buffer, std::uint64_t offset) const {
    return netlab::read_at(file_, buffer, offset, part_name_);
}

std::uint64_t AtomicFile::size() const {
    return static_cast<std::uint64_t>(status_of(file_, part_name_).st_size);
}

void AtomicFile::truncate(std::uint64_t size) {
    check(::ftruncate(file_.get(), static_cast<off_t>(size)), "truncate", part_name_);
}

bool AtomicFile::exists(const std::string& directory, const std::string& name) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(directory + "/" + name, error));
}

void AtomicFile::discard_if_empty() noexcept {
    try {
        if (size() == 0 && still_named()) ::unlinkat(directory_.get(), part_name_.c_str(), 0);
    } catch (const std::exception&) {
        return;  // an empty file that stays does no harm
    }
}

void AtomicFile::commit(bool overwrite) {
    check(::fsync(file_.get()), "fsync", part_name_);
    const int in = directory_.get();
    refuse_special();
    // Whatever has taken its place, a link say, must not get the name.
    if (!still_named()) throw std::runtime_error(part_name_ + " has been replaced");
    mark(false);  // not before: a .part that stays is what it was
    if (overwrite) {
        check(::renameat(in, part_name_.c_str(), in, name_.c_str()), "rename", name_);
    } else {
        rename_to_unused_name();
    }
    if (::fsync(in) < 0) {
        throw NotDurable("stored, but perhaps not durable: fsync " + name_ + ": " +
                         error_text(errno));
    }
}

// link(2), unlike rename(2), never replaces a file that has appeared meanwhile. A file system that
// has no links (FAT) says EPERM; only Linux has another way.
void AtomicFile::rename_to_unused_name() {
    const int in = directory_.get();
    if (::linkat(in, part_name_.c_str(), in, name_.c_str(), 0) == 0) {
        check(::unlinkat(in, part_name_.c_str(), 0), "unlink", part_name_);
        return;
    }
    if (errno != EPERM && errno != EOPNOTSUPP) throw SystemError("link", name_);
#if defined(RENAME_NOREPLACE) && !defined(NETLAB_POSIX_ONLY)
    if (::renameat2(in, part_name_.c_str(), in, name_.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno != EINVAL) throw SystemError("rename", name_);
#endif
    throw std::runtime_error("link " + name_ +
                             ": this file system has no links, and so cannot keep files from "
                             "being overwritten");
}

}  // namespace netlab
