// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "common/socket.hpp"
#include "problem6/hub.hpp"
#include "problem6/outbox.hpp"
#include "problem6/pace.hpp"

namespace netlab::problem6 {

// One client's connection, from its first byte to its last, in its own thread: waits for the socket
// and for its outbox together, and never for another client.
class Session {
  public:
    // Joins the chat. Throws SystemError if there are no descriptors left.
    Session(TcpStream& stream, Hub& hub, TimePoint now);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Until the client leaves or has to; false if something went wrong.
    [[nodiscard]] bool run();

  private:
    void converse();
    void send_error(const char* problem) noexcept;
    void check_timers(TimePoint now);
    void take_lines(TimePoint now);
    void send_waiting(TimePoint now);
    [[nodiscard]] bool over(TimePoint now);
    void wait(TimePoint now);
    [[nodiscard]] TimePoint next_deadline(TimePoint now) const;
    [[nodiscard]] bool may_read(TimePoint now) const;
    void receive();

    TcpStream& stream_;
    Hub& hub_;
    Outbox outbox_;
    Hub::Input input_;
    Pace pace_;
    const ClientId id_;
    TimePoint announce_at_;             // also if it says nothing
    TimePoint line_deadline_ = kNever;  // for a line that is begun
    TimePoint end_deadline_ = kNever;   // for sending what is left, once it is disconnected
    std::string problem_;
};

}  // namespace netlab::problem6
