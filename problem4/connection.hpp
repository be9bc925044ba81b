// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>

#include "common/impaired_sender.hpp"
#include "common/retransmit.hpp"
#include "problem4/packet.hpp"

namespace netlab::problem4 {

// The client's end of a session: packets to and from one server, through the impairment and into
// the trace.
class Connection {
  public:
    // Throws SystemError. `impairment` and `tracer` must outlive it.
    Connection(const std::string& host, std::uint16_t port, const ImpairmentSpec& impairment,
               const Tracer& tracer);

    // Asks for the media until the server describes it: first a REQUEST, then START with the
    // session of the CHALLENGE. Throws std::runtime_error with the server's reason, TimeoutError,
    // SystemError where nobody listens.
    struct Wish {
        std::string name;
        Duration latency{};
        bool copy = false;
    };
    struct Media {
        std::uint64_t size = 0;
        Duration duration{};  // zero: unknown
        std::string container;
    };
    Media open(const Wish& wish);

    // Throws SystemError where nobody listens any more; any other failure is one more loss.
    void send(const Body& body);

    // The next packet of this session that has come, a view until the next call; nullopt where
    // there is none.
    [[nodiscard]] std::optional<Packet> receive_now();

    // Waits for a packet, for something held back by the impairment, or for events on `other`
    // (which may be nullptr); at most until the deadline. Throws Interrupted.
    void wait(TimePoint deadline, pollfd* other = nullptr);

    // Tells the server that it is over, and waits for its answer, 500 ms at most.
    void say_goodbye(std::uint64_t contiguous) noexcept;

    [[nodiscard]] std::string server() const { return socket_.peer().to_string(); }

  private:
    template <typename Answered>
    void ask(const Body& question, RttEstimator& rtt, TimePoint deadline, Answered answered);
    std::optional<Media> take_info(const Packet& packet) const;

    UdpSocket socket_;
    const Tracer& tracer_;
    ImpairedSender sender_;
    std::uint64_t session_ = 0;  // 0: none yet, and any is welcome
    std::vector<std::byte> output_;
    std::array<std::byte, kMaxDatagram + 1> input_{};  // what is longer is no packet
};

}  // namespace netlab::problem4
