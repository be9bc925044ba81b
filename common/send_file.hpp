// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "common/bytes.hpp"
#include "common/file_descriptor.hpp"
#include "common/socket.hpp"

namespace netlab {

// Sends `head`, and then a range of a file: what is small in one send(2), what is large without
// copying it into this process (sendfile(2); with POSIX_ONLY by read and send). Returns how many
// bytes of the file were sent: fewer than asked for only if it has shrunk. Throws TimeoutError if
// the peer takes nothing for `stall`; SystemError.
[[nodiscard]] std::uint64_t send_file(TcpStream& stream, std::string_view head,
                                      const FileDescriptor& file, ByteRange range, Duration stall);

}  // namespace netlab
