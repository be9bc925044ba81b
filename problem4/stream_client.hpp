// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "common/datagram_channel.hpp"
#include "common/signals.hpp"
#include "problem4/output_file.hpp"
#include "problem4/player.hpp"
#include "problem4/status_line.hpp"
#include "problem4/stream_receiver.hpp"

namespace netlab::problem4 {

// What the user asked for.
struct StreamOptions {
    std::string name;
    std::string player;  // a command; empty: none, a copy is made
    std::string output;  // of the copy: a file, or "-"
    Duration latency = seconds(2);
    bool show_status = true;
};

// Receives one stream: the loop around a StreamReceiver, with the socket, the player (or the file)
// and the terminal. Not thread-safe.
class StreamClient {
  public:
    // Throws SystemError. The options must outlive it.
    StreamClient(const std::string& host, std::uint16_t port, const ImpairmentSpec& impairment,
                 const Tracer& tracer, const StreamOptions& options);

    // Until the media has been played, or copied: the player's exit code (0 for a copy). Says
    // goodbye to the server also if that fails. Throws std::runtime_error with the reason,
    // SystemError, Interrupted.
    int run();

    [[nodiscard]] bool complete() const { return receiver_.written_all(); }
    [[nodiscard]] const StreamStatistics& statistics() const { return receiver_.statistics(); }

  private:
    void turn();
    void send(std::uint64_t session, const Body& body);
    void receive_all();
    void on_error(const SystemError& error);
    void feed();
    bool open_output();
    bool put(Bytes bytes);
    void wait();
    void say_goodbye() noexcept;
    void show_status();
    int await_player();
    void watch_for_stall();

    const StreamOptions& options_;
    TimePoint now_;  // of this turn of the loop
    DatagramChannel channel_;
    StreamReceiver receiver_;
    std::unique_ptr<Player> player_;  // once started
    std::optional<OutputFile> file_;
    StatusLine status_;
    Wait wait_ = wait_or_interrupt;  // but for the goodbye
    bool player_is_gone_ = false;
    bool output_is_full_ = false;
    std::uint64_t taken_ = 0;  // by the player, and since when no more
    TimePoint taken_at_{};
    bool stall_told_ = false;
    std::optional<std::string> refused_;  // by the server's machine
    std::vector<std::byte> encoded_;
    std::array<std::byte, kMaxDatagram + 1> input_{};  // what is longer is no packet
};

}  // namespace netlab::problem4
