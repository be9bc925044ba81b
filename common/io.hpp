// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "common/bytes.hpp"
#include "common/file_descriptor.hpp"
#include "common/time.hpp"

namespace netlab {

// poll(2) until one of `watched` has events (true) or the deadline passes (false): nothing else
// ends it, no signal either. Throws SystemError.
bool wait_for_events(std::span<pollfd> watched, TimePoint deadline);
bool wait_readable(int fd, TimePoint deadline);
bool wait_writable(int fd, TimePoint deadline);

// How a call waits for its caller: by wait_for_events(), or by wait_or_interrupt() (signals.hpp),
// so that Ctrl+C ends a client's waits.
using Wait = bool (*)(std::span<pollfd> watched, TimePoint deadline);

// Reads what is there, at least one byte: the count, 0 at the end of the stream, nullopt when the
// deadline passes first. `name` is for the error: "read NAME: ...". Throws SystemError.
[[nodiscard]] std::optional<std::size_t> read_some(const FileDescriptor& fd, MutableBytes buffer,
                                                   TimePoint deadline, const std::string& name);

// write(2) until all is written: for files, pipes and terminals. A pipe that nobody reads blocks it
// until the deadline, unless something else ends `wait`. Throws SystemError, TimeoutError, and what
// `wait` throws.
void write_all(int fd, Bytes bytes, const std::string& name, Wait wait = wait_for_events,
               TimePoint deadline = kNever);

// pwrite(2)/pread(2) until all is done; read_at returns fewer bytes only at the end of the file.
// Throw SystemError.
void write_at(const FileDescriptor& fd, Bytes bytes, std::uint64_t offset, const std::string& name);
[[nodiscard]] std::size_t read_at(const FileDescriptor& fd, MutableBytes buffer,
                                  std::uint64_t offset, const std::string& name);

}  // namespace netlab
