// SPDX-License-Identifier: MIT
#include "tests/support/tcp_pump.hpp"

#include <algorithm>
#include <array>

namespace netlab::testing {

namespace {

constexpr std::size_t kMaxQueued = 1 << 20;

// So many writes before other connections get their turn.
constexpr int kMaxAtOnce = 256;

}  // namespace

bool TcpPump::wants_to_read() const {
    return !ended_ && !frozen_ && queued_bytes_ < kMaxQueued && read_ < faults_.freeze_after &&
           read_ < faults_.cut_after;
}

void TcpPump::read(TcpStream& source) {
    std::array<std::byte, 65536> buffer;
    const std::uint64_t limit = std::min(faults_.freeze_after, faults_.cut_after) - read_;
    const std::size_t most =
        static_cast<std::size_t>(std::min<std::uint64_t>(limit, buffer.size()));
    const auto got = source.try_read(MutableBytes(buffer).first(most));
    if (!got) return;
    ended_ = *got == 0;
    read_ += *got;
    queued_bytes_ += *got;
    // By a clock that is read after them: nothing is passed on too early.
    const TimePoint due = Clock::now() + faults_.delay;
    queue_.push_back({due, std::string(as_text(Bytes(buffer).first(*got)))});
}

TimePoint TcpPump::next_write() const {
    return queue_.empty() ? kNever : std::max(queue_.front().due, paused_until_);
}

std::size_t TcpPump::write(TcpStream& sink, TimePoint now) {
    std::size_t total = 0;
    blocked_ = false;
    for (int writes = 0; !blocked_ && next_write() <= now && writes < kMaxAtOnce; ++writes) {
        if (queue_.front().bytes.empty()) {
            sink.shutdown_write();
            finished_ = true;
            queue_.pop_front();
        } else {
            total += write_front(sink);
            if (faults_.pause > Duration::zero()) paused_until_ = now + faults_.pause;
        }
    }
    written_ += total;
    return total;
}

std::size_t TcpPump::write_front(TcpStream& sink) {
    const std::string& bytes = queue_.front().bytes;
    Bytes rest = as_bytes(bytes).subspan(front_done_);
    if (faults_.write_size > 0) rest = rest.first(std::min(faults_.write_size, rest.size()));

    const std::size_t put = sink.write_some(rest);
    blocked_ = put == 0;
    queued_bytes_ -= put;
    front_done_ += put;
    if (front_done_ == bytes.size()) {
        queue_.pop_front();
        front_done_ = 0;
    }
    return put;
}

}  // namespace netlab::testing
