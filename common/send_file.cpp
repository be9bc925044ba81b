// SPDX-License-Identifier: MIT
#include "common/send_file.hpp"

#ifndef NETLAB_POSIX_ONLY
#include <sys/sendfile.h>
#endif

#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "common/error.hpp"

namespace netlab {

namespace {

constexpr std::size_t kSmall = 16384;

// The kernel wakes a sender only once a third of the send buffer is free. With megabytes buffered,
// a slow reader that never pauses needs minutes for that; so look for room in between.
constexpr timeval kLookAgain{.tv_sec = 0, .tv_usec = 500'000};

// Waits for room, until it has to look again: the count, 0 at the end of the file, nullopt if
// nothing was sent.
std::optional<std::size_t> send_some(TcpStream& stream, const FileDescriptor& file,
                                     ByteRange range) {
    const int to = stream.descriptor().get();
#ifdef NETLAB_POSIX_ONLY
    const char* const call = "send";
    std::array<std::byte, kSmall> buffer;
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), range.length);
    const std::size_t got = read_at(file, MutableBytes(buffer).first(wanted), range.offset, "file");
    const ssize_t put = ::send(to, buffer.data(), got, MSG_NOSIGNAL);
#else
    const char* const call = "sendfile";
    constexpr std::uint64_t kMaxPiece = 1 << 30;  // a call takes at most 2 GiB (sendfile(2), notes)
    auto offset = static_cast<off_t>(range.offset);
    const ssize_t put = ::sendfile(to, file.get(), &offset, std::min(range.length, kMaxPiece));
#endif
    if (put >= 0) return static_cast<std::size_t>(put);
    if (errno == EAGAIN || errno == EINTR) return std::nullopt;
    throw SystemError(call, stream.peer_name());
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
    // Unlike send(2), sendfile(2) has no flag for not waiting.
    set_option(stream.descriptor(), SOL_SOCKET, SO_SNDTIMEO, kLookAgain);
    std::uint64_t sent = 0;
    TimePoint deadline = deadline_in(stall);
    while (sent < range.length) {
        const auto put = send_some(stream, file, {range.offset + sent, range.length - sent});
        if (put == 0u) break;
        const TimePoint now = Clock::now();
        if (put) {
            sent += *put;
            deadline = now + stall;
        } else if (now >= deadline) {
            throw TimeoutError("send " + stream.peer_name() + ": the peer does not read");
        }
    }
    return sent;
}

}  // namespace netlab
