// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/retransmit.hpp"
#include "problem4/jitter_buffer.hpp"
#include "problem4/jitter_estimator.hpp"
#include "problem4/packet.hpp"
#include "problem4/playback.hpp"

namespace netlab::problem4 {

// The client's half of a session: asks for the media, puts it in order, reports what is missing
// and what the player has consumed, and says goodbye. Knows no socket, no clock, no player and no
// file: packets, the player's progress and the time are passed in; packets to send go to the
// function it is given, bytes for the player are taken from front(). Not thread-safe.
class StreamReceiver {
  public:
    struct Options {
        std::string name{};              // of the media
        std::string server{};            // its address, for error texts
        std::uint64_t nonce = 0;         // random, another one for each session
        JitterBuffer::Options buffer{};  // but for the size, which INFO tells
    };
    using Send = std::function<void(const Packet&)>;

    // Begins with the first on_timer(), which is due at once.
    StreamReceiver(Options options, TimePoint now, Send send);

    void on_packet(const Packet& packet, TimePoint now);

    // Sends what is due. Never too early: may be called at any time.
    void on_timer(TimePoint now);
    // When on_timer() has something to do: kNever once it has finished.
    [[nodiscard]] TimePoint next_deadline() const;

    // The player has left, or is to be left: there is no more to receive. Says goodbye.
    void leave(TimePoint now);

    // The server is gone: expected while the client is leaving, else a failure.
    void on_server_gone(const std::string& why);

    // The session is over, and what it brought has been written. It may be over before that.
    [[nodiscard]] bool finished() const;
    // Why the session has failed; nullopt if it has not.
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

    // Whether the player may start: the server has described the media, and there is enough of it
    // to play from. A copy may start at once.
    [[nodiscard]] bool ready() const;
    void on_started(TimePoint now) { playback_->start(now); }  // only once ready()

    // The next bytes for the player; empty if there are none for now. Then on_written(count) tells
    // how many it has been given; this and written() only once ready().
    [[nodiscard]] Bytes front() const;
    void on_written(std::size_t count) { buffer_->consume(count); }
    [[nodiscard]] std::uint64_t written() const { return buffer_->read(); }
    [[nodiscard]] bool written_all() const { return buffer_ && written() == buffer_->size(); }

    // The player has read everything before `offset`; the rest of what is written is in its pipe.
    // If that is empty and the network has had its time, a hole is given up: ask front() again.
    void on_consumed(std::uint64_t offset, TimePoint now);

    // From INFO on.
    [[nodiscard]] const std::optional<JitterBuffer>& buffer() const { return buffer_; }
    [[nodiscard]] const std::optional<Playback>& playback() const { return playback_; }

    // For the eye (stream_text.cpp). Where the stream is, in at most `width` columns, in bytes if
    // the duration is unknown; empty before INFO:
    // "clip.mp4  0:03 / 0:10  1.9 s ahead  31.2 kB/s  lost 12 kB  recovered 12 kB".
    [[nodiscard]] std::string status(TimePoint now, std::size_t width) const;
    // "received clip.mp4: 300000 bytes in 200 datagrams, 4 recovered, 10.021 s, 29.9 kB/s".
    [[nodiscard]] std::string summary(TimePoint now) const;
    // The rest, in three lines; empty until the first byte has come.
    [[nodiscard]] std::string details() const;

  private:
    enum class Phase { asking, starting, streaming, leaving, over };

    void enter(Phase phase, TimePoint now);
    void on_info(const Info& info, TimePoint now);
    void on_alive(const Alive& alive, TimePoint now);
    void leave_if_complete(TimePoint now);
    void ask(Body question, TimePoint now);
    void say_bye(TimePoint now);
    void report(TimePoint now);

    Options options_;
    Send send_;
    Phase phase_ = Phase::asking;
    std::uint64_t session_ = 0;
    TimePoint asked_;         // when all began
    TimePoint first_byte_{};  // TimePoint{}: none has come
    int attempts_ = 0;        // of the REQUEST, START or BYE of this phase
    TimePoint next_send_;
    TimePoint give_up_at_;  // unless the server is heard before
    bool left_ = false;     // nobody wants what comes
    std::optional<std::string> failure_;

    std::optional<JitterBuffer> buffer_;
    std::optional<Playback> playback_;
    std::uint64_t consumed_ = 0;
    std::uint32_t reports_ = 0;
    std::uint32_t echo_ = 0;  // the report whose echo is awaited; 0: none
    TimePoint echo_asked_{};
    JitterEstimator jitter_;
    RttEstimator round_trip_{milliseconds(200)};
};

}  // namespace netlab::problem4
