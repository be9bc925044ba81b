// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/file_descriptor.hpp"

namespace netlab::problem4 {

// The command of the first player found in $PATH (mpv, ffplay, VLC) that plays its standard input;
// nullopt where there is none.
std::optional<std::string> find_player();

// What find_player() looks for: "mpv --cache=no -", ... in its order.
std::vector<std::string> known_players();

// What to do about one that does not play.
inline constexpr const char* kRemedy =
    "--player CMD starts another one, --output FILE makes a copy";

// A player that runs, and the pipe it is fed through. In a process group of its own, so that it can
// be ended with all that it has started, and Ctrl+C reaches us alone.
class Player {
  public:
    // Runs `command` by sh -c, with our stdout. Throws SystemError.
    explicit Player(const std::string& command);
    // Ends it: SIGTERM, a second to comply, SIGKILL.
    ~Player();
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    // Where to write; invalid after close_pipe(), which tells the player that this was all.
    [[nodiscard]] const FileDescriptor& pipe() const noexcept { return pipe_; }
    void close_pipe() noexcept { pipe_.close(); }

    // Bytes that are written and not yet read by the player; 0 where the system cannot tell.
    [[nodiscard]] std::uint64_t unread() const noexcept;

    // What it says on stderr: readable if it has said something; -1 once it has closed it.
    [[nodiscard]] int words() const noexcept { return words_.get(); }
    // Prints that, each line behind "player: ". Never blocks.
    void relay_words();

    // Its exit code (128 + signal where one ended it) once it has ended. Never blocks.
    [[nodiscard]] std::optional<int> exit_code();

  private:
    void signal(int number) noexcept;

    FileDescriptor pipe_;
    FileDescriptor words_;
    std::string word_;  // a line that is not whole yet
    pid_t pid_ = -1;
    std::optional<int> exit_code_;
};

}  // namespace netlab::problem4
