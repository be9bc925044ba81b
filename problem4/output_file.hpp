// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "common/error.hpp"
#include "common/file_descriptor.hpp"
#include "common/screen.hpp"
#include "common/text.hpp"

namespace netlab::problem4 {

// A copy of the media: a file that grows as it arrives, so that a player can follow it, or stdout
// ("-"). A file that stays incomplete is renamed to NAME.part (not through a link). Not
// thread-safe.
class OutputFile {
  public:
    // Never blocks: a FIFO must have its reader. Throws SystemError; std::runtime_error if another
    // program is writing it.
    explicit OutputFile(const std::string& name) : name_(name == "-" ? "stdout" : name) {
        if (name == "-") return;
        file_ = open_file(name, O_WRONLY | O_CREAT | O_NONBLOCK);
        if (!S_ISREG(status_of(file_, name).st_mode)) return;
        // Emptied only under the lock: two writers of one file would mix their media.
        if (::flock(file_.get(), LOCK_EX | LOCK_NB) < 0) {
            if (errno != EWOULDBLOCK) throw SystemError("flock", escaped(name));
            throw std::runtime_error("another program is writing " + escaped(name));
        }
        check(::ftruncate(file_.get(), 0), "truncate", name);
        incomplete_ = true;
    }
    ~OutputFile() {
        if (!incomplete_) return;
        const std::string part = name_ + ".part";
        const bool renamed = still_named() && ::rename(name_.c_str(), part.c_str()) == 0;
        print_error("incomplete: kept as " + escaped(renamed ? part : name_) + "\n");
    }
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    [[nodiscard]] int descriptor() const noexcept {
        return file_.valid() ? file_.get() : STDOUT_FILENO;
    }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    // All has been written: makes it durable. Throws SystemError.
    void finish() {
        if (incomplete_) check(::fsync(file_.get()), "fsync", name_);
        incomplete_ = false;
    }

  private:
    // Not if the name is a link to the file, or another file has taken it.
    [[nodiscard]] bool still_named() const noexcept {
        struct stat opened {};
        struct stat named {};
        return ::fstat(file_.get(), &opened) == 0 && ::lstat(name_.c_str(), &named) == 0 &&
               opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
    }

    std::string name_;
    FileDescriptor file_;      // none: stdout
    bool incomplete_ = false;  // a regular file, and not finished
};

}  // namespace netlab::problem4
