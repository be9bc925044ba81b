// SPDX-License-Identifier: MIT
//
// Plays a clip while it is still arriving, over a network that loses, delays and reorders
// datagrams: puts them in order in a jitter buffer, asks again for what is missing, and feeds a
// real player (mpv, ffplay, VLC) through a pipe.
//
//     server --root clips                then, in a second terminal:   client clip.mp4
//
// See also: server.cpp, its pair; stream_receiver.cpp, what it decides.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "common/cli.hpp"
#include "common/datagram_channel.hpp"
#include "common/io.hpp"
#include "common/random.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "problem4/output_file.hpp"
#include "problem4/player.hpp"
#include "problem4/status_line.hpp"
#include "problem4/stream_receiver.hpp"

namespace netlab::problem4 {
namespace {

constexpr const char* kProgram = "client";
constexpr int kReceiveBuffer = 1024 * 1024;
constexpr Duration kPlayerGrace = seconds(5);  // beyond the time that it still has to play
constexpr Duration kStallTime = seconds(10);
constexpr Duration kBetweenLooks = milliseconds(10);

// poll(2) promises of a pipe that is writable that so much goes in without a wait (PIPE_BUF), also
// if it is stdout, whose mode is not ours to change.
constexpr std::size_t kMaxAtOnce = 4096;

struct Options {
    CommonOptions common{.port = 7401};
    std::string name;
    std::string player;  // a command; empty: none, a copy is made
    std::string output;  // of the copy: a file, or "-"
    Duration latency = seconds(2);
    ImpairmentSpec impairment;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "NAME", "Plays a file of the server while it is still arriving.",
                     "client --latency 1s clip.mp4", options.common, false);
    std::string players = "a command that plays its input; else the first that is installed:";
    for (const char* command : kPlayers) {
        players.append("\n" + std::string(30, ' ')).append(command);
    }
    line.text("player", "CMD", players, options.player);
    line.text("output", "FILE", "play nothing, write a copy; - is stdout", options.output);
    line.duration("latency", "how long a lost datagram may be awaited", options.latency);
    line.impairment(options.impairment);
    const auto operands = line.parse(argc, argv);

    if (operands.size() != 1) line.fail(operands.empty() ? "no NAME given" : "one NAME at a time");
    options.name = operands[0];
    if (options.name.empty() || options.name.size() > kMaxText) {
        line.fail("NAME: not of 1.." + std::to_string(kMaxText) + " bytes");
    }
    if (!options.player.empty() && !options.output.empty()) {
        line.fail("--player and --output exclude each other");
    }
    if (options.latency < kMinLatency || options.latency > kMaxLatency) {
        line.fail("--latency: not in 100ms..60s");
    }
    return options;
}

// Receives one stream: the loop around a StreamReceiver, with the socket, the player (or the file)
// and the terminal.
class Client {
  public:
    Client(const Options& options, const Tracer& tracer)
        : options_(options),
          channel_(UdpSocket::connect(options.common.host, options.common.port), options.impairment,
                   tracer, [this](const SystemError& error) { on_error(error); }),
          receiver_({.name = options.name,
                     .server = channel_.socket().peer().to_string(),
                     .nonce = random_number<std::uint64_t>(),
                     .buffer = {.latency = options.latency, .copy = options.player.empty()}},
                    now_, [this](const Packet& packet) { send(packet); }),
          status_(options.name, !options.common.quiet) {
        channel_.socket().request_receive_buffer(kReceiveBuffer);
    }

    // Until the media has been played, or copied: the player's exit code (0 for a copy). Says
    // goodbye to the server also if that fails.
    int run() {
        try {
            while (!receiver_.finished()) turn();
        } catch (...) {
            status_.clear();
            say_goodbye();
            throw;
        }
        status_.clear();
        if (receiver_.failure()) throw std::runtime_error(*receiver_.failure());
        if (file_) file_->finish();
        return player_ ? await_player() : 0;
    }

    [[nodiscard]] bool complete() const { return receiver_.written_all(); }
    [[nodiscard]] const StreamStatistics& statistics() const { return receiver_.statistics(); }

  private:
    void turn() {
        now_ = Clock::now();
        receive_all();
        feed();
        receiver_.on_timer(now_);
        channel_.release(now_);
        if (refused_) receiver_.on_server_gone(*refused_);
        status_.update(receiver_, now_);
        if (!receiver_.finished()) wait();
    }

    void send(const Packet& packet) {
        channel_.send(
            channel_.socket().peer(), encode(packet), [&] { return describe(packet); }, now_);
    }

    void receive_all() {
        try {
            while (const auto size = channel_.try_receive(input_)) {
                const auto packet = decode(Bytes(input_).first(*size));
                if (channel_.tracer().on()) {
                    channel_.received(packet ? describe(*packet) : "(no intact packet)");
                }
                if (packet) receiver_.on_packet(*packet, now_);
            }
        } catch (const SystemError& error) {
            on_error(error);
        }
    }

    // ECONNREFUSED: an earlier datagram found nobody (udp(7)), so the session is gone. Others (a
    // full queue, a network that is away for a moment) may pass, and so are like a loss.
    void on_error(const SystemError& error) {
        if (error.code() == ECONNREFUSED) refused_ = error.what();
    }

    // Gives the player (or the file) what is in order, as long as it takes it.
    void feed() {
        output_is_full_ = false;
        if (!open_output()) return;
        if (player_ && player_->exit_code()) player_is_gone_ = true;
        do {
            const std::uint64_t unread = player_ ? player_->unread() : 0;
            receiver_.on_consumed(receiver_.written() - std::min(unread, receiver_.written()),
                                  now_);
        } while (!player_is_gone_ && put(receiver_.front()));
        if (player_ && receiver_.written_all()) player_->close_pipe();
        if (player_is_gone_) receiver_.leave(now_);
        if (player_ && !player_is_gone_) watch_for_stall();
    }

    // It may be paused; or it waits for a screen or a sound card that is not there.
    void watch_for_stall() {
        if (!output_is_full_ || std::exchange(taken_, receiver_.written()) != receiver_.written()) {
            taken_at_ = now_;
            stall_told_ = false;
        } else if (now_ - taken_at_ >= kStallTime && !std::exchange(stall_told_, true)) {
            print_error(
                {"client: the player has taken nothing for 10 s: paused, or without a screen or a "
                 "sound card? ",
                 kRemedy, "\n"});
        }
    }

    // True if there is a player that has started, or a file.
    bool open_output() {
        if (player_ || file_) return true;
        if (!receiver_.ready()) return false;
        if (options_.player.empty()) return open_file();
        if (!options_.common.quiet) print_error("starting: " + escaped(options_.player) + "\n");
        player_ = std::make_unique<Player>(options_.player);
        taken_at_ = now_;
        receiver_.on_started(now_);
        return true;
    }

    // False while it is a FIFO that nobody reads: the next turn of the loop tries again.
    bool open_file() {
        try {
            file_.emplace(options_.output);
        } catch (const SystemError& error) {
            if (error.code() != ENXIO || !std::filesystem::is_fifo(options_.output)) throw;
        }
        return file_.has_value();
    }

    // False if there is nothing to write, or the output takes nothing now, or never again.
    bool put(Bytes bytes) {
        if (bytes.empty()) return false;
        const int fd = player_ ? player_->pipe().get() : file_->descriptor();
        output_is_full_ = !wait_writable(fd, TimePoint{});
        if (output_is_full_) return false;
        const ssize_t written = ::write(fd, bytes.data(), std::min(bytes.size(), kMaxAtOnce));
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) return true;
        if (written < 0 && errno == EPIPE && player_) {
            player_is_gone_ = true;
            return false;
        }
        receiver_.on_written(static_cast<std::size_t>(
            check(written, "write", player_ ? "the player's pipe" : file_->name())));
        return true;
    }

    // Until something comes, the output takes more, nobody reads it any more, or something is due.
    void wait() {
        std::array<pollfd, 3> watched{{channel_.watched(), {-1, 0, 0}, {-1, POLLIN, 0}}};
        pollfd& output = watched[1];
        if (player_) output.fd = player_->pipe().get();
        if (player_) watched[2].fd = player_->messages();
        if (file_ && output_is_full_) output.fd = file_->descriptor();
        if (output_is_full_) output.events = POLLOUT;
        wait_(watched, std::min(receiver_.next_deadline(), channel_.next_deadline()));
        if (watched[2].revents != 0) player_->relay_messages();
        if (player_ && (output.revents & POLLERR) != 0) player_is_gone_ = true;
    }

    // Something has failed here, or Ctrl+C was pressed: the server need not wait for silence.
    void say_goodbye() noexcept {
        try {
            wait_ = wait_for_events;
            receiver_.leave(Clock::now());
            while (!receiver_.finished()) turn();
        } catch (const std::exception&) {
            return;  // it will hear silence
        }
    }

    // The player has everything, or has left: its exit code.
    int await_player() {
        const Duration left = player_is_gone_ ? Duration{} : receiver_.playback()->remaining();
        const TimePoint deadline = deadline_in(left + kPlayerGrace);
        while (!player_->exit_code()) {
            if (Clock::now() >= deadline) {
                throw std::runtime_error("the player did not end, and was ended");
            }
            wait_or_interrupt({}, deadline_in(kBetweenLooks));
            player_->relay_messages();
        }
        player_->relay_messages();
        return *player_->exit_code();
    }

    const Options& options_;
    TimePoint now_ = Clock::now();  // of this turn of the loop
    DatagramChannel channel_;
    StreamReceiver receiver_;
    std::unique_ptr<Player> player_;  // once started
    std::optional<OutputFile> file_;
    StatusLine status_;
    Wait wait_ = wait_or_interrupt;  // but for the goodbye
    bool player_is_gone_ = false;
    bool output_is_full_ = false;
    std::uint64_t taken_ = 0;  // by the player, and since when no more
    TimePoint taken_at_{};
    bool stall_told_ = false;
    std::optional<std::string> refused_;               // by the server's machine
    std::array<std::byte, kMaxDatagram + 1> input_{};  // what is longer is no packet
};

int run(int argc, char** argv) {
    Options options = parse(argc, argv);
    if (options.player.empty() && options.output.empty()) options.player = find_player();

    const Tracer tracer(options.common.trace);
    Client client(options, tracer);
    const auto report = [&] {
        const StreamStatistics& seen = client.statistics();
        if (!options.common.quiet && seen.received > 0) print_error(seen.details());
    };
    int outcome = 0;
    try {
        outcome = client.run();
    } catch (...) {
        report();
        throw;
    }
    report();
    const std::string summary = client.statistics().summary(
        (client.complete() ? "received " : "stopped ") + escaped(options.name), Clock::now());
    options.output == "-" ? print_error(summary) : print_out(summary, wait_or_interrupt);
    if (outcome == 0) return 0;
    throw std::runtime_error("the player ended with code " + std::to_string(outcome) + ": " +
                             kRemedy);
}

}  // namespace
}  // namespace netlab::problem4

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem4::kProgram,
                               [&] { return netlab::problem4::run(argc, argv); });
}
