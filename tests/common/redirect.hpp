// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "common/error.hpp"
#include "common/file_descriptor.hpp"
#include "tests/support/files.hpp"

namespace netlab::testing {

// Lets descriptor `number` (1 or 2) mean `target` as long as this lives.
class Redirected {
  public:
    Redirected(int number, const FileDescriptor& target)
        : number_(number), saved_(check(::fcntl(number, F_DUPFD_CLOEXEC, 3), "dup")) {
        std::fflush(nullptr);
        check(::dup2(target.get(), number), "dup2");
    }
    ~Redirected() {
        std::fflush(nullptr);
        ::dup2(saved_.get(), number_);
    }
    Redirected(const Redirected&) = delete;
    Redirected& operator=(const Redirected&) = delete;

  private:
    int number_;
    FileDescriptor saved_;
};

// Collects what is written to descriptor `number` meanwhile.
class Captured {
  public:
    explicit Captured(int number)
        : file_(open_file(folder_ / "captured", O_WRONLY | O_CREAT | O_APPEND)),
          redirected_(number, file_) {}

    [[nodiscard]] std::string text() const { return read_file(folder_ / "captured"); }

  private:
    TempDir folder_;
    FileDescriptor file_;
    Redirected redirected_;
};

}  // namespace netlab::testing
