// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

namespace netlab {

// The one owner of an open descriptor: closes it at the end of its life. Move-only, so that no
// descriptor is ever closed twice. Everything that opens one in this library sets close-on-exec at
// creation, so that a child process (a media player, say) does not inherit sockets.
class FileDescriptor {
  public:
    FileDescriptor() noexcept = default;
    explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() { close(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }

    // close(2), at most once. Its errors are for those who must know that data reached the disk,
    // and they call fsync first.
    void close() noexcept;

  private:
    int fd_ = -1;
};

struct Pipe {
    FileDescriptor read_end;
    FileDescriptor write_end;
};

// pipe2(2) with close-on-exec on both ends. Throws SystemError.
Pipe make_pipe();

// open(2) with O_CLOEXEC. Throws SystemError that names the path.
FileDescriptor open_file(const std::string& path, int flags, mode_t mode = 0644);

// Sets or clears O_NONBLOCK (fcntl(2)). Throws SystemError.
void set_nonblocking(const FileDescriptor& fd, bool on);

}  // namespace netlab
