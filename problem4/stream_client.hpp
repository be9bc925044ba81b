// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "problem4/connection.hpp"
#include "problem4/output_file.hpp"
#include "problem4/playback.hpp"
#include "problem4/player.hpp"
#include "problem4/status_line.hpp"
#include "problem4/stream_statistics.hpp"

namespace netlab::problem4 {

// What the user asked for.
struct StreamOptions {
    std::string name;
    std::string player;  // a command; empty: none, a copy is made
    std::string output;  // of the copy: a file, or "-"
    Duration latency = seconds(2);
    bool show_status = true;
};

// Receives one stream: one thread that puts datagrams in order, asks for what is missing, and feeds
// the player (or the file) as fast as it takes it.
class StreamClient {
  public:
    StreamClient(Connection& connection, const StreamOptions& options);

    // Until the media has been played, or copied: the player's exit code (0 for a copy). Tells the
    // server when it is over, also where it fails. Throws std::runtime_error with the reason,
    // Interrupted.
    int run();

    [[nodiscard]] const StreamStatistics& statistics() const noexcept { return statistics_; }

  private:
    void open();
    void stream();
    void receive_all(TimePoint now);
    void take(const Packet& packet, TimePoint now);
    void take_data(const Data& data, TimePoint now);
    void start_player(TimePoint now);
    void feed(TimePoint now);
    bool put(Bytes bytes);
    void watch_player(TimePoint now);
    void report(TimePoint now);
    void show_status(TimePoint now);
    void wait_for_next();
    int await_player();

    [[nodiscard]] bool delivered() const { return buffer_->read() == buffer_->size(); }
    [[nodiscard]] std::uint64_t consumed() const;

    Connection& connection_;
    const StreamOptions& options_;
    StreamStatistics statistics_;
    Connection::Media media_;
    std::optional<JitterBuffer> buffer_;
    std::optional<Playback> playback_;
    std::unique_ptr<Player> player_;  // once started
    std::optional<OutputFile> file_;
    StatusLine status_;
    bool player_is_gone_ = false;
    bool output_is_full_ = false;
    TimePoint last_heard_{};
    TimePoint next_report_{};
    std::uint32_t reports_ = 0;
    std::uint32_t echo_ = 0;  // the report whose echo is awaited; 0: none
    TimePoint echo_asked_{};
};

}  // namespace netlab::problem4
