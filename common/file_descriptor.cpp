// SPDX-License-Identifier: MIT
#include "common/file_descriptor.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

#include "common/error.hpp"

namespace netlab {

void FileDescriptor::close() noexcept {
    // Not repeated on EINTR: Linux has released the number by then, and another thread may own it.
    if (valid()) ::close(release());
}

Pipe make_pipe() {
    int ends[2];
#ifdef NETLAB_POSIX_ONLY
    check(::pipe(ends), "pipe");
    for (int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
#else
    check(::pipe2(ends, O_CLOEXEC), "pipe2");
#endif
    return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

Wakeup::Wakeup() : pipe_(make_pipe()) {
    set_nonblocking(pipe_.read_end, true);
    set_nonblocking(pipe_.write_end, true);
}

void Wakeup::wake() noexcept {
    const int saved_errno = errno;
    // A full pipe is readable already.
    [[maybe_unused]] const ssize_t put = ::write(pipe_.write_end.get(), "", 1);
    errno = saved_errno;
}

void Wakeup::clear() noexcept {
    char dropped[256];
    while (::read(pipe_.read_end.get(), dropped, sizeof dropped) == sizeof dropped) continue;
}

FileDescriptor open_file(const std::string& path, int flags, mode_t mode) {
    return FileDescriptor(check(::open(path.c_str(), flags | O_CLOEXEC, mode), "open", path));
}

void set_nonblocking(const FileDescriptor& fd, bool on) {
    const int flags = check(::fcntl(fd.get(), F_GETFL), "fcntl");
    check(::fcntl(fd.get(), F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK), "fcntl");
}

struct stat status_of(const FileDescriptor& fd, const std::string& name) {
    struct stat status {};
    check(::fstat(fd.get(), &status), "fstat", name);
    return status;
}

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace netlab
