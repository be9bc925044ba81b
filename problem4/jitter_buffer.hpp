// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/bytes.hpp"
#include "common/time.hpp"

namespace netlab::problem4 {

// Puts the pieces of a media file in order again, and knows what is missing. Pure: no socket, no
// player, and the time is passed in. Not thread-safe.
//
//     read               contiguous                         seen           size
//     |  ready to be read  |  hole  |  piece  |  hole  |  piece  |  nothing yet  |
//
class JitterBuffer {
  public:
    // The head is never given up: without it no player knows what the rest means.
    static constexpr std::uint64_t kHead = 65'536;

    struct Options {
        std::uint64_t size = 0;  // of the media
        Duration latency = seconds(2);
        bool copy = false;                             // nothing is ever given up
        std::uint64_t capacity = 64ULL * 1024 * 1024;  // keeps nothing further ahead than this
    };

    explicit JitterBuffer(Options options) : options_(options) {}

    // Keeps what was missing of it. Nothing that lies outside the media, or too far ahead.
    void add(std::uint64_t offset, Bytes payload, TimePoint now);

    // The server has sent everything before this offset: what has not come by now is missing.
    void expect(std::uint64_t sent_up_to, TimePoint now);

    // The holes to be asked for now, lowest first, at most `max`: those seen `grace` ago, since
    // datagrams overtake each other, and not asked for (or filled in part) within `retry`.
    std::vector<ByteRange> take_missing(TimePoint now, Duration grace, Duration retry,
                                        std::size_t max);

    // What can be read now, or its first part; empty if there is nothing.
    [[nodiscard]] Bytes front() const;
    void consume(std::size_t count);  // at most front().size()

    // The player starves: fills the hole in front of it with zeros, which cost a blink; a gap would
    // cost the rest of the film. Only a hole that is older than the latency, and has been asked
    // for.
    void give_up_hole(TimePoint now);

    [[nodiscard]] std::uint64_t read() const noexcept { return read_; }
    [[nodiscard]] std::uint64_t contiguous() const noexcept {
        return holes_.empty() ? seen_ : holes_.begin()->first;
    }
    [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }
    [[nodiscard]] bool complete() const noexcept { return contiguous() == options_.size; }
    [[nodiscard]] std::uint64_t size() const noexcept { return options_.size; }

    struct Counts {
        std::uint64_t received = 0;  // bytes, for the first time
        std::uint64_t lost = 0;      // asked for
        std::uint64_t recovered = 0;
        std::uint64_t late = 0;  // of holes that had been given up
        std::uint64_t duplicate = 0;
        std::uint64_t abandoned = 0;
        std::uint64_t datagrams = 0;            // in which something was new
        std::uint64_t recovered_datagrams = 0;  // those of them that had to be asked for
    };
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

  private:
    struct Hole {
        std::uint64_t end = 0;
        TimePoint seen{};
        TimePoint asked{};  // or partly filled; TimePoint{}: not yet
    };

    void open_hole_up_to(std::uint64_t offset, TimePoint now);

    Options options_;
    std::map<std::uint64_t, std::vector<std::byte>> pieces_;  // by offset; they never overlap
    std::map<std::uint64_t, Hole> holes_;                     // by their begin
    std::uint64_t given_up_ = 0;                              // the end of the last hole that was
    std::uint64_t read_ = 0;
    std::uint64_t seen_ = 0;
    Counts counts_;
};

}  // namespace netlab::problem4
