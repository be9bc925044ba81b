// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <string>
#include <utility>

namespace netlab {

// The one owner of an open descriptor, which it closes in the end. Move-only, so that none is
// closed twice. All of this library sets close-on-exec at creation, so that a child process (a
// media player, say) inherits no sockets.
class FileDescriptor {
  public:
    FileDescriptor() noexcept = default;
    explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~FileDescriptor() { close(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }

    // close(2), at most once. Its errors are ignored: call fsync(2) first if the data must reach
    // the disk.
    void close() noexcept;

    // Leaves the descriptor to a new owner.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  private:
    int fd_ = -1;
};

struct Pipe {
    FileDescriptor read_end;
    FileDescriptor write_end;
};

// pipe2(2) with close-on-exec on both ends. Throws SystemError.
Pipe make_pipe();

// Ends another thread's poll(2). Set what the thread should see first, then call wake().
class Wakeup {
  public:
    Wakeup();  // throws SystemError

    // Thread-safe; never blocks. For a signal's handler too.
    void wake() noexcept;

    // To be watched for POLLIN; readable from wake() until clear().
    [[nodiscard]] int descriptor() const noexcept { return pipe_.read_end.get(); }
    void clear() noexcept;

  private:
    Pipe pipe_;
};

// open(2) with O_CLOEXEC. Throws SystemError that names the path.
FileDescriptor open_file(const std::string& path, int flags, mode_t mode = 0644);

// Sets or clears O_NONBLOCK (fcntl(2)). Throws SystemError.
void set_nonblocking(const FileDescriptor& fd, bool on);

// fstat(2). Throws SystemError that names the file.
struct stat status_of(const FileDescriptor& fd, const std::string& name);

// Raises the soft limit of open descriptors to the hard one (setrlimit(2)).
void raise_descriptor_limit() noexcept;

}  // namespace netlab
