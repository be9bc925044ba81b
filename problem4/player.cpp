// SPDX-License-Identifier: MIT
#include "problem4/player.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "common/error.hpp"
#include "common/server_log.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"

namespace netlab::problem4 {

namespace {

// Players that play their standard input, the best one first.
constexpr const char* kPlayers[] = {
    "mpv --cache=no --really-quiet --input-terminal=no -",
    "ffplay -autoexit -loglevel error -nostats -probesize 500k -analyzeduration 500k -i -",
    "cvlc --play-and-exit -",
};

constexpr int kLooks = 100;  // whether it has complied: for a second
constexpr int kBetweenLooksMs = 10;
constexpr std::size_t kMaxLine = 500;  // of what the player says
constexpr int kMaxReads = 16;          // of it at a time: as much as a pipe holds

}  // namespace

std::string find_player() {
    for (std::string command : kPlayers) {
        const std::string program = command.substr(0, command.find(' '));
        // sh looks for it as it will when it runs it.
        if (std::system(("command -v " + program + " >/dev/null").c_str()) == 0) return command;
    }
    throw std::runtime_error(
        "no player found: install mpv or ffmpeg (for ffplay) or vlc, or give --player CMD or "
        "--output FILE");
}

Player::Player(const std::string& command) {
    Pipe pipe = make_pipe();
#if defined(F_SETPIPE_SZ) && !defined(NETLAB_POSIX_ONLY)
    // A default pipe holds 64 KiB, seconds of audio that would be neither played nor ahead. It
    // works without, just less well.
    ::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, 16 * 1024);
#endif
    Pipe messages = make_pipe();
    set_nonblocking(messages.read_end, true);
    pid_ = check(::fork(), "fork");
    if (pid_ == 0) {
        ::setpgid(0, 0);
        restore_default_signals();
        ::dup2(pipe.read_end.get(), STDIN_FILENO);
        ::dup2(messages.write_end.get(), STDERR_FILENO);
        ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        ::_exit(127);
    }
    ::setpgid(pid_, pid_);  // whichever of both comes first: the group is there before it is ended
    pipe_ = std::move(pipe.write_end);
    messages_ = std::move(messages.read_end);
}

Player::~Player() {
    close_pipe();
    if (exit_code_) return;
    ::kill(-pid_, SIGTERM);
    for (int look = 0; look < kLooks; ++look) {
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return;
        ::poll(nullptr, 0, kBetweenLooksMs);
    }
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

std::uint64_t Player::unread() const noexcept {
#ifdef NETLAB_POSIX_ONLY
    return 0;
#else
    int bytes = 0;  // FIONREAD: pipe(7)
    return pipe_.valid() && ::ioctl(pipe_.get(), FIONREAD, &bytes) == 0
               ? static_cast<std::uint64_t>(bytes)
               : 0;
#endif
}

void Player::relay_messages() {
    std::string text;
    const auto end_line = [&] {
        if (!line_.empty()) text += "player: " + escaped(line_) + "\n";
        line_.clear();
    };
    std::array<char, 4096> piece;
    for (int pieces = 0; pieces < kMaxReads && messages_.valid(); ++pieces) {
        const ssize_t got = ::read(messages_.get(), piece.data(), piece.size());
        if (got < 0) break;
        for (const char byte : std::string_view(piece.data(), static_cast<std::size_t>(got))) {
            if (byte == '\n' || byte == '\r' || line_.size() == kMaxLine) end_line();
            if (byte != '\n' && byte != '\r') line_ += byte;
        }
        if (got > 0) continue;
        end_line();
        messages_.close();
    }
    if (!text.empty()) log_line({text});
}

std::optional<int> Player::exit_code() {
    int status = 0;
    const pid_t ended = exit_code_ ? 0 : ::waitpid(pid_, &status, WNOHANG);
    if (ended < 0 && errno != EINTR) throw SystemError("waitpid", "");
    if (ended > 0) exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return exit_code_;
}

}  // namespace netlab::problem4
