// SPDX-License-Identifier: MIT
#pragma once

#include "common/socket.hpp"
#include "problem6/chat.hpp"

namespace netlab::problem6 {

// One client's connection, from its first byte to its last, in its own thread: waits for the socket
// and for the client's outbox together, and never for another client. False if something went
// wrong. Throws SystemError if there are no descriptors left for it.
[[nodiscard]] bool serve(TcpStream& stream, Chat& chat);

}  // namespace netlab::problem6
