// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "common/file_descriptor.hpp"

namespace netlab::problem4 {

// A copy of the media: a file that grows as it arrives, so that a player can follow it, or stdout
// ("-"). A file that stays incomplete is renamed to NAME.part. Not thread-safe.
class OutputFile {
  public:
    // Never blocks. Throws SystemError (ENXIO: a FIFO that nobody reads yet); std::runtime_error if
    // another program is writing it.
    explicit OutputFile(const std::string& name);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    [[nodiscard]] int descriptor() const noexcept;
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    // All has been written: makes it durable. Throws SystemError.
    void finish();

  private:
    std::string name_;
    FileDescriptor file_;      // none: stdout
    bool incomplete_ = false;  // a regular file, and not finished
};

}  // namespace netlab::problem4
