// SPDX-License-Identifier: MIT
#include "problem4/player.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/screen.hpp"
#include "common/text.hpp"

namespace netlab::problem4 {

namespace {

constexpr int kLooks = 100;  // whether it has complied: for a second
constexpr int kBetweenLooksMs = 10;
constexpr std::size_t kMaxWord = 500;  // of a line that the player says

struct Known {
    const char* program;
    const char* command;
};
constexpr Known kPlayers[] = {
    {"mpv", "mpv --cache=no --really-quiet --input-terminal=no -"},
    {"ffplay",
     "ffplay -autoexit -loglevel error -nostats -probesize 500k -analyzeduration 500k -i -"},
    {"cvlc", "cvlc --play-and-exit -"},
};

bool in_path(const std::string& program) {
    const char* path = std::getenv("PATH");
    std::string_view folders = path == nullptr ? "/usr/bin:/bin" : path;
    while (true) {
        const std::size_t colon = folders.find(':');
        const std::string candidate = std::string(folders.substr(0, colon)) + "/" + program;
        if (::access(candidate.c_str(), X_OK) == 0) return true;
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

// posix_spawn(3) and its helpers return their error instead of setting errno.
void succeed(int error, const char* call) {
    if (error != 0) throw SystemError(call, "sh", error);
}

// sh -c `command`, reading `input`, its stderr in `words`: with default signal handlers (SIGPIPE is
// ignored in us, and would stay so across exec), no signal blocked, and a process group of its own.
pid_t spawn_shell(const std::string& command, const FileDescriptor& input,
                  const FileDescriptor& words) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    succeed(::posix_spawnattr_init(&attributes), "posix_spawnattr_init");
    succeed(::posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");

    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    constexpr int kFlags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setflags(&attributes, static_cast<short>(kFlags));
    int error = ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
    if (error == 0) {
        error = ::posix_spawn_file_actions_adddup2(&actions, words.get(), STDERR_FILENO);
    }

    std::string shell = "sh";
    std::string option = "-c";
    std::string line = command;
    char* arguments[] = {shell.data(), option.data(), line.data(), nullptr};
    pid_t pid = -1;
    if (error == 0) {
        error = ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, ::environ);
    }
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    succeed(error, "posix_spawn");
    return pid;
}

}  // namespace

std::vector<std::string> known_players() {
    std::vector<std::string> commands;
    for (const Known& known : kPlayers) commands.emplace_back(known.command);
    return commands;
}

std::optional<std::string> find_player() {
    for (const Known& known : kPlayers) {
        if (in_path(known.program)) return known.command;
    }
    return std::nullopt;
}

Player::Player(const std::string& command) {
    Pipe pipe = make_pipe();
    make_small(pipe.write_end);
    Pipe words = make_pipe();
    set_nonblocking(words.read_end, true);
    pid_ = spawn_shell(command, pipe.read_end, words.write_end);
    pipe_ = std::move(pipe.write_end);
    words_ = std::move(words.read_end);
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

void Player::relay_words() {
    const auto print = [this] {
        if (!word_.empty()) print_error("player: " + escaped(word_) + "\n");
        word_.clear();
    };
    std::array<char, 4096> piece;
    ssize_t got = 1;
    while (words_.valid() && (got = ::read(words_.get(), piece.data(), piece.size())) > 0) {
        for (const char byte : std::string_view(piece.data(), static_cast<std::size_t>(got))) {
            if (byte == '\n' || byte == '\r' || word_.size() == kMaxWord) print();
            if (byte != '\n' && byte != '\r') word_ += byte;
        }
    }
    if (got != 0) return;
    print();
    words_.close();
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
