// SPDX-License-Identifier: MIT
#include "common/send_file.hpp"

#ifndef NETLAB_POSIX_ONLY
#include <sys/sendfile.h>
#endif

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "common/error.hpp"

namespace netlab {

namespace {

constexpr std::size_t kSmall = 16384;

// poll(2) calls a TCP socket writable only once a third of its send buffer is free. With megabytes
// buffered, a slow reader that never pauses needs minutes for that; so look for room in between.
constexpr Duration kLookAgain = milliseconds(500);

// sendfile(2) has no flag as send(2) has for not waiting: the socket is made non-blocking
// meanwhile.
class NonBlocking {
  public:
    explicit NonBlocking(const FileDescriptor& fd) : fd_(fd) { set_nonblocking(fd_, true); }
    ~NonBlocking() { ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) & ~O_NONBLOCK); }
    NonBlocking(const NonBlocking&) = delete;
    NonBlocking& operator=(const NonBlocking&) = delete;

  private:
    const FileDescriptor& fd_;
};

// Sends what the socket takes now: the count, 0 at the end of the file, nullopt while there is no
// room.
std::optional<std::size_t> send_some(TcpStream& stream, const FileDescriptor& file,
                                     ByteRange range) {
#ifdef NETLAB_POSIX_ONLY
    std::array<std::byte, kSmall> buffer;
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), range.length);
    const Bytes piece(buffer.data(),
                      read_at(file, MutableBytes(buffer).first(wanted), range.offset, "file"));
    if (piece.empty()) return 0;
    const std::size_t put = stream.write_some(piece);
    return put > 0 ? std::optional(put) : std::nullopt;
#else
    constexpr std::uint64_t kMaxPiece = 1 << 30;  // a call takes at most 2 GiB (sendfile(2), notes)
    while (true) {
        auto offset = static_cast<off_t>(range.offset);
        const ssize_t put = ::sendfile(stream.descriptor().get(), file.get(), &offset,
                                       std::min(range.length, kMaxPiece));
        if (put >= 0) return static_cast<std::size_t>(put);
        if (errno == EAGAIN) return std::nullopt;
        if (errno != EINTR) throw SystemError("sendfile", stream.peer_name());
    }
#endif
}

// One read and one send for both: a file of 1 KiB costs a tenth less processor time that way.
std::uint64_t send_small(TcpStream& stream, std::string_view head, const FileDescriptor& file,
                         ByteRange range, Duration stall) {
    std::array<std::byte, kSmall> buffer;
    std::ranges::copy(as_bytes(head), buffer.begin());
    const MutableBytes content = MutableBytes(buffer).subspan(head.size(), range.length);
    const std::size_t got = read_at(file, content, range.offset, "file");
    stream.write_all(Bytes(buffer).first(head.size() + got), deadline_in(stall));
    return got;
}

}  // namespace

std::uint64_t send_file(TcpStream& stream, std::string_view head, const FileDescriptor& file,
                        ByteRange range, Duration stall) {
    if (range.length <= kSmall && head.size() <= kSmall - range.length) {
        return send_small(stream, head, file, range, stall);
    }
    if (!head.empty()) stream.write_all(as_bytes(head), deadline_in(stall));
    const NonBlocking socket(stream.descriptor());
    std::uint64_t sent = 0;
    TimePoint deadline = deadline_in(stall);
    while (sent < range.length) {
        const auto put = send_some(stream, file, {range.offset + sent, range.length - sent});
        const TimePoint now = Clock::now();
        if (put) {
            if (*put == 0) break;
            sent += *put;
            deadline = now + stall;
        } else {
            if (now >= deadline) {
                throw TimeoutError("send " + stream.peer_name() + ": the peer does not read");
            }
            static_cast<void>(
                wait_writable(stream.descriptor().get(), std::min(deadline, now + kLookAgain)));
        }
    }
    return sent;
}

}  // namespace netlab
