// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "common/retransmit.hpp"
#include "common/token_bucket.hpp"
#include "problem1/sending.hpp"

namespace netlab::problem1 {

// The client's half of a transfer in datagrams: announces, sends everything once at a steady pace,
// ends. With repair it then asks what is missing and sends that, round after round, until the
// server has the file. With repair and kUnlimited it asks after each window of the file, which
// grows while nothing is lost and halves if something is. Knows no socket and no clock.
class PacedSender {
  public:
    struct Options {
        std::uint32_t chunk_size = 100;
        bool lines = false;   // a line of text in each datagram, instead of chunks
        bool repair = false;  // ask what is missing
        double rate = 10e6;   // bytes of the file a second, or kUnlimited
        double min_cost = 0;  // bytes that even the smallest datagram counts for
    };

    static constexpr double kUnlimited = 1e15;

    // With kUnlimited and repair, in bytes of the file: the first window, which doubles until
    // something is lost and then grows by as much; and the largest, the receive buffer that
    // udp_server asks for.
    static constexpr double kFirstWindow = 64 * 1024;
    static constexpr double kMaxWindow = 4 * 1024 * 1024;

    // START, and without repair END too, is sent this many times, since nothing confirms it.
    static constexpr int kCopies = 4;
    static constexpr Duration kBetweenCopies = milliseconds(5);

    // With repair: the timeout of END doubles up to kMaxTimeout; kRetries limits its repetitions,
    // and also the rounds in which the server asks for nothing new.
    static constexpr int kRetries = 60;
    static constexpr Duration kFirstTimeout = milliseconds(250);
    static constexpr Duration kMaxTimeout = milliseconds(500);

    // `transfer` is random, and not 0. Throws std::runtime_error if a line is too long for a
    // datagram.
    PacedSender(Source& source, const Options& options, std::uint32_t transfer, TimePoint now);

    // Throws Refused, and ProtocolError if the server asks for what there is not.
    void on_frame(const Frame& frame, TimePoint now);

    // Sends what is due: of the file a millisecond's worth at a time, or 64 KiB. Throws
    // TimeoutError if a server that should repair does not answer.
    void send_due(TimePoint now, FrameSink& sink);

    // When send_due() has something to do; kNever once done.
    [[nodiscard]] TimePoint next_deadline() const noexcept { return done() ? kNever : due_; }

    [[nodiscard]] bool done() const noexcept { return phase_ == Phase::done; }
    // END has been sent since the last chunk: a server that serves one file only may be gone.
    [[nodiscard]] bool ended() const noexcept {
        return done() || (phase_ == Phase::ending && copies_ > 0);
    }
    [[nodiscard]] Sent result() const noexcept {
        return {source_.size(), info_.chunk_count, repeats_};
    }
    // Bytes of the file that have been sent at least once.
    [[nodiscard]] std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }

  private:
    enum class Phase { announcing, sending, ending, done };

    void send_some(TimePoint now, FrameSink& sink);
    std::size_t send_one(std::uint64_t number, FrameSink& sink);
    void send_end(TimePoint now, FrameSink& sink);
    void on_nack(const NackInfo& nack, TimePoint now);
    void adapt_window(bool lost);

    Source& source_;
    Options options_;
    std::uint32_t transfer_;
    std::vector<ByteRange> lines_;
    StartInfo info_;
    TokenBucket pace_;

    Phase phase_ = Phase::announcing;
    TimePoint due_;
    int copies_ = 0;                  // of START, or of END in this round, that have gone
    std::deque<ChunkRange> to_send_;  // in order; what has gone is taken off the front
    std::uint64_t sent_bytes_ = 0;
    std::uint64_t repeats_ = 0;

    // With repair: how much may go before a question, and has.
    double window_ = std::numeric_limits<double>::infinity();
    double in_flight_ = 0;
    std::uint64_t last_sent_ = 0;
    bool slow_start_ = true;

    // With repair: the round of the END that is to be answered.
    RttEstimator rtt_{kFirstTimeout};
    std::uint32_t round_ = options_.repair ? 1 : 0;
    std::uint64_t token_ = 0;
    bool end_arrived_ = false;  // it is at the server, which is busy with its disk
    TimePoint asked_at_{};
    std::uint64_t previous_first_missing_ = 0;  // in the round before
    std::uint64_t previous_missing_count_ = UINT64_MAX;
    int rounds_without_progress_ = 0;
};

}  // namespace netlab::problem1
