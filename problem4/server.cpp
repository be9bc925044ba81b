// SPDX-License-Identifier: MIT
//
// Streams media files over UDP, in datagrams of random size, at the speed at which they are played:
// what the network loses is sent again while there is still time. One thread serves all clients.
//
//     server --root clips                then, in a second terminal:   client film.mp4
//
// See also: client.cpp, its pair; session_table.cpp, who is a client; pacer.hpp, how fast it goes.
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "common/cli.hpp"
#include "common/datagram_channel.hpp"
#include "common/file_name.hpp"
#include "common/random.hpp"
#include "common/screen.hpp"
#include "common/server_log.hpp"
#include "common/signals.hpp"
#include "common/trace.hpp"
#include "problem4/media/media.hpp"
#include "problem4/session_table.hpp"

namespace netlab::problem4 {
namespace {

constexpr const char* kProgram = "server";
constexpr int kReceiveBuffer = 4 * 1024 * 1024;
constexpr int kMaxAtOnce = 256;                      // datagrams; then it is time to send
constexpr Duration kAfterFailure = milliseconds(5);  // that may stay
constexpr int kGoodbyes = 3;                         // since nobody confirms them
constexpr Duration kBetweenGoodbyes = milliseconds(20);

struct Options {
    CommonOptions common{.port = 7401};
    std::string root = ".";
    SessionTable::Options sessions;
    ImpairmentSpec impairment;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "", "Streams media files over UDP.", "server --root clips",
                     options.common, true);
    line.text("root", "DIR", "the folder that is shared", options.root);
    line.size("rate", "bytes a second if a clip tells none, 1000 to 250000000",
              options.sessions.default_rate);
    line.number<std::size_t>("max-clients", "N", "refuse more clients at once",
                             options.sessions.max_clients, 1, 1'000'000);
    line.custom("seed", "N", "draw the same sizes of datagrams each time",
                [&](std::string_view given) {
                    options.sessions.seed = parse_number<std::uint64_t>(given, 0, UINT64_MAX);
                });
    line.flag("once", "serve one client, then exit with its outcome", options.sessions.once);
    line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    if (const std::uint64_t rate = options.sessions.default_rate;
        rate < 1000 || rate > 250'000'000) {
        line.fail("--rate: not in 1000..250000000");
    }
    return options;
}

void log(const std::string& text) {
    log_line({kProgram, ": ", text});
}

class Server {
  public:
    explicit Server(const Options& options)
        : tracer_(options.common.trace),
          root_(open_file(options.root, O_RDONLY | O_DIRECTORY)),
          channel_(UdpSocket::bind(options.common.host, options.common.port), options.impairment,
                   tracer_, [this](const SystemError& error) { complain(error); }),
          results_(kProgram),
          sessions_(options.sessions,
                    {random_number<std::uint64_t>(), random_number<std::uint64_t>()},
                    {.send = [this](const Address& to, const Packet& packet) { send(to, packet); },
                     .open = [this](const std::string& name) { return open(name); },
                     .note = options.common.quiet ? [](const std::string&) {} : log,
                     .result = [this](const std::string& line) { results_.print(line); },
                     .problem = log}) {
        channel_.socket().request_receive_buffer(kReceiveBuffer);
        channel_.gather();
        raise_descriptor_limit();
        print_out("listening on " + channel_.socket().local_address().to_string() + "\n");
    }

    // Until a signal comes (0), or with --once the session is over (its outcome).
    int run() {
        pollfd watched[] = {channel_.watched(), {signal_descriptor(), POLLIN, 0}};
        while (watched[1].revents == 0) {
            now_ = Clock::now();
            if (watched[0].revents != 0) receive_all();
            sessions_.on_timer(now_);
            channel_.release(now_);
            const auto outcome = sessions_.outcome(now_);
            if (outcome) return results_.exit_code(*outcome ? 0 : 1);
            static_cast<void>(wait_for_events(
                watched, std::min(sessions_.next_deadline(), channel_.next_deadline())));
        }
        say_bye();
        sessions_.tell_results(Clock::now());
        return results_.exit_code(0);
    }

  private:
    void receive_all() try {
        Address sender;
        for (int count = 0; count < kMaxAtOnce; ++count) {
            const auto size = channel_.try_receive(input_, &sender);
            if (!size) return;
            const auto packet = decode(Bytes(input_).first(*size));
            if (tracer_.on()) {
                channel_.received((packet ? describe(*packet) : "(no intact packet)") +
                                  " peer=" + sender.to_string());
            }
            if (packet) sessions_.on_packet(sender, *packet, now_);
        }
    } catch (const SystemError& error) {
        complain(error);  // like a lost datagram
        wait_for_events({}, now_ + kAfterFailure);
    }

    void send(const Address& to, const Packet& packet) {
        const auto text = [&] { return describe(packet) + " peer=" + to.to_string(); };
        channel_.send(to, encode(packet), text, now_);
    }

    // A network that is gone would fill the log: one line a second says enough.
    void complain(const SystemError& error) {
        if (now_ < next_complaint_) return;
        log(error.what() + std::string("\n"));
        next_complaint_ = now_ + seconds(1);
    }

    // What it throws is told to the client.
    [[nodiscard]] std::shared_ptr<const Media> open(const std::string& name) try {
        if (const auto problem = validate_path(name)) throw std::runtime_error(*problem);
        return media_.open(open_below(root_, name));
    } catch (const SystemError& error) {
        throw std::runtime_error(error_text(error.code()));
    }

    void say_bye() {
        for (int i = 0; i < kGoodbyes; ++i) {
            now_ = Clock::now();
            sessions_.say_bye();
            channel_.release(now_);
            if (sessions_.size() > 0) wait_for_events({}, now_ + kBetweenGoodbyes);
        }
    }

    Tracer tracer_;
    FileDescriptor root_;
    OpenMedia media_;
    DatagramChannel channel_;
    ResultLog results_;
    SessionTable sessions_;
    TimePoint now_{};
    TimePoint next_complaint_{};
    std::array<std::byte, kMaxDatagram + 1> input_{};  // what is longer is no packet
};

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    return Server(options).run();
}

}  // namespace
}  // namespace netlab::problem4

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem4::kProgram,
                               [&] { return netlab::problem4::run(argc, argv); });
}
