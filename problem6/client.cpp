// SPDX-License-Identifier: MIT
//
// A client of the chat: what is typed goes to the server, and what comes from there appears above
// the line that is being typed. Shows one thread that waits for keyboard and network together.
//
//     client --name alice          in a second terminal, beside:   server
//
// See also: server.cpp, its pair; protocol.cpp, what a line means.
#include <poll.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "common/byte_queue.hpp"
#include "common/cli.hpp"
#include "common/console.hpp"
#include "common/line_buffer.hpp"
#include "common/signals.hpp"
#include "common/socket.hpp"
#include "common/text.hpp"
#include "common/trace.hpp"
#include "problem6/protocol.hpp"

namespace netlab::problem6 {
namespace {

constexpr const char* kProgram = "client";
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kMaxServerLine = 1024 * 1024;  // a reply may be longer than a message
constexpr Duration kTimeForGoodbye = milliseconds(500);

struct Options {
    CommonOptions common{.port = 7601};
    std::string name;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "", "Chats with a server, and with its other clients.",
                     "client --name alice", options.common, false);
    line.custom("name", "NAME", "what to be called (guestN)", [&](std::string_view name) {
        if (const auto problem = validate_name(name)) throw UsageError(*problem);
        options.name = name;
    });
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

class ChatClient {
    // Known from the first line that somebody says.
    enum class Mode { unknown, dialogue, room };

  public:
    explicit ChatClient(const Options& options)
        : options_(options),
          tracer_(options.common.trace),
          stream_(TcpStream::connect(options.common.host, options.common.port,
                                     TcpStream::kConnectTimeout, wait_or_interrupt)) {}

    int run() {
        if (!options_.name.empty()) send("/nick " + options_.name);
        try {
            return converse();
        } catch (...) {
            say_goodbye();
            throw;
        }
    }

  private:
    int converse() {
        while (true) {
            take_lines();
            write_waiting();
            if (leaving()) {
                say_goodbye();
                return 0;
            }
            console_.set_prompt(mode_ != Mode::dialogue ? "> "
                                : owed_ == 0            ? "your turn> "
                                                        : "(server's turn)> ");
            // Lines that the console has already read wake nobody: no wait while they can go.
            const bool more = !half_closed_ && may_take_lines() && console_.has_line();
            if (wait_for_server(more ? Clock::now() : kNever) && !receive()) return outcome();
        }
    }

    // Until `wake` at the latest. True if the server has sent something.
    bool wait_for_server(TimePoint wake) {
        const auto events = static_cast<short>(waiting_.empty() ? POLLIN : POLLIN | POLLOUT);
        std::array<pollfd, 2> watched{
            {{stream_.descriptor().get(), events, 0}, console_.watched()}};
        if (half_closed_ || !may_take_lines()) watched[1].fd = -1;
        static_cast<void>(wait_or_interrupt(watched, wake));
        return (watched[0].revents & ~POLLOUT) != 0;
    }

    // A file is read no faster than the server takes its lines.
    [[nodiscard]] bool may_take_lines() const {
        return console_.on_terminal() || waiting_.size() < kPiece;
    }

    void take_lines() {
        if (half_closed_) return;
        if (may_take_lines()) console_.read();
        while (may_take_lines() && !leaving()) {
            const auto line = console_.next_line();
            if (!line) break;
            take_line(*line);
        }
        input_ended_ |= console_.at_end();
    }

    // At a keyboard the end is a goodbye; of a file all lines get their replies first.
    [[nodiscard]] bool leaving() const {
        return input_ended_ && console_.on_terminal() && !half_closed_;
    }

    void take_line(const std::string& line) {
        if (line.empty() || input_ended_) return;
        if (line.size() > kMaxLine) {
            return Console::notice("client: not sent: a message has at most " +
                                   std::to_string(kMaxLine) + " bytes");
        }
        if (line == "/quit") {
            input_ended_ = true;
        } else if (line.starts_with('/') && !line.starts_with("//")) {
            send(line);
        } else {
            send(encode_message(line.starts_with("//") ? line.substr(1) : line));
            ++owed_;
        }
    }

    void send(const std::string& line) {
        if (tracer_.on()) tracer_.sent(escaped(line), stream_.peer_name());
        waiting_.append(as_bytes(line + "\n"));
    }

    void write_waiting() {
        try {
            // Not even nothing may be sent after a half-close: EPIPE.
            if (!waiting_.empty()) waiting_.consume(stream_.write_some(waiting_.data()));
            if (!input_ended_ || !waiting_.empty() || leaving() || half_closed_) return;
            half_closed_ = true;
            if (!stream_.shutdown_write()) throw SystemError("shutdown", stream_.peer_name());
        } catch (const SystemError& error) {
            // What the server said before it went may still be there to be read.
            send_error_ = error.what();
            waiting_.clear();
            input_ended_ = half_closed_ = true;
            stream_.shutdown_write();
        }
    }

    // False at the end of the stream.
    bool receive() {
        const auto got = stream_.try_read(lines_.prepare(kPiece));
        if (!got) return true;
        lines_.commit(*got);
        while (const auto line = lines_.next()) show(*line);
        if (*got == 0) {
            if (const auto line = lines_.last()) show(*line);
        }
        return *got > 0;
    }

    void show(std::string_view text) {
        if (tracer_.on()) tracer_.received(escaped(text), stream_.peer_name());
        const ServerLine line = parse_server_line(text);
        last_line_ = text;
        switch (line.kind) {
            case ServerLine::Kind::reply:
                mode_ = Mode::dialogue;  // in a room nothing comes without its speaker
                owed_ -= std::min<std::size_t>(owed_, 1);
                return Console::show("server: " + escaped(line.text), wait_or_interrupt);
            case ServerLine::Kind::room:
                mode_ = Mode::room;
                return Console::show(escaped(line.text), wait_or_interrupt);
            case ServerLine::Kind::refusal:
                return Console::notice("client: server says: " + escaped(line.text));
            case ServerLine::Kind::notice:
                if (!options_.common.quiet) Console::notice("* " + escaped(line.text));
        }
    }

    // After the end of the stream.
    int outcome() {
        if (last_line_ == kClosingNotice) return 0;
        if (parse_server_line(last_line_).kind == ServerLine::Kind::refusal) return 1;
        if (!send_error_.empty()) throw std::runtime_error(send_error_);
        if (!waiting_.empty()) throw ProtocolError("the server left before all lines were sent");
        if (!replied_to_all()) {
            throw ProtocolError(
                stream_.peer_name() +
                " closed the connection, lines left without a reply: " + std::to_string(owed_));
        }
        if (!input_ended_ && !options_.common.quiet)
            Console::notice("* server closed the connection");
        return 0;
    }

    // In a room nobody has to reply. While the mode is unknown it may be a room; but a server that
    // goes unasked, without a goodbye, is an error there too.
    [[nodiscard]] bool replied_to_all() const {
        return owed_ == 0 || mode_ == Mode::room || (half_closed_ && mode_ == Mode::unknown);
    }

    void say_goodbye() noexcept {
        try {
            send("/quit");
            waiting_.consume(stream_.write_some(waiting_.data()));
            if (!waiting_.empty()) Console::notice("client: not all lines could be sent");
        } catch (const std::exception&) {
            return;  // it is gone already
        }
        stream_.close_gracefully(deadline_in(kTimeForGoodbye));
    }

    const Options& options_;
    const Tracer tracer_;
    TcpStream stream_;
    Console console_;
    LineBuffer lines_{kMaxServerLine};
    ByteQueue waiting_;     // to be sent
    std::size_t owed_ = 0;  // replies, in a dialogue
    Mode mode_ = Mode::unknown;
    bool input_ended_ = false;  // nothing more will be typed
    bool half_closed_ = false;
    std::string last_line_;   // that the server said
    std::string send_error_;  // why nothing can be sent any more
};

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    return ChatClient(options).run();
}

}  // namespace
}  // namespace netlab::problem6

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem6::kProgram,
                               [&] { return netlab::problem6::run(argc, argv); });
}
