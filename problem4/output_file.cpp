// SPDX-License-Identifier: MIT
#include "problem4/output_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>

#include "common/error.hpp"
#include "common/screen.hpp"
#include "common/text.hpp"

namespace netlab::problem4 {

OutputFile::OutputFile(const std::string& name) : name_(name == "-" ? "stdout" : name) {
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

OutputFile::~OutputFile() {
    if (!incomplete_) return;
    const std::string part = name_ + ".part";
    if (::rename(name_.c_str(), part.c_str()) != 0) return;
    print_error("incomplete: kept as " + escaped(part) + "\n");
}

int OutputFile::descriptor() const noexcept {
    return file_.valid() ? file_.get() : STDOUT_FILENO;
}

void OutputFile::finish() {
    if (incomplete_) check(::fsync(file_.get()), "fsync", name_);
    incomplete_ = false;
}

}  // namespace netlab::problem4
