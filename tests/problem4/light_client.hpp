// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/socket.hpp"
#include "problem4/jitter_buffer.hpp"
#include "problem4/packet.hpp"
#include "tests/problem4/wav_clip.hpp"

namespace netlab::problem4 {

// A client without a player, light enough to be started by the hundred: many share one thread. It
// checks every byte, and whether each came before a player would have needed it.
class LightClient {
  public:
    // `content` is what the file is known to hold; it plays at `rate` bytes a second. Nothing is
    // said before `start`.
    LightClient(std::uint16_t port, std::string name, std::string_view content, double rate,
                TimePoint start = {});

    // Does what is due: never waits.
    void step(TimePoint now);

    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    // From its START on, playing included.
    [[nodiscard]] Duration elapsed() const noexcept { return ended_ - began_; }
    // How long the player has waited for bytes after its start.
    [[nodiscard]] Duration starved() const noexcept { return starved_; }
    [[nodiscard]] std::uint64_t datagrams() const noexcept { return datagrams_; }

  private:
    enum class State { asking, starting, playing, leaving, done };

    void take(const Body& body, std::uint64_t session, TimePoint now);
    void take_data(const Data& data, TimePoint now);
    void play(TimePoint now);
    void send_due(TimePoint now);
    void send(const Body& body);
    void fail(const std::string& why, TimePoint now);

    UdpSocket socket_;
    std::string name_;
    std::string_view content_;
    double rate_;
    std::uint64_t nonce_;

    State state_ = State::asking;
    std::uint64_t session_ = 0;
    std::optional<JitterBuffer> buffer_;
    std::uint32_t reports_ = 0;
    int byes_ = 0;
    double played_ = 0;
    std::uint64_t datagrams_ = 0;
    std::string error_;
    TimePoint next_send_;
    TimePoint last_heard_{};
    TimePoint last_played_{};
    TimePoint began_{};
    TimePoint ended_{};
    Duration starved_{};
};

// Lets all of them run until the last is done, and calls `watch` ten times a second. Throws
// TimeoutError.
void run_all(
    std::vector<LightClient>& clients, Duration timeout,
    const std::function<void(TimePoint)>& watch = [](TimePoint) {});

}  // namespace netlab::problem4
