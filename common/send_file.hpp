// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "common/chunking.hpp"
#include "common/file_descriptor.hpp"
#include "common/socket.hpp"

namespace netlab {

// Sends `head`, and then a range of a file: what is small in one send(2), what is large without
// taking it into this process, where the system can do that (sendfile(2)). Returns how many bytes
// of the file went out: fewer than asked for only where the file ends before (it has shrunk).
// Throws TimeoutError where the peer takes nothing for as long as `stall`; SystemError.
[[nodiscard]] std::uint64_t send_file(TcpStream& stream, std::string_view head,
                                      const FileDescriptor& file, ByteRange range, Duration stall);

}  // namespace netlab
