// SPDX-License-Identifier: MIT
//
// Talks with one client after another over TCP, strictly in turn: the client speaks first. Whoever
// comes while there is one is told that the server is busy. Shows how one thread serves keyboard,
// listener and connection together.
//
//     tcp_chat_server                    then, in a second terminal:   tcp_chat_client
//
// See also: tcp_chat_client.cpp, its pair; dialogue.cpp, which knows whose turn it is.
#include <algorithm>
#include <deque>
#include <utility>

#include "common/error.hpp"
#include "common/signals.hpp"
#include "problem5/chat.hpp"
#include "problem5/chat_line.hpp"
#include "problem5/tcp_connection.hpp"

namespace netlab::problem5 {
namespace {

constexpr const char* kProgram = "tcp_chat_server";
constexpr Duration kFarewell = seconds(1);  // for a client to read the last words
constexpr Duration kBackOff = milliseconds(50);
constexpr std::size_t kMostLeaving = 64;

struct Options : ChatOptions {
    bool once = false;
};

Options parse(int argc, char** argv) {
    Options options{{.common = {.port = 7501}}};
    CommandLine line(kProgram, "", "Talks with one client after another over TCP, in turn.",
                     "tcp_chat_server --name Bob", options.common, true);
    add_options(line, options);
    line.flag("once", "talk with one client, then exit with the outcome", options.once);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

class Server {
  public:
    explicit Server(const Options& options)
        : options_(options),
          tracer_(options.common.trace),
          listener_(options.common.host, options.common.port) {
        print_out("listening on " + listener_.local_address().to_string() + "\n");
        chat_.emplace(options, Chat::Role{kProgram, "server", "client", Dialogue::Turn::theirs,
                                          line_problem});
    }

    // Until a signal comes or the user quits (0), or with --once the dialogue is over.
    int run() {
        while (true) {
            talk();
            if (connection_ && chat_->open() && connection_->receive_soon()) continue;
            chat_->show();
            if (connection_ && !chat_->open()) {
                if (options_.once || stopping_) break;
                let_go();
            }
            if (!connection_ && (stopping_ || chat_->wants_to_quit())) break;
            if (std::exchange(client_at_door_, false)) {
                accept_client();  // only now: the one before may just have left
            } else {
                wait();
            }
        }
        if (connection_) connection_->close();
        chat_->report_unsent();
        chat_->show();
        return connection_ && options_.once && !chat_->ended_well() ? 1 : 0;
    }

  private:
    void talk() {
        const TimePoint now = Clock::now();
        chat_->read_keyboard();
        if (connection_) {
            if (stopping_) chat_->leave(connection_->peer(), now);
            do {
                chat_->converse(connection_->peer(), now);
            } while (connection_->send());
        }
    }

    void wait() {
        const auto [keyboard, job_control] = chat_->keyboard();
        const bool accepting = Clock::now() >= accept_again_;
        std::array<pollfd, 5> watched{{keyboard,
                                       job_control,
                                       connection_ ? connection_->watched() : pollfd{-1, 0, 0},
                                       {signal_descriptor(), POLLIN, 0},
                                       {accepting ? listener_.descriptor().get() : -1, POLLIN, 0}}};
        static_cast<void>(wait_for_events(watched, deadline()));

        const TimePoint now = Clock::now();
        stopping_ = watched[3].revents != 0;
        while (!leaving_.empty() && leaving_.front().second <= now) leaving_.pop_front();
        if (connection_) connection_->receive(watched[2].revents, now);
        client_at_door_ = watched[4].revents != 0;
    }

    [[nodiscard]] TimePoint deadline() const {
        TimePoint deadline = connection_ ? connection_->deadline() : kNever;
        if (!leaving_.empty()) deadline = std::min(deadline, leaving_.front().second);
        if (Clock::now() < accept_again_) deadline = std::min(deadline, accept_again_);
        return deadline;
    }

    void accept_client() {
        try {
            if (auto stream = listener_.accept()) welcome(std::move(*stream));
            accept_failed_ = false;
        } catch (const SystemError& error) {
            if (!std::exchange(accept_failed_, true)) chat_->error(error.what());
            // Out of descriptors, say. The listener stays readable while the client waits: without
            // a pause this would spin.
            accept_again_ = deadline_in(kBackOff);
        }
    }

    void welcome(TcpStream stream) {
        const std::string name = stream.peer_name();
        if (connection_) {
            chat_->notice(name + " is told that you are busy");
            return dismiss(std::move(stream), kBusyLine);
        }
        connection_.emplace(std::move(stream), options_.name, tracer_);
        chat_->begin(name + " has come, and speaks first");
    }

    // The dialogue is over, the server goes on.
    void let_go() {
        dismiss(std::move(connection_->stream()), {});
        connection_.reset();
        chat_->notice("waiting for the next client");
        chat_->show();
    }

    // Never blocks. The connection is kept for a moment: closing it at once, with something unread,
    // would send a reset that destroys the last words on their way.
    void dismiss(TcpStream stream, std::string_view last_words) {
        try {
            static_cast<void>(stream.write_some(as_bytes(last_words)));
        } catch (const SystemError&) {
            return;  // gone already
        }
        stream.shutdown_write();
        if (leaving_.size() >= kMostLeaving) leaving_.pop_front();
        leaving_.emplace_back(std::move(stream), deadline_in(kFarewell));
    }

    const Options& options_;
    const Tracer tracer_;
    TcpListener listener_;
    std::optional<Chat> chat_;  // takes the terminal once the server listens
    std::optional<TcpConnection> connection_;
    std::deque<std::pair<TcpStream, TimePoint>> leaving_;  // and until when each is kept
    TimePoint accept_again_{};
    bool client_at_door_ = false;
    bool accept_failed_ = false;
    bool stopping_ = false;
};

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    return Server(options).run();
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem5::kProgram,
                               [&] { return netlab::problem5::run(argc, argv); });
}
