// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/address.hpp"
#include "common/time.hpp"
#include "problem1/datagram_upload.hpp"

namespace netlab::problem1 {

// All files that arrive at a UDP server at the same time. A transfer is known by who sends it and
// by the random number that he gave it, so that several clients, strays and replays of old
// datagrams do not mix. Knows neither socket nor clock: frames and the time are passed in, replies
// and log lines go to the functions it is given.
class DatagramSessions {
  public:
    struct Output {
        std::function<void(const Address&, const Frame&)> reply;
        std::function<void(const std::string&)> result;   // what was received, what is missing
        std::function<void(const std::string&)> problem;  // what went wrong
    };

    DatagramSessions(const ReceiveOptions& options, Duration idle_timeout, bool once,
                     Output output);

    void handle(const Address& sender, const Frame& frame, TimePoint now);

    // Writes what has arrived to the files: before the caller goes to sleep.
    void write_pending();

    // Gives up what has been silent for too long.
    void expire(TimePoint now);
    void give_up_all();

    // When expire() has something to do, or ended(): kNever where nothing is under way.
    [[nodiscard]] TimePoint next_deadline() const;

    // With `once`, when the one transfer is over. Its client may still have to hear so again.
    [[nodiscard]] bool ended(TimePoint now) const;
    [[nodiscard]] std::optional<bool> first_outcome() const noexcept { return first_outcome_; }

    // Told with what is missing: how often the kernel has dropped datagrams so far.
    void set_kernel_drops(std::uint64_t drops) noexcept { kernel_drops_ = drops; }

  private:
    struct Key {
        Address peer;
        std::uint32_t transfer = 0;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept {
            return key.peer.hash() ^ std::size_t{key.transfer} * 0x9E3779B97F4A7C15U;
        }
    };
    struct Session {
        Session(const ReceiveOptions& options, const StartInfo& info, TimePoint now)
            : upload(options, info), started(now), last_heard(now) {}
        DatagramUpload upload;
        std::optional<EndInfo> end;
        TimePoint started;
        TimePoint last_heard;
    };
    using Entry = std::pair<const Key, Session>;

    [[nodiscard]] Entry* find(const Key& key);
    void begin(const Key& key, const Frame& start, TimePoint now);
    void handle_unknown(const Key& key, const Frame& frame, TimePoint now);
    void handle_known(Entry& entry, const Frame& frame, TimePoint now);
    void reply_missing(const Entry& entry);
    void complete(Entry& entry, TimePoint now);
    void give_up(Entry& entry, TimePoint now, const std::string& why);
    void conclude(const Key& key, bool repairs, std::optional<std::string> problem, TimePoint now);
    void say_last_word(const Key& key, std::uint64_t sequence);
    [[nodiscard]] TimePoint expiry_of(const Session& session) const;

    const ReceiveOptions& options_;
    Duration idle_timeout_;
    bool once_;
    Output output_;
    std::unordered_map<Key, Session, KeyHash> sessions_;
    Entry* latest_ = nullptr;  // of the last frame: most come in long runs

    struct LastWord {
        bool may_be_said = false;            // with repair; else nothing is answered
        std::optional<std::string> problem;  // else DONE
    };
    std::unordered_map<Key, LastWord, KeyHash> over_;  // what to tell who asks again ...
    std::deque<Key> over_in_order_;                    // ... the last thousand of them
    std::uint64_t kernel_drops_ = 0;
    bool accepted_ = false;
    std::optional<bool> first_outcome_;
    TimePoint linger_until_{};
};

}  // namespace netlab::problem1
