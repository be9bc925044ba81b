// SPDX-License-Identifier: MIT
#include "common/lingering_streams.hpp"

namespace netlab {

namespace {

constexpr std::size_t kMaxStreams = 64;
constexpr std::size_t kMaxDropped = 16 * 1024 * 1024;
constexpr Duration kMaxTime = seconds(1);
constexpr Duration kInterval = milliseconds(10);
constexpr int kMaxReadsPerTurn = 32;  // others wait for this thread

}  // namespace

void LingeringStreams::add(TcpStream stream, TimePoint now) {
    stream.shutdown_write();
    if (streams_.empty()) drain_at_ = now + kInterval;
    if (streams_.size() >= kMaxStreams) streams_.pop_front();
    streams_.push_back({std::move(stream), now + kMaxTime, kMaxDropped});
}

void LingeringStreams::drain(TimePoint now) noexcept {
    if (now < drain_at_) return;
    drain_at_ = now + kInterval;
    std::erase_if(streams_, [now](Entry& one) {
        bool open = now < one.until;
        for (int i = 0; open && i < kMaxReadsPerTurn; ++i) open = one.stream.drop_input(one.budget);
        return !open;
    });
}

TimePoint LingeringStreams::next_deadline() const noexcept {
    return streams_.empty() ? kNever : drain_at_;
}

}  // namespace netlab
