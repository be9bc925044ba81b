// SPDX-License-Identifier: MIT
#include "problem4/player.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"

namespace netlab::problem4 {

namespace {

constexpr int kLooks = 100;  // whether it has complied: for a second
constexpr int kBetweenLooksMs = 10;
constexpr std::size_t kMaxLine = 500;  // of what the player says

bool in_path(std::string_view program) {
    const char* variable = std::getenv("PATH");
    std::string_view folders = variable == nullptr ? "/usr/bin:/bin" : variable;
    while (true) {
        const std::size_t colon = folders.find(':');
        const std::string path = std::string(folders.substr(0, colon)).append("/").append(program);
        if (::access(path.c_str(), X_OK) == 0) return true;
        if (colon == std::string_view::npos) return false;
        folders.remove_prefix(colon + 1);
    }
}

// A default pipe holds 64 KiB, seconds of audio that would be neither played nor ahead.
void make_small([[maybe_unused]] const FileDescriptor& pipe) {
#if defined(F_SETPIPE_SZ) && !defined(NETLAB_POSIX_ONLY)
    ::fcntl(pipe.get(), F_SETPIPE_SZ, 16 * 1024);  // it works without, just less well
#endif
}

}  // namespace

std::optional<std::string> find_player() {
    for (const std::string_view command : kPlayers) {
        if (in_path(command.substr(0, command.find(' ')))) return std::string(command);
    }
    return std::nullopt;
}

Player::Player(const std::string& command) {
    Pipe pipe = make_pipe();
    make_small(pipe.write_end);
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
    signal(SIGTERM);
    for (int look = 0; look < kLooks; ++look) {
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return;
        ::poll(nullptr, 0, kBetweenLooksMs);
    }
    signal(SIGKILL);
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
    const auto print = [this] {
        if (!line_.empty()) print_error("player: " + escaped(line_) + "\n");
        line_.clear();
    };
    std::array<char, 4096> piece;
    ssize_t got = 1;
    while (messages_.valid() && (got = ::read(messages_.get(), piece.data(), piece.size())) > 0) {
        for (const char byte : std::string_view(piece.data(), static_cast<std::size_t>(got))) {
            if (byte == '\n' || byte == '\r' || line_.size() == kMaxLine) print();
            if (byte != '\n' && byte != '\r') line_ += byte;
        }
    }
    if (got != 0) return;
    print();
    messages_.close();
}

std::optional<int> Player::exit_code() {
    if (exit_code_) return exit_code_;
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended < 0 && errno == EINTR) return std::nullopt;
    if (check(ended, "waitpid") == 0) return std::nullopt;
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return exit_code_;
}

void Player::signal(int number) noexcept {
    ::kill(-pid_, number);
}

}  // namespace netlab::problem4
