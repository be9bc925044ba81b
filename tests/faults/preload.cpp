// SPDX-License-Identifier: MIT
// What fails in the tests of faults: preloaded (LD_PRELOAD), it stands between a program and libc,
// and makes system calls fail that never fail on a good day. Nothing happens before `main`, nothing
// without its environment:
//
//     FAULTS_CALL   the call that fails ("recv"), or "all"
//     FAULTS_AT     which one of these, counted from main: 1 is the first
//     FAULTS_ERROR  the errno that it fails with; 0 is the likely one, -1 a less likely one
//                   (kErrors)
//     FAULTS_LOG    a file, to which "CALL NUMBER ERRNO OBJECT" is appended when it has failed
//     FAULTS_MODE   "forever": that one and all after it;
//                   "short": reads and writes do less than they were asked to, by chance;
//                   "interrupt": calls that wait fail with EINTR, by chance
//     FAULTS_SEED   of that chance
//
// Each wrapper is bound to the name of the call it wraps by an asm label, since the headers declare
// some of these calls noexcept and some not.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <clocale>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

struct Errors {
    std::string_view call;
    int likely;
    int other;
};

// What each call fails with, all of it in its man page.
constexpr Errors kErrors[] = {
    {"accept", EMFILE, ENOMEM},
    {"access", EACCES, EIO},
    {"bind", EADDRINUSE, EACCES},
    {"close", EIO, ENOSPC},
    {"connect", ECONNREFUSED, ENETUNREACH},
    {"fchmod", EPERM, EIO},
    {"fcntl", EINVAL, ENOMEM},
    {"fdopendir", ENOMEM, EMFILE},
    {"flock", ENOLCK, ENOLCK},
    {"fork", EAGAIN, ENOMEM},
    {"fstat", EIO, ENOMEM},
    {"fsync", EIO, ENOSPC},
    {"ftruncate", ENOSPC, EIO},
    {"getaddrinfo", EAI_MEMORY, EAI_AGAIN},
    {"getrlimit", EPERM, EINVAL},
    {"getsockname", ENOBUFS, ENOBUFS},
    {"getsockopt", ENOBUFS, ENOPROTOOPT},
    {"ioctl", ENOTTY, EIO},
    {"link", EPERM, ENOSPC},
    {"listen", EADDRINUSE, EOPNOTSUPP},
    {"mkdir", EACCES, ENOSPC},
    {"mmap", ENOMEM, EAGAIN},
    {"newlocale", ENOENT, ENOMEM},
    {"open", EMFILE, EACCES},
    {"pipe", EMFILE, ENFILE},
    {"poll", ENOMEM, ENOMEM},
    {"pthread_create", EAGAIN, EAGAIN},
    {"read", EIO, EISDIR},
    {"readdir", EIO, ENOENT},
    {"recv", ECONNRESET, ENOMEM},
    {"recvmsg", ENOMEM, ECONNREFUSED},
    {"rename", EIO, EACCES},
    {"send", ECONNRESET, ENOBUFS},
    {"sendfile", EIO, ENOMEM},
    {"setrlimit", EPERM, EINVAL},
    {"setsockopt", ENOBUFS, ENOPROTOOPT},
    {"shutdown", ENOTCONN, ENOTCONN},
    {"socket", EMFILE, ENOBUFS},
    {"stat", EIO, EACCES},
    {"tcgetattr", EIO, ENOTTY},
    {"tcgetpgrp", ENOTTY, ENOTTY},
    {"tcsetattr", EIO, ENOTTY},
    {"unlink", EIO, EACCES},
    {"waitpid", ECHILD, ECHILD},
    {"write", ENOSPC, EIO},
};

enum class Mode { kFail, kForever, kShort, kInterrupt };

struct Plan {
    Mode mode = Mode::kFail;
    std::string_view call;
    unsigned long at = 0;
    int error = 0;
    std::uint64_t seed = 0;
    int log = -1;
};

Plan plan;
std::atomic<bool> armed{false};
std::atomic<unsigned long> counted{0};

const char* variable(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}

void read_plan() {
    plan.call = variable("FAULTS_CALL", "");
    plan.at = std::strtoul(variable("FAULTS_AT", "0"), nullptr, 10);
    plan.error = std::atoi(variable("FAULTS_ERROR", "0"));
    plan.seed = std::strtoull(variable("FAULTS_SEED", "1"), nullptr, 10);
    const std::string_view mode = variable("FAULTS_MODE", "");
    if (mode == "forever") plan.mode = Mode::kForever;
    if (mode == "short") plan.mode = Mode::kShort;
    if (mode == "interrupt") plan.mode = Mode::kInterrupt;
    if (const char* log = std::getenv("FAULTS_LOG")) {
        const long fd =
            ::syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        // Out of the way: with it the program would get other numbers, and run out of them earlier.
        const long high = ::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
        plan.log = static_cast<int>(high >= 0 ? high : fd);
        if (high >= 0) ::syscall(SYS_close, fd);
    }
}

// What the call was about: a path as it is, a descriptor by what it stands for.
class Object {
  public:
    Object() = default;
    explicit Object(const char* path) : path_(path) {}
    explicit Object(int fd) : fd_(fd) {}

    [[nodiscard]] std::string_view describe(std::array<char, 512>& space) const {
        if (path_ != nullptr) return path_;
        if (fd_ < 0) return "-";
        std::array<char, 64> link{};
        std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd_);
        const int head = std::snprintf(space.data(), space.size(), "%d=", fd_);
        const long size = ::syscall(SYS_readlink, link.data(), space.data() + head,
                                    space.size() - static_cast<std::size_t>(head));
        return {space.data(), static_cast<std::size_t>(head + std::max(0L, size))};
    }

  private:
    const char* path_ = nullptr;
    int fd_ = -1;
};

void tell(std::string_view call, unsigned long number, int error, const Object& object) {
    std::array<char, 512> space{};
    const std::string_view what = object.describe(space);
    std::array<char, 700> line{};
    const int size =
        std::snprintf(line.data(), line.size(), "%.*s %lu %d %.*s\n", static_cast<int>(call.size()),
                      call.data(), number, error, static_cast<int>(what.size()), what.data());
    if (plan.log >= 0) ::syscall(SYS_write, plan.log, line.data(), static_cast<std::size_t>(size));
}

int error_of(std::string_view call) {
    if (plan.error > 0) return plan.error;
    for (const Errors& errors : kErrors) {
        if (errors.call == call) return plan.error == 0 ? errors.likely : errors.other;
    }
    return EIO;
}

// 0: let it be done.
int fault(std::string_view call, const Object& object = {}) {
    const bool fails = plan.mode == Mode::kFail || plan.mode == Mode::kForever;
    if (!armed || !fails || (plan.call != "all" && plan.call != call)) return 0;
    const unsigned long number = ++counted;
    if (number < plan.at || (number > plan.at && plan.mode == Mode::kFail)) return 0;
    const int error = error_of(call);
    tell(call, number, error, object);
    return error;
}

// SplitMix64 of the seed and the number of this draw.
std::uint64_t draw() {
    std::uint64_t z = plan.seed * 0x9E3779B97F4A7C15U + ++counted * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

bool interrupted() {
    return armed && plan.mode == Mode::kInterrupt && draw() % 3 == 0;
}

// A datagram is never split.
bool is_datagram_socket(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return ::syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_DGRAM;
}

bool is_pipe(int fd) {
    std::array<char, 64> link{};
    std::array<char, 8> target{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
    return ::syscall(SYS_readlink, link.data(), target.data(), 5) == 5 &&
           std::string_view(target.data()) == "pipe:";
}

std::size_t shortened(int fd, std::size_t size) {
    if (!armed || plan.mode != Mode::kShort || size < 2 || is_datagram_socket(fd)) return size;
    return draw() % 3 == 0 ? 1 : 1 + draw() % size;
}

template <typename Function>
Function* real(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// WRAP(symbol, call, result, parameters, arguments, object): `symbol` of libc, counted as `call`,
// fails by -1 and errno.
#define WRAP_AS(unique, symbol, call, result, parameters, arguments, object, ...)            \
    extern "C" result unique parameters __asm__(symbol);                                     \
    extern "C" result unique parameters {                                                    \
        static auto* const next = real<result parameters>(symbol);                           \
        if (const int error = fault(call, Object(object))) return errno = error, result(-1); \
        __VA_ARGS__;                                                                         \
        return next arguments;                                                               \
    }
#define WRAP(symbol, call, result, parameters, arguments, object) \
    WRAP_AS(wrapped_##symbol, #symbol, call, result, parameters, arguments, object, )
// The same for calls that wait for somebody: they can be interrupted. (What waits for a local disk
// cannot: signal(7).)
#define WRAP_WAITING(symbol, call, result, parameters, arguments, object, ...)      \
    WRAP_AS(wrapped_##symbol, #symbol, call, result, parameters, arguments, object, \
            if (interrupted()) return errno = EINTR, result(-1);                    \
            __VA_ARGS__)
// Calls that return the error itself.
#define WRAP_CODE(symbol, call, parameters, arguments)           \
    extern "C" int wrapped_##symbol parameters __asm__(#symbol); \
    extern "C" int wrapped_##symbol parameters {                 \
        static auto* const next = real<int parameters>(#symbol); \
        if (const int error = fault(call)) return error;         \
        return next arguments;                                   \
    }
// Calls that return a null pointer.
#define WRAP_POINTER(symbol, call, result, parameters, arguments)                              \
    extern "C" result wrapped_##symbol parameters __asm__(#symbol);                            \
    extern "C" result wrapped_##symbol parameters {                                            \
        static auto* const next = real<result parameters>(#symbol);                            \
        if (const int error = fault(call)) return errno = error, static_cast<result>(nullptr); \
        return next arguments;                                                                 \
    }

// --- from main on ---

using Main = int(int, char**, char**);
static Main* program_main = nullptr;

static int armed_main(int argc, char** argv, char** environment) {
    read_plan();
    armed = true;
    return program_main(argc, argv, environment);
}

extern "C" int wrapped_start(Main* main, int argc, char** argv, void (*init)(), void (*fini)(),
                             void (*rtld_fini)(), void* stack_end) __asm__("__libc_start_main");
extern "C" int wrapped_start(Main* main, int argc, char** argv, void (*init)(), void (*fini)(),
                             void (*rtld_fini)(), void* stack_end) {
    program_main = main;
    auto* const next = real<decltype(wrapped_start)>("__libc_start_main");
    return next(armed_main, argc, argv, init, fini, rtld_fini, stack_end);
}

// --- files ---

#define WRAP_OPEN(symbol)                                                                    \
    extern "C" int wrapped_##symbol(const char* path, int flags, ...) __asm__(#symbol);      \
    extern "C" int wrapped_##symbol(const char* path, int flags, ...) {                      \
        static auto* const next = real<int(const char*, int, ...)>(#symbol);                 \
        va_list more;                                                                        \
        va_start(more, flags);                                                               \
        const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                                        \
        if (const int error = fault("open", Object(path))) return errno = error, -1;         \
        return next(path, flags, mode);                                                      \
    }
WRAP_OPEN(open)
WRAP_OPEN(open64)

#define WRAP_OPENAT(symbol)                                                                     \
    extern "C" int wrapped_##symbol(int fd, const char* path, int flags, ...) __asm__(#symbol); \
    extern "C" int wrapped_##symbol(int fd, const char* path, int flags, ...) {                 \
        static auto* const next = real<int(int, const char*, int, ...)>(#symbol);               \
        va_list more;                                                                           \
        va_start(more, flags);                                                                  \
        const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;    \
        va_end(more);                                                                           \
        if (const int error = fault("open", Object(path))) return errno = error, -1;            \
        return next(fd, path, flags, mode);                                                     \
    }
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)

WRAP(__open_2, "open", int, (const char* path, int flags), (path, flags), path)
WRAP(__open64_2, "open", int, (const char* path, int flags), (path, flags), path)
WRAP(__openat_2, "open", int, (int fd, const char* path, int flags), (fd, path, flags), path)
WRAP(__openat64_2, "open", int, (int fd, const char* path, int flags), (fd, path, flags), path)

WRAP_WAITING(read, "read", ssize_t, (int fd, void* into, std::size_t size), (fd, into, size), fd,
             size = shortened(fd, size))
WRAP_WAITING(__read_chk, "read", ssize_t, (int fd, void* into, std::size_t size, std::size_t space),
             (fd, into, size, space), fd, size = shortened(fd, size))
WRAP_WAITING(readv, "read", ssize_t, (int fd, const iovec* pieces, int count), (fd, pieces, count),
             fd, if (shortened(fd, 2) == 1) count = std::min(count, 1))
// One byte into a pipe of the program's own (a handler's or a thread's wake-up) fails only if the
// pipe is full, and then the byte is not needed: not counted.
extern "C" ssize_t wrapped_write(int fd, const void* from, std::size_t size) __asm__("write");
extern "C" ssize_t wrapped_write(int fd, const void* from, std::size_t size) {
    static auto* const next = real<ssize_t(int, const void*, std::size_t)>("write");
    if (size == 1 && fd > 2 && is_pipe(fd)) return next(fd, from, size);
    if (const int error = fault("write", Object(fd))) return errno = error, -1;
    if (interrupted()) return errno = EINTR, -1;
    return next(fd, from, shortened(fd, size));
}
WRAP_WAITING(writev, "write", ssize_t, (int fd, const iovec* pieces, int count),
             (fd, pieces, count), fd, if (shortened(fd, 2) == 1) count = std::min(count, 1))
WRAP_WAITING(pread, "read", ssize_t, (int fd, void* into, std::size_t size, off_t at),
             (fd, into, size, at), fd, size = shortened(fd, size))
WRAP_WAITING(pread64, "read", ssize_t, (int fd, void* into, std::size_t size, off64_t at),
             (fd, into, size, at), fd, size = shortened(fd, size))
WRAP_WAITING(__pread_chk, "read", ssize_t,
             (int fd, void* into, std::size_t size, off_t at, std::size_t space),
             (fd, into, size, at, space), fd, size = shortened(fd, size))
WRAP_WAITING(__pread64_chk, "read", ssize_t,
             (int fd, void* into, std::size_t size, off64_t at, std::size_t space),
             (fd, into, size, at, space), fd, size = shortened(fd, size))
WRAP_WAITING(pwrite, "write", ssize_t, (int fd, const void* from, std::size_t size, off_t at),
             (fd, from, size, at), fd, size = shortened(fd, size))
WRAP_WAITING(pwrite64, "write", ssize_t, (int fd, const void* from, std::size_t size, off64_t at),
             (fd, from, size, at), fd, size = shortened(fd, size))
WRAP_WAITING(sendfile, "sendfile", ssize_t, (int to, int from, off_t* at, std::size_t size),
             (to, from, at, size), from, size = shortened(to, size))
WRAP_WAITING(sendfile64, "sendfile", ssize_t, (int to, int from, off64_t* at, std::size_t size),
             (to, from, at, size), from, size = shortened(to, size))

WRAP(fchmod, "fchmod", int, (int fd, mode_t mode), (fd, mode), fd)
WRAP(fsync, "fsync", int, (int fd), (fd), fd)
WRAP(fdatasync, "fsync", int, (int fd), (fd), fd)
WRAP(ftruncate, "ftruncate", int, (int fd, off_t size), (fd, size), fd)
WRAP(ftruncate64, "ftruncate", int, (int fd, off64_t size), (fd, size), fd)
WRAP(flock, "flock", int, (int fd, int operation), (fd, operation), fd)

WRAP(fstat, "fstat", int, (int fd, struct stat* into), (fd, into), fd)
WRAP(fstat64, "fstat", int, (int fd, struct stat64* into), (fd, into), fd)
WRAP(stat, "stat", int, (const char* path, struct stat* into), (path, into), path)
WRAP(stat64, "stat", int, (const char* path, struct stat64* into), (path, into), path)
WRAP(lstat, "stat", int, (const char* path, struct stat* into), (path, into), path)
WRAP(lstat64, "stat", int, (const char* path, struct stat64* into), (path, into), path)
WRAP(fstatat, "stat", int, (int fd, const char* path, struct stat* into, int flags),
     (fd, path, into, flags), path)
WRAP(fstatat64, "stat", int, (int fd, const char* path, struct stat64* into, int flags),
     (fd, path, into, flags), path)
WRAP(access, "access", int, (const char* path, int mode), (path, mode), path)
WRAP(mkdir, "mkdir", int, (const char* path, mode_t mode), (path, mode), path)
WRAP(mkdirat, "mkdir", int, (int fd, const char* path, mode_t mode), (fd, path, mode), path)
WRAP(rename, "rename", int, (const char* from, const char* to), (from, to), from)
WRAP(renameat, "rename", int, (int in, const char* from, int into, const char* to),
     (in, from, into, to), from)
WRAP(renameat2, "rename", int, (int in, const char* from, int into, const char* to, unsigned flags),
     (in, from, into, to, flags), from)
WRAP(link, "link", int, (const char* from, const char* to), (from, to), from)
WRAP(linkat, "link", int, (int in, const char* from, int into, const char* to, int flags),
     (in, from, into, to, flags), from)
WRAP(unlink, "unlink", int, (const char* path), (path), path)
WRAP(unlinkat, "unlink", int, (int fd, const char* path, int flags), (fd, path, flags), path)
WRAP(remove, "unlink", int, (const char* path), (path), path)

WRAP_POINTER(fdopendir, "fdopendir", DIR*, (int fd), (fd))
WRAP_POINTER(opendir, "fdopendir", DIR*, (const char* path), (path))
WRAP_POINTER(readdir, "readdir", struct dirent*, (DIR * folder), (folder))
WRAP_POINTER(readdir64, "readdir", struct dirent64*, (DIR * folder), (folder))

// --- sockets ---

WRAP(socket, "socket", int, (int domain, int type, int protocol), (domain, type, protocol), )
WRAP(bind, "bind", int, (int fd, const sockaddr* address, socklen_t size), (fd, address, size), fd)
WRAP(listen, "listen", int, (int fd, int backlog), (fd, backlog), fd)
// Fails if the connection is gone: then it is.
extern "C" int wrapped_shutdown(int fd, int how) __asm__("shutdown");
extern "C" int wrapped_shutdown(int fd, int how) {
    static auto* const next = real<int(int, int)>("shutdown");
    const int error = fault("shutdown", Object(fd));
    const int result = next(fd, error == 0 ? how : SHUT_RDWR);
    return error == 0 ? result : (errno = error, -1);
}
WRAP(getsockname, "getsockname", int, (int fd, sockaddr* address, socklen_t* size),
     (fd, address, size), fd)
WRAP(getpeername, "getsockname", int, (int fd, sockaddr* address, socklen_t* size),
     (fd, address, size), fd)
WRAP(getsockopt, "getsockopt", int, (int fd, int level, int name, void* value, socklen_t* size),
     (fd, level, name, value, size), fd)
WRAP(setsockopt, "setsockopt", int,
     (int fd, int level, int name, const void* value, socklen_t size),
     (fd, level, name, value, size), fd)
WRAP_WAITING(accept, "accept", int, (int fd, sockaddr* address, socklen_t* size),
             (fd, address, size), fd, )
WRAP_WAITING(accept4, "accept", int, (int fd, sockaddr* address, socklen_t* size, int flags),
             (fd, address, size, flags), fd, )

// An interrupted connect goes on by itself (connect(2)); that of a datagram socket waits for
// nobody.
WRAP_AS(
    wrapped_connect, "connect", "connect", int, (int fd, const sockaddr* address, socklen_t size),
    (fd, address, size), fd, if (!is_datagram_socket(fd) && interrupted()) {
        const int result = next(fd, address, size);
        return result == 0 ? (errno = EINTR, -1) : result;
    })

WRAP_WAITING(recv, "recv", ssize_t, (int fd, void* into, std::size_t size, int flags),
             (fd, into, size, flags), fd, size = shortened(fd, size))
WRAP_WAITING(__recv_chk, "recv", ssize_t,
             (int fd, void* into, std::size_t size, std::size_t space, int flags),
             (fd, into, size, space, flags), fd, size = shortened(fd, size))
WRAP_WAITING(recvfrom, "recv", ssize_t,
             (int fd, void* into, std::size_t size, int flags, sockaddr* from, socklen_t* length),
             (fd, into, size, flags, from, length), fd, size = shortened(fd, size))
WRAP_WAITING(__recvfrom_chk, "recv", ssize_t,
             (int fd, void* into, std::size_t size, std::size_t space, int flags, sockaddr* from,
              socklen_t* length),
             (fd, into, size, space, flags, from, length), fd, size = shortened(fd, size))
WRAP_WAITING(recvmsg, "recvmsg", ssize_t, (int fd, msghdr* message, int flags),
             (fd, message, flags), fd, )
WRAP_WAITING(recvmmsg, "recvmsg", int,
             (int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout),
             (fd, messages, count, flags, timeout), fd,
             if (plan.mode == Mode::kShort) count = std::min(count, 1U))

WRAP_WAITING(send, "send", ssize_t, (int fd, const void* from, std::size_t size, int flags),
             (fd, from, size, flags), fd, size = shortened(fd, size))
WRAP_WAITING(sendto, "send", ssize_t,
             (int fd, const void* from, std::size_t size, int flags, const sockaddr* to,
              socklen_t length),
             (fd, from, size, flags, to, length), fd, size = shortened(fd, size))
// Of a stream, the first piece at most.
WRAP_WAITING(
    sendmsg, "send", ssize_t, (int fd, const msghdr* message, int flags), (fd, message, flags), fd,
    msghdr first = *message;
    iovec piece{};
    if (plan.mode == Mode::kShort && message->msg_iovlen > 0 && !is_datagram_socket(fd)) {
        piece = message->msg_iov[0];
        piece.iov_len = shortened(fd, piece.iov_len);
        first.msg_iov = &piece;
        first.msg_iovlen = 1;
        message = &first;
    })
WRAP_WAITING(sendmmsg, "send", int, (int fd, mmsghdr* messages, unsigned count, int flags),
             (fd, messages, count, flags), fd,
             if (plan.mode == Mode::kShort) count = std::min(count, 1U))

WRAP_CODE(getaddrinfo, "getaddrinfo",
          (const char* node, const char* service, const addrinfo* hints, addrinfo** result),
          (node, service, hints, result))
// --- descriptors, waiting, threads, processes ---

// A failed close has closed the descriptor all the same (close(2)).
extern "C" int wrapped_close(int fd) __asm__("close");
extern "C" int wrapped_close(int fd) {
    static auto* const next = real<int(int)>("close");
    const int error = fault("close", Object(fd));
    const int result = next(fd);
    return error == 0 ? result : (errno = error, -1);
}

WRAP_WAITING(poll, "poll", int, (pollfd * wanted, nfds_t count, int timeout),
             (wanted, count, timeout), , )
WRAP_WAITING(__poll_chk, "poll", int,
             (pollfd * wanted, nfds_t count, int timeout, std::size_t space),
             (wanted, count, timeout, space), , )
WRAP_WAITING(ppoll, "poll", int,
             (pollfd * wanted, nfds_t count, const timespec* timeout, const sigset_t* mask),
             (wanted, count, timeout, mask), , )
WRAP_WAITING(waitpid, "waitpid", pid_t, (pid_t child, int* status, int options),
             (child, status, options), , )

WRAP(fork, "fork", pid_t, (), (), )
WRAP(pipe, "pipe", int, (int* ends), (ends), )
WRAP(pipe2, "pipe", int, (int* ends, int flags), (ends, flags), )
WRAP(dup, "fcntl", int, (int fd), (fd), fd)
WRAP(dup2, "fcntl", int, (int from, int to), (from, to), from)
WRAP(getrlimit, "getrlimit", int, (int resource, struct rlimit* into), (resource, into), )
WRAP(getrlimit64, "getrlimit", int, (int resource, struct rlimit64* into), (resource, into), )
WRAP(setrlimit, "setrlimit", int, (int resource, const struct rlimit* limit), (resource, limit), )
WRAP(setrlimit64, "setrlimit", int, (int resource, const struct rlimit64* limit),
     (resource, limit), )
WRAP(tcgetattr, "tcgetattr", int, (int fd, struct termios* into), (fd, into), fd)
WRAP(tcsetattr, "tcsetattr", int, (int fd, int when, const struct termios* from), (fd, when, from),
     fd)
WRAP(tcgetpgrp, "tcgetpgrp", pid_t, (int fd), (fd), fd)

// The third argument of these two is an int or a pointer: as a long it is handed on as it came.
#define WRAP_VARIADIC(symbol, call, Request)                                        \
    extern "C" int wrapped_##symbol(int fd, Request request, ...) __asm__(#symbol); \
    extern "C" int wrapped_##symbol(int fd, Request request, ...) {                 \
        static auto* const next = real<int(int, Request, ...)>(#symbol);            \
        va_list more;                                                               \
        va_start(more, request);                                                    \
        const long argument = va_arg(more, long);                                   \
        va_end(more);                                                               \
        if (const int error = fault(call, Object(fd))) return errno = error, -1;    \
        return next(fd, request, argument);                                         \
    }
WRAP_VARIADIC(fcntl, "fcntl", int)
WRAP_VARIADIC(fcntl64, "fcntl", int)
WRAP_VARIADIC(ioctl, "ioctl", unsigned long)

// Its -1 is a pointer.
WRAP(mmap, "mmap", std::intptr_t,
     (void* at, std::size_t size, int protection, int flags, int fd, off_t offset),
     (at, size, protection, flags, fd, offset), )
WRAP(mmap64, "mmap", std::intptr_t,
     (void* at, std::size_t size, int protection, int flags, int fd, off64_t offset),
     (at, size, protection, flags, fd, offset), )
WRAP_CODE(pthread_create, "pthread_create",
          (pthread_t * thread, const pthread_attr_t* attributes, void* (*run)(void*), void* with),
          (thread, attributes, run, with))
WRAP_POINTER(newlocale, "newlocale", locale_t, (int mask, const char* name, locale_t base),
             (mask, name, base))
