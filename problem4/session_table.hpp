// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/address.hpp"
#include "common/recent_map.hpp"
#include "problem4/session.hpp"
#include "problem4/sip_hash.hpp"

namespace netlab::problem4 {

// All clients of a server: from a REQUEST, which costs no memory and gets no more bytes than it
// has, over the START that proves the sender's address, to the BYE, or to silence. Knows neither
// socket nor clock: packets and the time are passed in, answers and log lines go to the functions
// it is given. Not thread-safe.
class SessionTable {
  public:
    struct Options {
        std::size_t max_clients = 1000;
        std::uint64_t default_rate = 1 << 20;  // bytes a second, if a clip tells none
        std::optional<std::uint64_t> seed{};   // of the payload sizes; else other ones each time
        bool once = false;                     // serve one client only
    };
    struct Output {
        std::function<void(const Address&, const Packet&)> send;
        // Throws: what() is for the client.
        std::function<std::shared_ptr<const Media>(const std::string& name)> open;
        std::function<void(const std::string&)> note;     // a client's stream begins
        std::function<void(const std::string&)> result;   // a client has been served
        std::function<void(const std::string&)> problem;  // it could not be
    };

    static constexpr Duration kRound = milliseconds(5);  // between two rounds of sending
    static constexpr Duration kSilence = seconds(5);  // a client of which nothing is heard is gone
    static constexpr Duration kProofPeriod = seconds(30);   // a CHALLENGE is good for one to two
    static constexpr Duration kMemory = seconds(10);        // of sessions that are over
    static constexpr std::size_t kMaxFinalReplies = 4096;   // this many of them
    static constexpr Duration kLinger = milliseconds(600);  // once: for a BYE that comes again

    SessionTable(const Options& options, const HashKey& secret, Output output);

    void on_packet(const Address& sender, const Packet& packet, TimePoint now);

    // Sends what is due, in rounds, and forgets who is silent. Never too early: may be called at
    // any time.
    void on_timer(TimePoint now);
    // When on_timer() has something to do: kNever if nobody is there.
    [[nodiscard]] TimePoint next_deadline() const noexcept { return next_deadline_; }

    // The server ends: says BYE to everybody, as often as it is called.
    void say_bye() const;
    // And how far each has come.
    void tell_results(TimePoint now) const;

    [[nodiscard]] std::size_t size() const noexcept { return clients_.size(); }

    // With `once`: whether the session ended by its client's BYE; nullopt until it is over, and so
    // is the time in which its end may have to be repeated.
    [[nodiscard]] std::optional<bool> outcome(TimePoint now) const {
        return options_.once && now >= linger_until_ ? first_outcome_ : std::nullopt;
    }

  private:
    struct Client {
        Address peer;
        std::string name;
        Session session;
        TimePoint last_heard;
    };
    using Clients = std::unordered_map<std::uint64_t, Client>;

    // What was said last in a session that is over: an error, or else BYE.
    struct FinalReply {
        Address peer;
        std::optional<std::string> error;
    };

    [[nodiscard]] std::uint64_t session_of(const Address& peer, std::uint64_t nonce,
                                           TimePoint now) const;
    void start(const Address& peer, std::uint64_t id, const Start& start, TimePoint now);
    void on_packet_of(Clients::iterator entry, const Body& body, TimePoint now);
    void repeat_final_reply(std::uint64_t id, const FinalReply& reply, const Body& body);
    void serve(Clients::iterator entry, TimePoint now);
    void tell_result(const Client& client, TimePoint now) const;
    void refuse(const Address& peer, std::uint64_t id, std::string_view name,
                const std::string& why, TimePoint now);
    void conclude(const Address& peer, std::uint64_t id, std::optional<std::string> error,
                  TimePoint now);

    Options options_;
    HashKey secret_;
    Output output_;
    Clients clients_;  // by session
    TimePoint next_deadline_ = kNever;
    RecentMap<std::uint64_t, FinalReply> final_replies_{kMaxFinalReplies, kMemory};
    std::optional<std::uint64_t> first_;  // the session of the first START
    std::optional<bool> first_outcome_;
    TimePoint linger_until_{};
};

}  // namespace netlab::problem4
