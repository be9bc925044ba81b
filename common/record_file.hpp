// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <string>

#include "common/file_descriptor.hpp"
#include "common/io.hpp"

namespace netlab {

// A file that others read while it grows: each record goes into it at once, in one write.
// Thread-safe.
class RecordFile {
  public:
    // Creates the file or empties it; a FIFO must have its reader. Throws SystemError.
    explicit RecordFile(std::string path);

    // The first failure, or half a second without a reader, is reported on stderr and ends the
    // recording: the program that is being watched must not fail for it.
    void append(Bytes record) noexcept;

  private:
    std::string path_;
    std::mutex mutex_;
    FileDescriptor file_;  // guarded by mutex_
};

}  // namespace netlab
