// SPDX-License-Identifier: MIT
//
// Asks the calculator server: one expression from the command line, or one a line from the keyboard
// or a pipe. It sends requests ahead of their answers, and so waits for its input and the network
// together.
//
//     client 7 / 2          client          seq -f '%.0f * 2' 1000000 | client
//
// See also: server.cpp, its pair; README.md, the protocol.
#include <array>

#include "common/byte_queue.hpp"
#include "common/cli.hpp"
#include "common/console.hpp"
#include "common/line_buffer.hpp"
#include "common/line_reader.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "common/trace.hpp"

namespace netlab::problem3 {
namespace {

constexpr const char* kProgram = "client";
constexpr std::size_t kReadSize = 64 * 1024;

// Requests without an answer yet: so few that their answers fit into the socket's buffers. The
// server never waits for us, even if nobody takes our output.
constexpr std::size_t kMaxInFlight = 1000;

struct Options {
    CommonOptions common{.port = 7301};
    std::string expression;  // empty: they come from stdin
    Duration timeout = seconds(10);
};

Options parse_options(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "[A OP B]", "Asks the calculator server; OP is one of + - * x / %.",
                     "client 7 / 2", options.common, false);
    line.duration("timeout", "wait so long for the connection and for an answer", options.timeout);
    line.numbers_are_operands();
    const auto operands = line.parse(argc, argv);
    if (operands.empty()) return options;

    if (operands.size() != 3) line.fail("needs A OP B, each its own word; x for *");
    const std::string operation = operands[1] == "x" ? "*" : operands[1];
    options.expression = operands[0] + " " + operation + " " + operands[2];
    if (options.expression.find('\n') != std::string::npos) line.fail("a line break in an operand");
    return options;
}

bool is_error(std::string_view answer) {
    return answer.starts_with("ERROR");
}

// client A OP B: one request, one answer.
int calculate(TcpStream& server, const Options& options, const Tracer& tracer) {
    tracer.sent(escaped(options.expression), server.peer_name());
    server.write_all(as_bytes(options.expression + "\n"), deadline_in(options.timeout));

    LineReader answers(server, kMaxLine, options.timeout);
    const auto answer = answers.read_line(deadline_in(options.timeout));
    if (!answer) throw ProtocolError(server.peer_name() + " closed the connection");
    const std::string shown = escaped(*answer);
    tracer.received(shown, server.peer_name());
    const bool good = !is_error(shown);
    good ? print_out(shown + "\n", wait_or_interrupt) : print_error(shown + "\n");
    return good ? 0 : 1;
}

// Requests from the console or a pipe, a line each; answers to stdout in the same order. Both as
// they come.
class Dialogue {
  public:
    Dialogue(TcpStream& server, const Options& options, const Tracer& tracer)
        : server_(server), options_(options), tracer_(tracer) {
        if (!console_.on_terminal() || options.common.quiet) return;
        Console::notice("* A OP B and Enter; quit, exit or Ctrl+D ends");
        console_.set_prompt("> ");
    }

    int run() {
        while (!input_ended_ || in_flight_ > 0 || !unsent_.empty()) {
            wait();
            take_requests();
            send_requests();
        }
        return failed_ && !console_.on_terminal() ? 1 : 0;
    }

  private:
    // Until there is input, an answer, or room to send. Reads the first two.
    void wait() {
        std::array<pollfd, 2> watched{
            {console_.watched(), {server_.descriptor().get(), POLLIN, 0}}};
        if (input_ended_ || !has_room()) watched[0].fd = -1;
        if (!unsent_.empty()) watched[1].events |= POLLOUT;
        const TimePoint deadline = in_flight_ > 0 ? answer_deadline_ : kNever;
        if (!wait_or_interrupt(watched, deadline)) {
            throw TimeoutError(server_.peer_name() + ": no answer within " +
                               show_duration(options_.timeout));
        }
        if ((watched[1].revents & ~POLLOUT) != 0) read_answers();
        console_.read();
    }

    [[nodiscard]] bool has_room() const {
        return in_flight_ < kMaxInFlight && unsent_.size() < kReadSize;
    }

    // Takes as many lines of the input as may be sent now. On the terminal an empty line is no
    // request, and quit and exit are QUIT.
    void take_requests() {
        while (!input_ended_ && has_room()) {
            auto line = console_.next_line();
            if (!line) break;
            if (console_.on_terminal()) {
                if (line->find_first_not_of(" \t") == std::string::npos) continue;
                if (*line == "quit" || *line == "exit") *line = "QUIT";
            }
            if (tracer_.on()) tracer_.sent(escaped(*line), server_.peer_name());
            input_ended_ = *line == "QUIT";  // neither it nor what follows is answered
            if (!input_ended_ && in_flight_++ == 0) {
                answer_deadline_ = deadline_in(options_.timeout);
            }
            unsent_.append(as_bytes(*line += '\n'));
        }
        input_ended_ = input_ended_ || console_.at_end();
    }

    void send_requests() {
        if (!unsent_.empty()) unsent_.consume(server_.write_some(unsent_.data()));
    }

    void read_answers() {
        const auto got = server_.try_read(answers_.prepare(kReadSize));
        if (!got) return;
        if (*got == 0) {
            const std::string left = in_flight_ == 0 ? ""
                                                     : ", requests left without an answer: " +
                                                           std::to_string(in_flight_);
            throw ProtocolError(server_.peer_name() + " closed the connection" + left);
        }
        answers_.commit(*got);

        std::string shown;
        while (const auto answer = answers_.next()) {
            const std::string text = escaped(*answer);
            if (tracer_.on()) tracer_.received(text, server_.peer_name());
            if (is_error(text)) failed_ = true;
            if (in_flight_ > 0) --in_flight_;
            shown += text + "\n";
        }
        print_out(shown, wait_or_interrupt);
        // Not from before print_out(), which may have waited long for a reader.
        answer_deadline_ = deadline_in(options_.timeout);
    }

    TcpStream& server_;
    const Options& options_;
    const Tracer& tracer_;
    Console console_;
    bool input_ended_ = false;
    ByteQueue unsent_;
    std::size_t in_flight_ = 0;
    LineBuffer answers_;
    TimePoint answer_deadline_{};
    bool failed_ = false;
};

int run(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    const Tracer tracer(options.common.trace);
    TcpStream server = TcpStream::connect(options.common.host, options.common.port, options.timeout,
                                          wait_or_interrupt);
    if (!options.expression.empty()) return calculate(server, options, tracer);
    return Dialogue(server, options, tracer).run();
}

}  // namespace
}  // namespace netlab::problem3

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem3::kProgram,
                               [&] { return netlab::problem3::run(argc, argv); });
}
