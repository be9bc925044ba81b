// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/file_descriptor.hpp"

namespace netlab::problem4 {

// The command of the first player that is installed. Throws std::runtime_error if none is.
std::string find_player();

// What to do about one that does not play.
inline constexpr const char* kRemedy =
    "--player CMD starts another one, --output FILE makes a copy";

// A player that runs, and the pipe it is fed through: in a process group of its own, so that it can
// be ended with all that it has started, and Ctrl+C reaches the client alone. Not thread-safe.
class Player {
  public:
    // Runs `command` by sh -c; its stdout and stderr are ours. Throws SystemError.
    explicit Player(const std::string& command);
    // Ends it: SIGTERM to its group, a second to comply, SIGKILL. What a command that has ended by
    // itself left running is left alone.
    ~Player();
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    // Where to write; invalid after close_pipe(), which tells the player that this was all.
    [[nodiscard]] const FileDescriptor& pipe() const noexcept { return pipe_; }
    void close_pipe() noexcept { pipe_.close(); }

    // Bytes that are written and not yet read by the player; 0 if the system cannot tell.
    [[nodiscard]] std::uint64_t unread() const noexcept;

    // Its exit code (128 + signal if one ended it) once it has ended. Never blocks.
    [[nodiscard]] std::optional<int> exit_code();

  private:
    FileDescriptor pipe_;
    pid_t pid_ = -1;
    std::optional<int> exit_code_;
};

}  // namespace netlab::problem4
