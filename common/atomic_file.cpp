// SPDX-License-Identifier: MIT
#include "common/atomic_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "common/error.hpp"

namespace netlab {

namespace {

// O_NONBLOCK: a FIFO of that name must not block the server in open(2).
FileDescriptor open_part(const FileDescriptor& directory, const std::string& name) {
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    FileDescriptor fd(check(::openat(directory.get(), name.c_str(), flags, 0644), "open", name));
    struct stat status {};
    check(::fstat(fd.get(), &status), "fstat", name);
    if (!S_ISREG(status.st_mode)) throw std::runtime_error(name + " is not a regular file");
    return fd;
}

// What is wrong with it the open tells, if it is there; if not, what kept it from being made.
FileDescriptor open_directory(const std::string& path, const std::error_code& not_made) {
    try {
        return open_file(path, O_RDONLY | O_DIRECTORY);
    } catch (const SystemError& error) {
        if (error.code() == ENOENT && not_made) throw SystemError("mkdir", path, not_made.value());
        throw;
    }
}

}  // namespace

AtomicFile::AtomicFile(const std::string& directory, const std::string& name, Start start)
    : name_(name), part_name_(name + ".part") {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    directory_ = open_directory(directory, error);
    refuse_special();
    do {
        file_ = open_part(directory_, part_name_);
        if (::flock(file_.get(), LOCK_EX | LOCK_NB) < 0) {
            if (errno != EWOULDBLOCK) throw SystemError("flock", part_name_);
            throw std::runtime_error("another transfer of " + name_ + " is under way");
        }
        // Between open and flock the owner of the lock may have renamed this file to its final
        // name.
    } while (!still_named());
    if (start == Start::from_scratch) truncate(0);
}

void AtomicFile::refuse_special() const {
    struct stat named {};
    if (::fstatat(directory_.get(), name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) < 0) return;
    // Over a folder rename(2) fails by itself.
    if (S_ISREG(named.st_mode) || S_ISDIR(named.st_mode)) return;
    throw std::runtime_error(name_ + " is not a regular file");
}

bool AtomicFile::still_named() const noexcept {
    struct stat opened {};
    struct stat named {};
    return ::fstat(file_.get(), &opened) == 0 &&
           ::fstatat(directory_.get(), part_name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

void AtomicFile::write_at(Bytes bytes, std::uint64_t offset) {
    netlab::write_at(file_, bytes, offset, part_name_);
}

std::size_t AtomicFile::read_at(MutableBytes buffer, std::uint64_t offset) const {
    return netlab::read_at(file_, buffer, offset, part_name_);
}

std::uint64_t AtomicFile::size() const {
    struct stat status {};
    check(::fstat(file_.get(), &status), "fstat", part_name_);
    return static_cast<std::uint64_t>(status.st_size);
}

void AtomicFile::truncate(std::uint64_t size) {
    check(::ftruncate(file_.get(), static_cast<off_t>(size)), "truncate", part_name_);
}

bool AtomicFile::exists(const std::string& directory, const std::string& name) {
    std::error_code error;
    return std::filesystem::exists(
        std::filesystem::symlink_status(std::filesystem::path(directory) / name, error));
}

void AtomicFile::discard_if_empty() noexcept {
    struct stat status {};
    if (::fstat(file_.get(), &status) == 0 && status.st_size == 0 && still_named()) {
        ::unlinkat(directory_.get(), part_name_.c_str(), 0);
    }
}

void AtomicFile::commit(bool overwrite) {
    check(::fsync(file_.get()), "fsync", part_name_);
    const int in = directory_.get();
    refuse_special();
    if (overwrite) {
        check(::renameat(in, part_name_.c_str(), in, name_.c_str()), "rename", name_);
    } else {
        // link(2), unlike rename(2), never replaces a file that has appeared meanwhile.
        check(::linkat(in, part_name_.c_str(), in, name_.c_str(), 0), "link", name_);
        check(::unlinkat(in, part_name_.c_str(), 0), "unlink", part_name_);
    }
    if (::fsync(in) < 0) {
        throw NotDurable("stored, but perhaps not durable: fsync " + name_ + ": " +
                         error_text(errno));
    }
}

}  // namespace netlab
