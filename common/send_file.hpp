// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "common/chunking.hpp"
#include "common/file_descriptor.hpp"
#include "common/socket.hpp"

namespace netlab {

// Sends a range of a file over the connection without taking it into this process, where the system
// can do that: sendfile(2). Returns how many bytes went out: fewer than asked for only where the
// file ends before (it has shrunk). Throws TimeoutError where the peer takes nothing for as long as
// `stall`; SystemError.
[[nodiscard]] std::uint64_t send_file(TcpStream& stream, const FileDescriptor& file,
                                      ByteRange range, Duration stall);

}  // namespace netlab
