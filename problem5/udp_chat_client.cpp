// SPDX-License-Identifier: MIT
//
// Talks with one other person over UDP, strictly in turn: this side speaks first. Shows what it
// takes to talk over datagrams that get lost: numbers, acknowledgements, timers.
//
//     udp_chat_server                    then, in a second terminal:   udp_chat_client
//
// See also: udp_chat_server.cpp, its pair; datagram_peer.cpp, where the messages are made reliable.
#include <algorithm>

#include "common/impaired_sender.hpp"
#include "common/signals.hpp"
#include "problem5/chat.hpp"
#include "problem5/datagram_peer.hpp"
#include "problem5/datagram_port.hpp"
#include "problem5/glance.hpp"

namespace netlab::problem5 {
namespace {

constexpr const char* kProgram = "udp_chat_client";

struct Options : ChatOptions {
    ImpairmentSpec impairment{};
};

Options parse(int argc, char** argv) {
    Options options{{.common = {.port = 7502}}};
    CommandLine line(kProgram, "", "Talks with one other person over UDP, in turn.",
                     "udp_chat_client --name Ann", options.common, false);
    add_options(line, options);
    line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

class Client {
  public:
    explicit Client(const Options& options)
        : tracer_(options.common.trace),
          peer_(options.name),
          port_(UdpSocket::connect(options.common.host, options.common.port), options.impairment,
                tracer_, [this](const SystemError& error) { peer_.fail(error.what()); }),
          chat_(options, {kProgram, "client", "server", Dialogue::Turn::ours, datagram_problem}) {}

    // Returns the exit code.
    int run() {
        chat_.begin("talking to " + server().to_string() + ": you speak first");
        try {
            talk_until_over();
        } catch (...) {
            // The disk is full, say: the server should not have to find out that we are gone.
            port_.send(server(), Packet{Packet::Kind::bye}.encode(), Clock::now());
            throw;
        }
        chat_.report_unsent();
        chat_.show();
        return interrupted_ ? 130 : chat_.ended_well() ? 0 : 1;
    }

  private:
    [[nodiscard]] const Address& server() { return port_.socket().peer(); }

    void talk_until_over() {
        while (true) {
            talk();
            if (!peer_.over() && glance_([this] { return receive(); })) continue;
            chat_.show();
            if (peer_.over()) return;
            wait();
        }
    }

    void talk() {
        const TimePoint now = Clock::now();
        chat_.read_keyboard();
        peer_.tick(now);
        if (interrupted_) chat_.leave(peer_, now);
        chat_.converse(peer_, now);
        port_.send_outgoing(peer_, server(), now);
        if (peer_.over()) chat_.converse(peer_, now);  // sending has failed
    }

    void wait() {
        const auto [keyboard, job_control] = chat_.keyboard();
        std::array<pollfd, 4> watched{
            {keyboard, job_control, port_.watched(), {signal_descriptor(), POLLIN, 0}}};
        if (interrupted_) watched[3].fd = -1;  // stays readable for ever
        static_cast<void>(
            wait_for_events(watched, std::min(peer_.next_deadline(), port_.next_due())));
        if (watched[3].revents != 0) interrupted_ = true;
        if (watched[2].revents != 0) receive();
    }

    bool receive() {
        try {
            const TimePoint now = Clock::now();
            return port_.receive_all([&](const Packet& packet, const Address&) {
                peer_.receive(packet, now);
                return true;
            });
        } catch (const SystemError& error) {
            peer_.fail(error.what());  // "Connection refused": nobody is there (any more)
            return true;
        }
    }

    const Tracer tracer_;
    DatagramPeer peer_;
    DatagramPort port_;
    Chat chat_;
    Glance glance_;
    bool interrupted_ = false;
};

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    return Client(options).run();
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem5::kProgram,
                               [&] { return netlab::problem5::run(argc, argv); });
}
