// SPDX-License-Identifier: MIT
#include "tests/support/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "common/error.hpp"

namespace netlab::testing {

namespace {

// The posix_spawn family returns its error instead of setting errno.
void succeed(int error, const char* call, const std::string& subject = {}) {
    if (error != 0) throw SystemError(call, subject, error);
}

// What happens to the child's descriptors between fork and exec, in order.
class FileActions {
  public:
    FileActions() { succeed(::posix_spawn_file_actions_init(&actions_), "spawn"); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;

    void copy(int from, int to) {
        succeed(::posix_spawn_file_actions_adddup2(&actions_, from, to), "spawn");
    }
    void open(int fd, const std::string& path, int flags) {
        succeed(::posix_spawn_file_actions_addopen(&actions_, fd, path.c_str(), flags, 0644),
                "spawn", path);
    }
    void close(int fd) { succeed(::posix_spawn_file_actions_addclose(&actions_, fd), "spawn"); }
    void change_directory(const std::string& path) {
        succeed(::posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()), "spawn", path);
    }
    // Ours are close-on-exec anyway; this is for those that the test itself was started with.
    void close_from(int first) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
        succeed(::posix_spawn_file_actions_addclosefrom_np(&actions_, first), "spawn");
#else
        static_cast<void>(first);
#endif
    }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const {
        return &actions_;
    }

  private:
    posix_spawn_file_actions_t actions_;
};

class Attributes {
  public:
    explicit Attributes(bool new_session) {
        succeed(::posix_spawnattr_init(&attributes_), "spawn");
        // An ignored signal (SIGPIPE, here) stays ignored across exec unless it is reset.
        sigset_t all;
        sigset_t none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        const int session = new_session ? POSIX_SPAWN_SETSID : 0;
        const int flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | session;
        ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
    }
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;

    [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

  private:
    posix_spawnattr_t attributes_;
};

// "NAME=value" for all of our environment but what `extra` replaces, and for `extra`.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& extra) {
    std::vector<std::string> all;
    for (char** one = ::environ; *one != nullptr; ++one) {
        const std::string_view setting(*one);
        if (!extra.contains(std::string(setting.substr(0, setting.find('='))))) {
            all.emplace_back(setting);
        }
    }
    for (const auto& [name, value] : extra) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (std::string& one : strings) pointers.push_back(one.data());
    pointers.push_back(nullptr);
    return pointers;
}

// The child's ends, which only have to live until it has its copies.
using ChildEnds = std::vector<FileDescriptor>;

// On Ctrl+C a terminal first sends SIGINT and then discards its queues (termios(3), NOFLSH), and
// with them what the program has answered to the signal in between. Users do not mind; tests do.
void keep_output_on_signals(const FileDescriptor& terminal) {
    termios settings{};
    check(::tcgetattr(terminal.get(), &settings), "tcgetattr");
    settings.c_lflag |= NOFLSH;
    check(::tcsetattr(terminal.get(), TCSANOW, &settings), "tcsetattr");
}

void connect_terminal(const SpawnOptions& options, Spawned& child, FileActions& actions) {
    FileDescriptor master(check(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt"));
    check(::grantpt(master.get()), "grantpt");
    check(::unlockpt(master.get()), "unlockpt");
    std::array<char, 128> name;
    succeed(::ptsname_r(master.get(), name.data(), name.size()), "ptsname");
    winsize size{options.rows, options.columns, 0, 0};
    check(::ioctl(master.get(), TIOCSWINSZ, &size), "ioctl", name.data());
    keep_output_on_signals(master);

    // Opened by the leader of a new session, it becomes that session's controlling terminal
    // (credentials(7)), so that Ctrl+C reaches the child as SIGINT.
    actions.open(STDIN_FILENO, name.data(), O_RDWR);
    actions.copy(STDIN_FILENO, STDOUT_FILENO);
    actions.copy(STDIN_FILENO, STDERR_FILENO);
    child.in = FileDescriptor(check(::fcntl(master.get(), F_DUPFD_CLOEXEC, 0), "fcntl"));
    child.out = std::move(master);
}

void connect_input(const SpawnOptions& options, Spawned& child, FileActions& actions,
                   ChildEnds& ends) {
    if (options.input == Input::kNull) actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
    if (options.input == Input::kClosed) actions.close(STDIN_FILENO);
    if (options.input == Input::kPipe) {
        Pipe pipe = make_pipe();
        actions.copy(pipe.read_end.get(), STDIN_FILENO);
        ends.push_back(std::move(pipe.read_end));
        child.in = std::move(pipe.write_end);
    }
}

FileDescriptor connect_output(int fd, FileActions& actions, ChildEnds& ends) {
    Pipe pipe = make_pipe();
    actions.copy(pipe.write_end.get(), fd);
    ends.push_back(std::move(pipe.write_end));
    return std::move(pipe.read_end);
}

}  // namespace

Spawned spawn(const Argv& argv, const SpawnOptions& options) {
    Spawned child;
    FileActions actions;
    ChildEnds ends;
    const bool terminal = options.input == Input::kTerminal;
    if (terminal) {
        connect_terminal(options, child, actions);
    } else {
        connect_input(options, child, actions, ends);
        child.err = connect_output(STDERR_FILENO, actions, ends);
        if (options.stdout_to.empty()) child.out = connect_output(STDOUT_FILENO, actions, ends);
    }
    if (!options.stdout_to.empty()) {
        actions.open(STDOUT_FILENO, options.stdout_to, O_WRONLY | O_CREAT | O_TRUNC);
    }
    if (!options.cwd.empty()) actions.change_directory(options.cwd);
    actions.close_from(STDERR_FILENO + 1);
    for (const FileDescriptor* end : {&child.in, &child.out, &child.err}) {
        if (end->valid()) set_nonblocking(*end, true);
    }

    Argv arguments = argv;
    std::vector<std::string> environment = environment_with(options.env);
    const Attributes attributes(terminal);
    succeed(::posix_spawnp(&child.pid, arguments.at(0).c_str(), actions.get(), attributes.get(),
                           pointers_to(arguments).data(), pointers_to(environment).data()),
            "spawn", arguments[0]);
    return child;
}

}  // namespace netlab::testing
