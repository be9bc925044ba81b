// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/impairment.hpp"
#include "common/socket.hpp"
#include "common/trace.hpp"

namespace netlab {

// A UDP socket with what every program of the suite puts around it: what is sent goes through the
// impairment, each peer's through one of its own, and shows in the trace and the capture. A loop
// that waits for the socket also wakes up at next_deadline() and calls release(). Not thread-safe.
class DatagramChannel {
  public:
    // `on_failure` is told of a datagram that could not be sent: one more way to lose it.
    // `impairment` and `tracer` must outlive the channel.
    using OnFailure = std::function<void(const SystemError&)>;
    DatagramChannel(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer,
                    OnFailure on_failure);

    // From now on what is sent waits for release(), and then goes many datagrams to a system call:
    // on Linux with sendmmsg(2), with POSIX_ONLY by one sendto(2) each. For a bound socket.
    void gather() noexcept { gathering_ = true; }

    // To `peer`, also if the socket is connected to it. `describe()` gives the text for the trace;
    // it is called only if there is one.
    template <typename Describe>
    void send(const Address& peer, Bytes datagram, Describe describe, TimePoint now) {
        submit(peer, datagram, tracer_.on() ? describe() : std::string(), now);
    }

    // Sends what was gathered, and what was held back until now.
    void release(TimePoint now);
    // When release() has something to do: kNever if nothing is held back.
    [[nodiscard]] TimePoint next_deadline() const;

    // One datagram that has come, without a wait: its size, nullopt if there is none. Throws
    // SystemError ("Connection refused" on a connected socket: an earlier one found nobody).
    [[nodiscard]] std::optional<std::size_t> try_receive(MutableBytes buffer,
                                                         Address* sender = nullptr);
    // For the trace: what try_receive() has just given. Check tracer().on() first.
    void received(std::string_view description) const {
        tracer_.received(description, last_sender_.to_string());
    }

    [[nodiscard]] UdpSocket& socket() noexcept { return socket_; }
    [[nodiscard]] const Tracer& tracer() const noexcept { return tracer_; }
    [[nodiscard]] pollfd watched() const noexcept {
        return {socket_.descriptor().get(), POLLIN, 0};
    }

  private:
    // One more, and all begin anew: what was held back for them is lost.
    static constexpr std::size_t kMaxPeers = 1024;
    static constexpr std::size_t kMaxGathered = 64;

    void submit(const Address& peer, Bytes datagram, const std::string& description, TimePoint now);
    void put(const Address& peer, Bytes datagram);
    void flush();
    // Sends gathered datagrams from `first` on: how many of them have gone, at least one. Throws
    // SystemError if the first one cannot.
    [[nodiscard]] std::size_t send_some(std::size_t first);

    UdpSocket socket_;
    const ImpairmentSpec& spec_;
    const Tracer& tracer_;
    OnFailure on_failure_;
    Address last_sender_;
    std::unordered_map<Address, Impairment> peers_;
    bool gathering_ = false;
    std::array<std::pair<Address, std::vector<std::byte>>, kMaxGathered> gathered_;
    std::size_t gathered_count_ = 0;
};

}  // namespace netlab
