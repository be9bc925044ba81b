// SPDX-License-Identifier: MIT
#include <algorithm>

#include "problem4/media_parsers.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::uint64_t kSearched = 1 << 19;  // at each end
constexpr std::uint64_t kClockRate = 90'000;
constexpr std::uint64_t kClockWrap = std::uint64_t{1} << 33;
constexpr std::uint64_t kSync = 0x47;

struct Packets {
    std::uint64_t first = 0;  // where the first one's sync byte is
    std::uint64_t size = 188;
};

bool packets_at(MediaReader& in, const Packets& packets) {
    for (std::uint64_t at = packets.first, i = 0; i < 4; ++i, at += packets.size) {
        if (at >= in.size()) return i > 1;
        if (in.big_endian(at, 1) != kSync) return false;
    }
    return true;
}

std::optional<Packets> find_packets(MediaReader& in) {
    for (const Packets packets : {Packets{0, 188}, Packets{4, 192}}) {
        if (packets_at(in, packets)) return packets;
    }
    return std::nullopt;
}

// A program's clock, as it says itself every 100 ms or more often.
struct ClockReference {
    std::uint64_t at = 0;
    std::uint64_t pid = 0;
    std::uint64_t clock = 0;
};

// ISO/IEC 13818-1: sync, flags and PID (13 bits), flags (0x20: an adaptation field follows), its
// length, its flags (0x10: it has a PCR), PCR (33 bits of a 90 kHz clock, then finer ones).
std::optional<ClockReference> clock_at(MediaReader& in, std::uint64_t at) {
    if (in.big_endian(at, 1) != kSync || (in.big_endian(at + 3, 1) & 0x20) == 0) return {};
    if (in.big_endian(at + 4, 1) < 7 || (in.big_endian(at + 5, 1) & 0x10) == 0) return {};
    return ClockReference{at, in.big_endian(at + 1, 2) & 0x1FFF, in.big_endian(at + 6, 5) >> 7};
}

}  // namespace

bool is_ts(MediaReader& in) {
    return find_packets(in).has_value();
}

MediaTime ts_duration(MediaReader& in) {
    const auto packets = find_packets(in);
    if (!packets) return std::nullopt;
    const auto [begin, step] = *packets;

    std::optional<ClockReference> first;
    const std::uint64_t head = std::min(in.size(), kSearched);
    for (std::uint64_t at = begin; at + step <= head && !first; at += step) {
        first = clock_at(in, at);
    }
    if (!first) return std::nullopt;

    ClockReference last = *first;
    std::uint64_t at = first->at;
    if (in.size() - at > kSearched) at += (in.size() - at - kSearched) / step * step;
    for (; at + step <= in.size(); at += step) {
        const auto next = clock_at(in, at);
        if (next && next->pid == first->pid) last = *next;
    }

    // What lies before the first and behind the last one plays as fast as what lies between them.
    const double ticks = static_cast<double>((last.clock - first->clock) % kClockWrap);
    const double between = static_cast<double>(last.at - first->at);
    return media_time(ticks * static_cast<double>(in.size()), between * double{kClockRate});
}

}  // namespace netlab::problem4
