// SPDX-License-Identifier: MIT
//
// Talks with one client after another over UDP, strictly in turn: the client speaks first. All
// datagrams come through one socket; only their sender tells the peer from a stranger.
//
//     udp_chat_server                    then, in a second terminal:   udp_chat_client
//
// See also: udp_chat_client.cpp, its pair; reception.cpp, which deals with strangers.
#include <algorithm>
#include <utility>

#include "common/signals.hpp"
#include "problem5/chat.hpp"
#include "problem5/datagram_port.hpp"
#include "problem5/glance.hpp"
#include "problem5/reception.hpp"

namespace netlab::problem5 {
namespace {

constexpr const char* kProgram = "udp_chat_server";

struct Options : ChatOptions {
    ImpairmentSpec impairment{};
    bool once = false;
};

Options parse(int argc, char** argv) {
    Options options{{.common = {.port = 7502}}};
    CommandLine line(kProgram, "", "Talks with one client after another over UDP, in turn.",
                     "udp_chat_server --name Bob", options.common, true);
    add_options(line, options);
    line.flag("once", "talk with one client, then exit with the outcome", options.once);
    line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

class Server {
  public:
    explicit Server(const Options& options)
        : options_(options),
          tracer_(options.common.trace),
          port_(UdpSocket::bind(options.common.host, options.common.port), options.impairment,
                tracer_, [this](const SystemError& error) { chat_->error(error.what()); }) {
        print_out("listening on " + port_.socket().local_address().to_string() + "\n");
        chat_.emplace(options, Chat::Role{kProgram, "server", "client", Dialogue::Turn::theirs,
                                          datagram_problem});
    }

    // Until a signal comes or the user quits (0), or with --once the dialogue is over.
    int run() {
        try {
            serve();
        } catch (...) {
            // The disk is full, say: the client should not have to find out that we are gone.
            if (session_) {
                port_.send(session_->address, Packet{Packet::Kind::bye}.encode(), Clock::now());
            }
            throw;
        }
        chat_->report_unsent();
        chat_->show();
        return session_ && options_.once && !chat_->ended_well() ? 1 : 0;
    }

  private:
    struct Session {
        Session(const Address& client, const Packet& first, const std::string& own_name)
            : address(client), first_message(first.text), peer(own_name) {}
        Address address;
        std::string first_message;
        DatagramPeer peer;
    };

    void serve() {
        while (true) {
            talk();
            if (session_ && !over() && glance_([this] { return receive(); })) continue;
            chat_->show();
            if (over() && !chat_->open()) {
                if (options_.once || stopping_) return;
                let_go();
            }
            if (!session_ && (stopping_ || chat_->wants_to_quit())) return;
            wait();
        }
    }

    [[nodiscard]] bool over() const { return session_ && session_->peer.over(); }

    void talk() {
        const TimePoint now = Clock::now();
        chat_->read_keyboard();
        if (session_) {
            session_->peer.tick(now);
            if (stopping_) chat_->leave(session_->peer, now);
            chat_->converse(session_->peer, now);
            port_.send_outgoing(session_->peer, session_->address, now);
        }
        port_.release(now);
    }

    void wait() {
        const auto [keyboard, job_control] = chat_->keyboard();
        // A signal stays readable for ever.
        const int signals = stopping_ ? -1 : signal_descriptor();
        std::array<pollfd, 4> watched{
            {keyboard, job_control, port_.watched(), {signals, POLLIN, 0}}};
        const TimePoint deadline = session_ ? session_->peer.next_deadline() : kNever;
        static_cast<void>(wait_for_events(watched, std::min(deadline, port_.next_due())));
        if (watched[3].revents != 0) stopping_ = true;
        if (watched[2].revents != 0) receive();
    }

    bool receive() {
        const TimePoint now = Clock::now();
        return port_.receive_all([&](const Packet& packet, const Address& sender) {
            receive(packet, sender, now);
            return !over();  // if it is, the next client may be right behind
        });
    }

    void receive(const Packet& packet, const Address& sender, TimePoint now) {
        if (session_ && sender == session_->address) return session_->peer.receive(packet, now);

        switch (reception_.judge(sender, packet, session_.has_value(), now)) {
            case Reception::Verdict::open:
                return begin(sender, packet, now);
            case Reception::Verdict::answer_busy:
                chat_->notice(sender.to_string() + " is told that you are busy");
                return port_.send(sender, Packet{Packet::Kind::busy}.encode(), now);
            case Reception::Verdict::answer_goodbye:
                return port_.send(sender, Packet{Packet::Kind::bye}.encode(), now);
            case Reception::Verdict::ignore:
                return;
        }
    }

    void begin(const Address& client, const Packet& first, TimePoint now) {
        session_.emplace(client, first, options_.name);
        chat_->begin(client.to_string() + " has come, and speaks first");
        // Its name came ahead, and is acknowledged now.
        const std::string name = reception_.take_name(client);
        if (!name.empty()) session_->peer.receive({Packet::Kind::msg, 0, name}, now);
        session_->peer.receive(first, now);
    }

    // The dialogue is over, the server goes on.
    void let_go() {
        reception_.remember(session_->address, std::move(session_->first_message), Clock::now());
        session_.reset();
        chat_->notice("waiting for the next client");
        chat_->show();
    }

    const Options& options_;
    const Tracer tracer_;
    DatagramPort port_;
    std::optional<Chat> chat_;  // takes the terminal once the server listens
    std::optional<Session> session_;
    Reception reception_;
    Glance glance_;
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
