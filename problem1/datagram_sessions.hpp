// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/recent_map.hpp"
#include "problem1/datagram_upload.hpp"

namespace netlab::problem1 {

// All files that arrive at a UDP server at the same time. A transfer is known by who sends it and
// by the random number that the client gave it, so that several clients, strays and replays of old
// datagrams do not mix. Knows neither socket nor clock: frames and the time are passed in, replies
// and log lines go to the functions it is given.
class DatagramSessions {
  public:
    static constexpr std::size_t kMaxSessions = 256;
    static constexpr std::ptrdiff_t kMaxSessionsOfAHost = 128;  // nobody takes all of them

    // A datagram's sender may be forged. Until a client has repeated the random token of a NACK, it
    // is sent at most this many times the bytes that came from its address (RFC 9000, section 8.1).
    static constexpr std::uint64_t kMaxAmplification = 3;

    struct Options {
        Duration idle_timeout = seconds(3);
        bool once = false;
    };
    struct Output {
        std::function<void(const Address&, const Frame&)> reply;
        // All chunks of a file are there. It is to be committed, which blocks for as long as the
        // disk takes, and so belongs in another thread; then on_committed() is to be called.
        std::function<void(DatagramUpload&)> commit;
        std::function<void(const std::string&)> result;   // what was received, what is missing
        std::function<void(const std::string&)> problem;  // what went wrong
        std::function<std::uint64_t()> random;            // for tokens
    };

    DatagramSessions(Storage storage, const Options& options, Output output)
        : storage_(std::move(storage)), options_(options), output_(std::move(output)) {}

    void on_frame(const Address& sender, const Frame& frame, TimePoint now);

    // A commit that was handed out is done.
    void on_committed(const DatagramUpload& file, const std::optional<ErrorInfo>& error,
                      TimePoint now);

    // Gives up what has been silent for too long.
    void on_timer(TimePoint now);
    void give_up_all(TimePoint now);

    // When on_timer() has something to do, or ended(): kNever if nothing is under way.
    [[nodiscard]] TimePoint next_deadline() const;

    // With `once`, when the one transfer is over. Its client may still have to hear so again.
    [[nodiscard]] bool ended(TimePoint now) const {
        return options_.once && first_outcome_ && now >= linger_until_;
    }
    [[nodiscard]] std::optional<bool> first_outcome() const noexcept { return first_outcome_; }

    // Told with what is missing: how often the kernel has dropped datagrams so far.
    void set_kernel_drops(std::uint64_t drops) noexcept { kernel_drops_ = drops; }

  private:
    static constexpr std::size_t kMaxRemembered = 1024;

    struct KeyHash {
        std::size_t operator()(const TransferKey& key) const noexcept {
            return key.peer.hash() ^ std::size_t{key.transfer} * 0x9E3779B97F4A7C15U;
        }
    };
    // What is still said of a transfer that is over.
    struct FinalReply {
        bool repairs = false;            // else nothing is answered
        std::optional<ErrorInfo> error;  // else DONE
    };

    void on_unknown(const TransferKey& key, const Frame& frame, TimePoint now);
    void begin(const TransferKey& key, const Frame& start, TimePoint now);
    void refuse_while_full(const TransferKey& key, const Frame& start, const StartInfo& info,
                           TimePoint now);
    void on_known(DatagramUpload& file, const Frame& frame, TimePoint now);
    void send_nack(DatagramUpload& file);
    void reply(DatagramUpload& file, const Frame& frame);
    void give_up(const DatagramUpload& file, TimePoint now, const ErrorInfo& why);
    void conclude(const TransferKey& key, const FinalReply& reply, TimePoint now);
    void send_final_reply(const TransferKey& key, const FinalReply& reply, std::uint64_t sequence,
                          std::uint64_t allowance);
    [[nodiscard]] TimePoint expiry_of(const DatagramUpload& file) const;

    Storage storage_;
    Options options_;
    Output output_;
    std::unordered_map<TransferKey, DatagramUpload, KeyHash> files_;
    RecentMap<TransferKey, FinalReply, KeyHash> finished_{kMaxRemembered};
    std::uint64_t kernel_drops_ = 0;
    std::optional<bool> first_outcome_;
    TimePoint linger_until_{};
    TimePoint next_complaint_{};  // that there are too many
};

}  // namespace netlab::problem1
