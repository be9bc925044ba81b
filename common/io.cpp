// SPDX-License-Identifier: MIT
#include "common/io.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>

#include "common/error.hpp"

namespace netlab {

namespace {

// poll(2) takes whole milliseconds: rounded up, so that it never wakes before the deadline.
int poll_timeout(TimePoint deadline) {
    if (deadline == kNever) return -1;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
}

bool wait_for(int fd, short events, TimePoint deadline) {
    pollfd watched{fd, events, 0};
    return wait_for_events({&watched, 1}, deadline);
}

}  // namespace

bool wait_for_events(std::span<pollfd> watched, TimePoint deadline) {
    while (true) {
        const int ready = ::poll(watched.data(), watched.size(), poll_timeout(deadline));
        if (ready < 0 && errno != EINTR) throw SystemError("poll", "");
        if (ready > 0) return true;
        if (ready == 0 && Clock::now() >= deadline) return false;
    }
}

bool wait_readable(int fd, TimePoint deadline) {
    return wait_for(fd, POLLIN, deadline);
}
bool wait_writable(int fd, TimePoint deadline) {
    return wait_for(fd, POLLOUT, deadline);
}

std::optional<std::size_t> read_some(const FileDescriptor& fd, MutableBytes buffer,
                                     TimePoint deadline, const std::string& name) {
    while (wait_readable(fd.get(), deadline)) {
        const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR && errno != EAGAIN) throw SystemError("read", name);
    }
    return std::nullopt;
}

void write_all(int fd, Bytes bytes, const std::string& name, Wait wait, TimePoint deadline) {
    const bool may_block = wait == wait_for_events && deadline == kNever;
    const auto wait_for_room = [&] {
        pollfd watched{fd, POLLOUT, 0};
        if (!wait({&watched, 1}, deadline)) {
            throw TimeoutError("write " + name + ": nobody reads it");
        }
    };
    while (!bytes.empty()) {
        // If poll(2) sees room, PIPE_BUF bytes go in at once (pipe(7)). With room there is no wait,
        // so that an interrupted client can still print its last lines.
        const Bytes piece =
            may_block ? bytes : bytes.first(std::min<std::size_t>(bytes.size(), PIPE_BUF));
        if (!may_block && !wait_writable(fd, TimePoint{})) wait_for_room();
        const ssize_t put = ::write(fd, piece.data(), piece.size());
        if (put >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(put));
        } else if (errno == EAGAIN) {
            wait_for_room();  // someone else made this pipe or terminal non-blocking
        } else if (errno != EINTR) {
            throw SystemError("write", name);
        }
    }
}

void write_at(const FileDescriptor& fd, Bytes bytes, std::uint64_t offset,
              const std::string& name) {
    while (!bytes.empty()) {
        const ssize_t put =
            ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        const auto count = static_cast<std::size_t>(check(put, "write", name));
        bytes = bytes.subspan(count);
        offset += count;
    }
}

std::size_t read_at(const FileDescriptor& fd, MutableBytes buffer, std::uint64_t offset,
                    const std::string& name) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const ssize_t got = ::pread(fd.get(), buffer.data() + done, buffer.size() - done,
                                    static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (check(got, "read", name) == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

}  // namespace netlab
