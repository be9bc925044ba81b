// SPDX-License-Identifier: MIT
#include "problem4/player.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "common/error.hpp"
#include "common/signals.hpp"

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
    pid_ = check(::fork(), "fork");
    if (pid_ == 0) {
        ::setpgid(0, 0);
        restore_default_signals();
        ::dup2(pipe.read_end.get(), STDIN_FILENO);
        ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        ::_exit(127);
    }
    ::setpgid(pid_, pid_);  // whichever of both comes first: the group is there before it is ended
    pipe_ = std::move(pipe.write_end);
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
    int bytes = 0;  // FIONREAD: pipe(7)
    return pipe_.valid() && ::ioctl(pipe_.get(), FIONREAD, &bytes) == 0
               ? static_cast<std::uint64_t>(bytes)
               : 0;
}

std::optional<int> Player::exit_code() {
    int status = 0;
    const pid_t ended = exit_code_ ? 0 : ::waitpid(pid_, &status, WNOHANG);
    if (ended < 0 && errno != EINTR) throw SystemError("waitpid", "");
    if (ended > 0) exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return exit_code_;
}

}  // namespace netlab::problem4
