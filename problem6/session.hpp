// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "common/socket.hpp"
#include "common/token_bucket.hpp"
#include "problem6/hub.hpp"
#include "problem6/outbox.hpp"

namespace netlab::problem6 {

// One client's connection, from its first byte to its last, in its own thread: waits for the socket
// and for its outbox together, and never for another client.
class Session {
  public:
    // Joins the chat. Throws SystemError where there are no descriptors left.
    Session(TcpStream& stream, Hub& hub);
    ~Session() { hub_.session_over(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Until the client leaves or has to; false where something went wrong.
    [[nodiscard]] bool run();

  private:
    void converse();
    void take_lines();
    void send_waiting();
    [[nodiscard]] bool over();
    void wait();
    [[nodiscard]] TimePoint wake_at() const;
    [[nodiscard]] bool may_read() const;
    void receive();

    TcpStream& stream_;
    Hub& hub_;
    Outbox outbox_;
    Hub::Input input_;
    TokenBucket allowance_;
    const ClientId id_;
    TimePoint announce_at_;             // also if it says nothing
    TimePoint lines_again_{};           // not before: it says too much, or others cannot keep up
    TimePoint line_deadline_ = kNever;  // for a line that is begun
    TimePoint end_deadline_ = kNever;   // for sending what is left, once it is hung up on
    bool more_ = false;                 // lines that could be taken now, but for lines_again_
    std::string problem_;
};

}  // namespace netlab::problem6
