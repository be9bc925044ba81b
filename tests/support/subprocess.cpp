// SPDX-License-Identifier: MIT
#include "tests/support/subprocess.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "common/error.hpp"
#include "common/io.hpp"
#include "tests/support/failed_ladder.hpp"

namespace netlab::testing {

namespace {

constexpr char kEndOfTransmission[] = "\x04";  // Ctrl+D

// Far more than a pipe or a terminal holds: what a dead child has left is always read in one go.
constexpr int kMaxReads = 64;

// MSG_NOSIGNAL is for sockets alone; writing to a child that is gone must not end the test.
void ignore_sigpipe() {
    ::signal(SIGPIPE, SIG_IGN);
}

ExitStatus exit_status(int status) {
    if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), true};
    return {WEXITSTATUS(status), false};
}

std::string show(const Argv& argv) {
    std::string line;
    for (const std::string& one : argv) line += (line.empty() ? "" : " ") + one;
    return line;
}

}  // namespace

Subprocess::Subprocess(Argv argv, const SpawnOptions& options)
    : argv_(with_trace(std::move(argv))), terminal_(options.input == Input::kTerminal) {
    ignore_sigpipe();
    child_ = spawn(argv_, options);
    waiter_ = std::thread([this] { await_exit(); });
    reader_ = std::thread([this] { collect(); });
}

Subprocess::~Subprocess() {
    send_signal(SIGKILL);
    waiter_.join();
    stopping_ = true;
    wakeup_.wake();
    reader_.join();
}

bool Subprocess::write(std::string_view text, Duration timeout) {
    const TimePoint deadline = give_up_after(timeout);
    while (!text.empty()) {
        const ssize_t put = ::write(child_.in.get(), text.data(), text.size());
        if (put >= 0) {
            text.remove_prefix(static_cast<std::size_t>(put));
        } else if (errno == EPIPE || errno == EIO) {
            return false;
        } else if (errno != EAGAIN && errno != EINTR) {
            throw SystemError("write", "stdin of " + argv_[0]);
        } else if (!wait_writable(child_.in.get(), deadline)) {
            const std::lock_guard lock(mutex_);
            throw TimeoutError("the program does not read its input" + report());
        }
    }
    return true;
}

void Subprocess::close_stdin() {
    if (terminal_) {
        write(kEndOfTransmission);
    } else {
        child_.in.close();
    }
}

Match Subprocess::wait_for_out(const Pattern& pattern, Duration timeout, std::size_t from) {
    return wait_for(pattern, out_, "stdout", timeout, from);
}

Match Subprocess::wait_for_err(const Pattern& pattern, Duration timeout, std::size_t from) {
    return wait_for(pattern, err_, "stderr", timeout, from);
}

Match Subprocess::wait_for(const Pattern& pattern, const std::string& text, const char* stream,
                           Duration timeout, std::size_t from) {
    const TimePoint deadline = give_up_after(timeout);
    std::unique_lock lock(mutex_);
    while (true) {
        if (auto match = pattern.find(text, from)) return *match;
        const std::string missing = pattern.describe() + " on " + stream;
        if (status_) throw std::runtime_error("the program ended without " + missing + report());
        if (Clock::now() >= deadline) {
            throw TimeoutError("waited in vain for " + missing + report());
        }
        changed_.wait_until(lock, deadline);
    }
}

std::string Subprocess::out() const {
    const std::lock_guard lock(mutex_);
    return out_;
}

std::string Subprocess::err() const {
    const std::lock_guard lock(mutex_);
    return err_;
}

ExitStatus Subprocess::wait(Duration timeout) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, give_up_after(timeout),
                             [this] { return status_.has_value(); })) {
        throw TimeoutError("the program does not end" + report());
    }
    return *status_;
}

bool Subprocess::running() const {
    const std::lock_guard lock(mutex_);
    return !status_;
}

void Subprocess::send_signal(int signal) {
    // Under the lock that reap() takes: the pid cannot have passed to a stranger.
    const std::lock_guard lock(mutex_);
    if (!status_) ::kill(child_.pid, signal);
}

// The text of an exception; the caller holds mutex_.
std::string Subprocess::report() const {
    const std::string state = status_ ? "exit code " + std::to_string(status_->code) : "running";
    return "\n  program: " + show(argv_) + " (" + state + ")\n  stdout: " + out_ +
           "\n  stderr: " + err_;
}

void Subprocess::await_exit() {
    // WNOWAIT leaves the reaping to reap(): until then the pid is ours.
    siginfo_t info;
    while (::waitid(P_PID, static_cast<id_t>(child_.pid), &info, WEXITED | WNOWAIT) < 0 &&
           errno == EINTR) {
        continue;
    }
    exited_ = true;
    wakeup_.wake();
}

void Subprocess::collect() {
    bool reaped = false;
    while (!stopping_ || !reaped) {
        std::array<pollfd, 3> watched{{{wakeup_.descriptor(), POLLIN, 0},
                                       {child_.out.get(), POLLIN, 0},
                                       {child_.err.get(), POLLIN, 0}}};
        wait_for_events(watched, kNever);
        wakeup_.clear();

        // Asked before reading: then whatever the child has printed is there to be read, even if
        // one of its own children keeps the pipe open.
        const bool exited = exited_;
        read_available(child_.out, out_);
        read_available(child_.err, err_);
        if (exited && !reaped) reap();
        reaped = exited;
    }
}

void Subprocess::read_available(FileDescriptor& from, std::string& into) {
    std::array<char, 65536> buffer;
    for (int reads = 0; from.valid() && reads < kMaxReads; ++reads) {
        const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return from.close();  // EIO: a terminal that nobody has open any more, pty(7)
        const std::lock_guard lock(mutex_);
        into.append(buffer.data(), static_cast<std::size_t>(got));
        changed_.notify_all();
    }
}

void Subprocess::reap() {
    const std::lock_guard lock(mutex_);
    int status = 0;
    while (::waitpid(child_.pid, &status, 0) < 0 && errno == EINTR) continue;
    status_ = exit_status(status);
    changed_.notify_all();
}

Finished run(const Argv& argv, std::string_view stdin_text, Duration timeout) {
    return run(argv, SpawnOptions{.input = Input::kPipe}, stdin_text, timeout);
}

Finished run(const Argv& argv, SpawnOptions options, std::string_view stdin_text,
             Duration timeout) {
    if (options.input == Input::kNull) options.input = Input::kPipe;
    const TimePoint start = Clock::now();
    Subprocess process(argv, options);
    if (options.input != Input::kClosed) {
        process.write(stdin_text, timeout);
        process.close_stdin();
    }
    const ExitStatus status = process.wait(timeout);
    return {status.code, process.out(), process.err(), Clock::now() - start};
}

}  // namespace netlab::testing
