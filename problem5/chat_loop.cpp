// SPDX-License-Identifier: MIT
#include "problem5/chat_loop.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <string>
#include <utility>

#include "common/brief_spin.hpp"
#include "common/byte_queue.hpp"
#include "common/console.hpp"
#include "common/error.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "problem5/protocol.hpp"

namespace netlab::problem5 {

namespace {

using namespace std::string_literals;

constexpr unsigned kMaxUnshown = 16;             // iterations
constexpr int kMaxReads = 64;                    // of a script that nobody will hear any more
constexpr std::size_t kMaxUnread = 1024 * 1024;  // bytes of output

ChatOptions parse(const ChatProgram& program, int argc, char** argv) {
    ChatOptions options{.common = {.port = program.port}};
    const bool server = program.role == Conversation::Role::server;
    const bool udp = program.over == ChatProgram::Over::udp;
    CommandLine line(
        program.name, "",
        std::string("Talks with one ") + (server ? "client after another" : "other person") +
            " over " + (udp ? "UDP" : "TCP") + ", in turn.",
        program.name + std::string(server ? " --name Bob" : " --name Ann"), options.common, server);
    line.custom("name", "NAME", "what you are called", [&options](std::string_view given) {
        if (!is_good_name(given)) {
            throw UsageError("a name has 1 to 32 characters, and neither colons nor control codes");
        }
        options.name = given;
    });
    line.text("transcript", "FILE", "append what both say to FILE", options.transcript);
    if (server) line.flag("once", "talk with one client, then exit with the outcome", options.once);
    if (udp) line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

// Nothing is replaced or cut short, and a FIFO that nobody reads is an error, and no wait.
FileDescriptor open_transcript(const std::string& path) {
    if (path.empty()) return {};
    return open_file(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK);
}

// Where lines go, possibly into a pipe that nobody reads: there they wait, and hold up no dialogue.
struct Output {
    int fd;  // -1: nothing goes there (any more)
    ByteQueue waiting{};

    void append(std::string_view text) {
        if (fd >= 0) waiting.append(as_bytes(text));
    }
    [[nodiscard]] pollfd watched() const { return {waiting.empty() ? -1 : fd, POLLOUT, 0}; }
};

// One thread that waits for keyboard and network together, so that neither keeps the other waiting.
class ChatLoop {
  public:
    // Takes the terminal over until its destructor. Throws SystemError.
    ChatLoop(const ChatProgram& program, const ChatOptions& options, int transcript,
             Transport& transport)
        : program_(program),
          options_(options),
          transport_(transport),
          conversation_(program.role,
                        program.over == ChatProgram::Over::udp ? validate_text : validate_line,
                        options.name, console_.on_terminal()),
          transcript_{transcript} {}

    int run() {
        try {
            loop();
        } catch (const std::exception&) {
            fail();
            loop();  // the peer hears a goodbye
        }
        report_unsent();
        show();
        transport_.finish();
        for (Output* output : {&stdout_, &stderr_, &transcript_}) write(*output, 0);
        if (failure_) std::rethrow_exception(failure_);
        if (!transcript_.waiting.empty()) {
            throw TimeoutError("write " + options_.transcript + ": nobody reads it");
        }
        const int outcome = conversation_.ended_well() ? 0 : 1;
        if (!is_server()) return interrupted_ || signal_received() ? 130 : outcome;
        return options_.once ? outcome : 0;
    }

  private:
    [[nodiscard]] bool is_server() const { return program_.role == Conversation::Role::server; }

    void loop() {
        while (true) {
            const TimePoint now = Clock::now();
            read_keyboard();
            transport_.on_timer(now);
            converse(now);
            if (!move_on(now)) return;
            if (transport_.peer() != nullptr) {
                if (!conversation_.begun()) continue;
                // Messages in a row are printed together; not too many, so that none waits for
                // long.
                const bool may_spin = ++unshown_ % kMaxUnshown != 0;
                if (may_spin && spin_.until([this] { return transport_.receive(Clock::now()); })) {
                    continue;
                }
            }
            const bool failed = failure_ != nullptr;
            show();
            if (failed == (failure_ != nullptr)) wait();  // else first a goodbye
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
        if (!console_.at_end()) return;
        conversation_.end_of_input();
        quitting_ = console_.on_terminal();
    }

    void converse(TimePoint now) {
        Peer* const peer = transport_.peer();
        if (peer == nullptr) {
            transport_.send(now);
            return;
        }
        if (!conversation_.begun()) conversation_.begin(greeting());
        if (stopping()) conversation_.leave(*peer, now);
        do {
            conversation_.converse(*peer, now);
        } while (transport_.send(now));
    }

    [[nodiscard]] std::string greeting() {
        const std::string name = transport_.peer_name();
        if (is_server()) return name + " has come, and speaks first";
        const bool udp = program_.over == ChatProgram::Over::udp;
        return (udp ? "talking to " : "connected to ") + name + ": you speak first";
    }

    // If a dialogue is over: to the next one. False if there is to be none, and the program ends.
    [[nodiscard]] bool move_on(TimePoint now) {
        if (transport_.peer() != nullptr) {
            if (conversation_.begun()) return true;
            const bool last = !is_server() || (options_.once && !transport_.has_successor());
            if (last || stopping()) return false;
            transport_.disconnect(now);
            if (transport_.peer() != nullptr) return true;
            conversation_.notice("waiting for the next client");
        }
        return !stopping() && !conversation_.wants_to_quit();
    }

    void show() {
        for (Line& line : transport_.take_notices()) conversation_.print(std::move(line));
        for (const auto& [kind, text] : conversation_.take_screen()) {
            if (kind == Line::Kind::notice && options_.common.quiet) continue;
            const bool message = kind == Line::Kind::message;
            // First what waits for the other stream: on a terminal both keep their order.
            write(message ? stderr_ : stdout_);
            const std::string head = message                      ? ""
                                     : kind == Line::Kind::notice ? "* "
                                                                  : program_.name + ": "s;
            (message ? stdout_ : stderr_).append(head + escaped(text) + '\n');
        }
        write(stdout_);
        write(stderr_);
        console_.set_prompt(conversation_.prompt());
        transcript_.append(conversation_.take_transcript());
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
        try {
            while (!waiting.empty() &&
                   (wait_writable(output.fd, TimePoint{}) ||
                    (waiting.size() > may_wait && wait_for_reader(output.fd)))) {
                const std::string_view piece = as_text(waiting.data()).substr(0, most);
                put(output.fd, piece);
                waiting.consume(piece.size());
            }
        } catch (const std::exception&) {
            fail();  // the others still get what is theirs
            output.fd = -1;
            waiting.clear();
        }
    }

    void put(int fd, std::string_view text) const {
        if (fd == STDOUT_FILENO) return print_out(text);
        if (fd == STDERR_FILENO) return print_error(text);
        write_all(fd, as_bytes(text), options_.transcript);
    }

    // Called in a handler: the first failure is the one to tell.
    void fail() {
        if (!failure_) failure_ = std::current_exception();
    }
    [[nodiscard]] bool stopping() const noexcept { return interrupted_ || quitting_ || failure_; }

    // False if a signal has come first.
    static bool wait_for_reader(int fd) {
        std::array<pollfd, 2> watched{{{fd, POLLOUT, 0}, {signal_descriptor(), POLLIN, 0}}};
        static_cast<void>(wait_for_events(watched, kNever));
        return watched[1].revents == 0;
    }

    void wait() {
        const auto [data, listener] = transport_.watched();
        // A signal stays readable for ever.
        const pollfd signals{interrupted_ ? -1 : signal_descriptor(), POLLIN, 0};
        std::array<pollfd, 7> watched{{signals, data, listener, console_.watched(),
                                       stdout_.watched(), stderr_.watched(),
                                       transcript_.watched()}};
        static_cast<void>(wait_for_events(watched, transport_.next_deadline()));
        if (watched[0].revents != 0) interrupted_ = true;
        // First what the client that is here has to say, which may be a goodbye.
        if (watched[1].revents != 0) {
            transport_.receive(Clock::now());
        } else if (watched[2].revents != 0) {
            transport_.accept(Clock::now());
        }
    }

    // Forgets the lines that were typed and cannot go any more.
    void report_unsent() {
        // Of a script, also the lines that nobody has read so far; a bounded number of them.
        const auto follows = [this] {
            const int keyboard = console_.watched().fd;
            return !console_.on_terminal() && keyboard >= 0 && wait_readable(keyboard, TimePoint{});
        };
        for (int reads = 0; reads < kMaxReads && conversation_.may_type() && follows(); ++reads) {
            console_.read();
            while (auto line = console_.next_line()) conversation_.type(std::move(*line));
        }
        conversation_.drop_typed(follows());
    }

    const ChatProgram& program_;
    const ChatOptions& options_;
    Transport& transport_;
    Console console_;
    Conversation conversation_;
    Output stdout_{STDOUT_FILENO};
    Output stderr_{STDERR_FILENO};
    Output transcript_;
    std::exception_ptr failure_;
    bool quitting_ = false;     // by Ctrl+D
    bool interrupted_ = false;  // by Ctrl+C
    BriefSpin spin_;
    unsigned unshown_ = 0;  // iterations
};

}  // namespace

int run_chat(const ChatProgram& program, int argc, char** argv, const OpenTransport& open) {
    return run_program(program.name, [&] {
        const ChatOptions options = parse(program, argc, argv);
        const Tracer tracer(options.common.trace);
        const FileDescriptor transcript = open_transcript(options.transcript);
        const std::unique_ptr<Transport> transport = open(options, tracer);
        return ChatLoop(program, options, transcript.get(), *transport).run();
    });
}

}  // namespace netlab::problem5
