// SPDX-License-Identifier: MIT
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <functional>
#include <string>
#include <utility>

#include "common/brief_spin.hpp"
#include "common/byte_queue.hpp"
#include "common/console.hpp"
#include "common/error.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "problem5/chat_line.hpp"
#include "problem5/chat_program.hpp"
#include "problem5/packet.hpp"

namespace netlab::problem5 {

namespace {

using namespace std::string_literals;

constexpr unsigned kMaxUnshown = 16;             // turns
constexpr std::size_t kMaxUnread = 1024 * 1024;  // bytes of output

// Where lines go, possibly into a pipe that nobody reads: there they wait, and hold up no dialogue.
struct Output {
    int fd;
    std::function<void(std::string_view)> put;
    ByteQueue waiting{};

    void append(std::string_view text) { waiting.append(as_bytes(text)); }
    [[nodiscard]] pollfd watched() const { return {waiting.empty() ? -1 : fd, POLLOUT, 0}; }
};

// One thread that waits for keyboard and network together, so that neither keeps the other waiting.
class ChatLoop {
  public:
    // Takes the terminal over until its destructor. Throws SystemError.
    ChatLoop(const ChatProgram& program, const ChatOptions& options, FileDescriptor transcript,
             Transport& transport)
        : program_(program),
          options_(options),
          file_(std::move(transcript)),
          transport_(transport),
          conversation_(program.role,
                        program.over == ChatProgram::Over::udp ? validate_text : validate_line,
                        options.name, console_.on_terminal()) {}

    int run() {
        try {
            turns();
            report_unsent();
            show();
        } catch (...) {
            say_goodbye();
            static_cast<void>(write_all_that_waits());
            throw;
        }
        transport_.finish();
        if (const auto failure = write_all_that_waits()) std::rethrow_exception(failure);
        interrupted_ = interrupted_ || signal_received();
        if (!transcript_.waiting.empty()) {
            throw TimeoutError("write " + options_.transcript + ": nobody reads it");
        }
        const int outcome = transport_.peer() != nullptr && !conversation_.ended_well() ? 1 : 0;
        if (!is_server()) return interrupted_ ? 130 : outcome;
        return options_.once ? outcome : 0;
    }

  private:
    [[nodiscard]] bool is_server() const { return program_.role == Conversation::Role::server; }

    void turns() {
        while (true) {
            const TimePoint now = Clock::now();
            read_keyboard();
            transport_.on_timer(now);
            converse(now);
            if (finished(now)) return;
            // Only now: the client before may just have left.
            if (std::exchange(accept_ready_, false)) transport_.accept(now);
            if (transport_.peer() != nullptr) {
                if (!conversation_.begun()) continue;
                // Messages in a row are printed together; not too many, so that none waits for
                // long.
                const bool may_spin = ++unshown_ % kMaxUnshown != 0;
                if (may_spin && spin_.until([this] { return transport_.receive(Clock::now()); })) {
                    continue;
                }
            }
            show();
            wait();
        }
    }

    void read_keyboard() {
        console_.read();
        while (conversation_.may_type()) {
            auto line = console_.next_line();
            if (!line) break;
            // A user who types it wants to go now; in a script it waits for the lines before it.
            if (*line == "/quit" && console_.on_terminal()) report_unsent();
            conversation_.type(std::move(*line));
        }
        if (!console_.at_end() || input_ended_) return;
        if (!console_.on_terminal()) return conversation_.end_of_input();
        input_ended_ = true;
        report_unsent();
        conversation_.type("/quit");
    }

    void converse(TimePoint now) {
        Peer* const peer = transport_.peer();
        if (peer == nullptr) {
            transport_.send(now);
            return;
        }
        if (!conversation_.begun()) conversation_.begin(transport_.greeting());
        if (interrupted_) conversation_.leave(*peer, now);
        do {
            conversation_.converse(*peer, now);
        } while (transport_.send(now));
    }

    [[nodiscard]] bool finished(TimePoint now) {
        if (transport_.peer() != nullptr) {
            if (conversation_.begun()) return false;
            const bool last = !is_server() || (options_.once && !transport_.has_successor());
            if (last || interrupted_) return true;
            transport_.disconnect(now);
            if (transport_.peer() != nullptr) return false;
            conversation_.notice("waiting for the next client");
        }
        return interrupted_ || input_ended_ || conversation_.wants_to_quit();
    }

    void show() {
        for (Line& line : transport_.take_notices()) conversation_.print(std::move(line));
        for (const auto& [kind, text] : conversation_.take_screen()) {
            if (kind == Line::Kind::notice && options_.common.quiet) continue;
            if (kind == Line::Kind::message) {
                write(notices_);
                screen_.append(text + '\n');
            } else {
                write(screen_);
                const std::string head = kind == Line::Kind::notice ? "*" : program_.name + ":"s;
                notices_.append(head + ' ' + escaped(text) + '\n');
            }
        }
        write(screen_);
        write(notices_);
        console_.set_prompt(conversation_.prompt());
        const std::string lines = conversation_.take_transcript();
        if (file_.valid()) transcript_.append(lines);
        write(transcript_);
    }

    // As much as goes; waits only while more than `may_wait` bytes are left, and not after a
    // signal. If poll(2) sees room in a pipe, PIPE_BUF bytes go in at once (pipe(7)). A terminal
    // gets whole lines, above its prompt.
    void write(Output& output, std::size_t may_wait = kMaxUnread) {
        ByteQueue& waiting = output.waiting;
        if (waiting.empty()) return;
        const bool terminal = ::isatty(output.fd) != 0;
        const std::size_t most = terminal ? waiting.size() : PIPE_BUF;
        if (terminal) may_wait = 0;
        while (!waiting.empty() && (wait_writable(output.fd, TimePoint{}) ||
                                    (waiting.size() > may_wait && wait_for_reader(output.fd)))) {
            const std::string_view piece = as_text(waiting.data()).substr(0, most);
            output.put(piece);
            waiting.consume(piece.size());
        }
    }

    // If one output fails, the others still get what is theirs. The first failure, or null.
    std::exception_ptr write_all_that_waits() {
        std::exception_ptr failure;
        for (Output* output : {&screen_, &notices_, &transcript_}) {
            try {
                write(*output, 0);
            } catch (const std::exception&) {
                if (!failure) failure = std::current_exception();
            }
        }
        return failure;
    }

    // False if a signal has come first.
    static bool wait_for_reader(int fd) {
        std::array<pollfd, 2> watched{{{fd, POLLOUT, 0}, {signal_descriptor(), POLLIN, 0}}};
        static_cast<void>(wait_for_events(watched, kNever));
        return watched[1].revents == 0;
    }

    void wait() {
        const auto [keyboard, job_control] = console_.watched();
        const auto [data, listener] = transport_.watched();
        // A signal stays readable for ever.
        const pollfd signals{interrupted_ ? -1 : signal_descriptor(), POLLIN, 0};
        std::array<pollfd, 8> watched{{signals, data, listener, keyboard, job_control,
                                       screen_.watched(), notices_.watched(),
                                       transcript_.watched()}};
        static_cast<void>(wait_for_events(watched, transport_.next_deadline()));
        if (watched[0].revents != 0) interrupted_ = true;
        if (watched[1].revents != 0) transport_.receive(Clock::now());
        accept_ready_ = watched[2].revents != 0;
    }

    // Forgets the lines that were typed and cannot go any more.
    void report_unsent() {
        // Of a script, also the lines that nobody has read so far; a bounded number of them.
        const auto follows = [this] {
            const int keyboard = console_.watched()[0].fd;
            return !console_.on_terminal() && keyboard >= 0 && wait_readable(keyboard, TimePoint{});
        };
        while (conversation_.may_type() && follows()) {
            console_.read();
            while (auto line = console_.next_line()) conversation_.type(std::move(*line));
        }
        const std::size_t count = conversation_.drop_typed();
        if (count == 0) return;
        conversation_.error(count_lines(count) + (count == 1 ? " was" : " were") + " not sent" +
                            (follows() ? ", nor was what follows them" : ""));
    }

    // As converse() does, but without the user, to whom nothing can be shown any more.
    void say_goodbye() noexcept {
        try {
            Peer* const peer = transport_.peer();
            if (peer == nullptr) return;
            for (peer->goodbye(Clock::now());; transport_.receive(Clock::now())) {
                const TimePoint now = Clock::now();
                transport_.on_timer(now);
                while (peer->take_event()) continue;
                transport_.send(now);
                if (peer->over()) break;
                pollfd data = transport_.watched().data;
                static_cast<void>(wait_for_events({&data, 1}, transport_.next_deadline()));
            }
            transport_.finish();
        } catch (const std::exception&) {
            return;  // the first failure is the one to tell
        }
    }

    const ChatProgram& program_;
    const ChatOptions& options_;
    const FileDescriptor file_;
    Transport& transport_;
    Console console_;
    Conversation conversation_;
    Output screen_{STDOUT_FILENO, [](std::string_view text) { print_out(text); }};
    Output notices_{STDERR_FILENO, [](std::string_view text) { print_error(text); }};
    Output transcript_{file_.get(), [this](std::string_view text) {
                           write_all(file_.get(), as_bytes(text), options_.transcript);
                       }};
    bool accept_ready_ = false;  // another client is waiting
    bool input_ended_ = false;   // by Ctrl+D
    bool interrupted_ = false;   // by Ctrl+C
    BriefSpin spin_;
    unsigned unshown_ = 0;  // turns
};

}  // namespace

int run_loop(const ChatProgram& program, const ChatOptions& options, FileDescriptor transcript,
             Transport& transport) {
    return ChatLoop(program, options, std::move(transcript), transport).run();
}

}  // namespace netlab::problem5
