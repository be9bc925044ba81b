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
#include <climits>
#include <memory>
#include <optional>
#include <stdexcept>

#include "common/cli.hpp"
#include "common/datagram_channel.hpp"
#include "common/io.hpp"
#include "common/random.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "problem4/output_file.hpp"
#include "problem4/player.hpp"
#include "problem4/stream_receiver.hpp"

namespace netlab::problem4 {
namespace {

constexpr const char* kProgram = "client";
constexpr int kReceiveBuffer = 1024 * 1024;
constexpr Duration kPlayerGrace = seconds(5);  // beyond the time that it still has to play
constexpr Duration kStallTime = seconds(10);
constexpr Duration kBetweenLooks = milliseconds(10);
constexpr Duration kBetweenDraws = milliseconds(250);

// poll(2) promises of a pipe that is writable that so much goes in without a wait (PIPE_BUF), also
// if it is stdout, whose mode is not ours to change.
constexpr std::size_t kMaxAtOnce = PIPE_BUF;

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
    line.text("player", "CMD", "a command that plays its input; else mpv, ffplay or cvlc",
              options.player);
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
                    now_, [this](const Packet& packet) { send(packet); }) {
        channel_.socket().request_receive_buffer(kReceiveBuffer);
        if (!options.common.quiet && ::isatty(STDERR_FILENO) != 0) status_.emplace();
    }

    // Until the media has been played, or copied: the player's exit code (0 for a copy). Says
    // goodbye to the server also if that fails.
    int run() {
        try {
            while (!receiver_.finished()) turn();
            if (receiver_.failure()) throw std::runtime_error(*receiver_.failure());
            if (file_) file_->finish();
            const int outcome = player_ ? await_player() : 0;
            tell_details();
            return outcome;
        } catch (...) {
            say_goodbye();
            tell_details();
            throw;
        }
    }

    [[nodiscard]] std::string summary() const { return receiver_.summary(Clock::now()); }

  private:
    void turn() {
        now_ = Clock::now();
        receive_all();
        feed();
        receiver_.on_timer(now_);
        channel_.release(now_);
        draw_status();
        if (!receiver_.finished()) wait();
    }

    void draw_status() {
        if (!status_ || now_ - drawn_ < kBetweenDraws) return;
        drawn_ = now_;
        status_->show(receiver_.status(now_, terminal_columns() - 1));
    }

    void tell_details() {
        status_.reset();
        if (!options_.common.quiet) print_error(receiver_.details());
    }

    void send(const Packet& packet) {
        channel_.send(
            channel_.socket().peer(), encode(packet), [&] { return describe(packet); }, now_);
    }

    void receive_all() try {
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

    // ECONNREFUSED: an earlier datagram found nobody (udp(7)), so the session is gone. Others (a
    // full queue, a network that is away for a moment) may pass, and so are like a loss.
    void on_error(const SystemError& error) {
        if (error.code() == ECONNREFUSED) receiver_.on_server_gone(error.what());
    }

    // Gives the player (or the file) what is in order, as long as it takes it.
    void feed() {
        output_is_full_ = false;
        if (!open_output()) return;
        if (player_ && player_->exit_code()) on_player_gone();
        do {
            const std::uint64_t unread = player_ ? player_->unread() : 0;
            receiver_.on_consumed(receiver_.written() - unread, now_);
        } while (put(receiver_.front()));
        if (!player_) return;
        if (receiver_.written_all()) player_->close_pipe();
        // It may be paused; or it waits for a screen or a sound card that is not there.
        if (output_is_full_ && now_ - taken_at_ >= kStallTime) {
            taken_at_ = kNever;  // said once, until it takes something
            print_error(
                {"client: the player has taken nothing for 10 s: paused, or without a screen or a "
                 "sound card? ",
                 kRemedy, "\n"});
        }
    }

    void on_player_gone() {
        player_->close_pipe();
        receiver_.leave(now_);
    }

    // True if there is a player that has started, or a file.
    bool open_output() {
        if (player_ || file_) return true;
        if (!receiver_.ready()) return false;
        if (options_.player.empty()) {
            file_.emplace(options_.output);
            return true;
        }
        if (!options_.common.quiet) print_error("starting: " + escaped(options_.player) + "\n");
        player_ = std::make_unique<Player>(options_.player);
        taken_at_ = now_;
        receiver_.on_started(now_);
        return true;
    }

    [[nodiscard]] int output() const {
        return player_ ? player_->pipe().get() : file_->descriptor();
    }

    // False if there is nothing to write, or the output takes nothing now, or never again.
    bool put(Bytes bytes) {
        if (bytes.empty()) return false;
        output_is_full_ = !wait_writable(output(), TimePoint{});
        if (output_is_full_) return false;
        const ssize_t written = ::write(output(), bytes.data(), std::min(bytes.size(), kMaxAtOnce));
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) return true;
        if (written < 0 && errno == EPIPE && player_) {
            on_player_gone();
            return false;
        }
        taken_at_ = now_;
        receiver_.on_written(static_cast<std::size_t>(
            check(written, "write", player_ ? "the player's pipe" : file_->name())));
        return true;
    }

    // Until something comes, the output takes more, nobody reads it any more, or something is due.
    void wait() {
        std::array<pollfd, 2> watched{{channel_.watched(), {-1, 0, 0}}};
        if (player_ || output_is_full_) watched[1].fd = output();
        if (output_is_full_) watched[1].events = POLLOUT;
        wait_(watched, std::min(receiver_.next_deadline(), channel_.next_deadline()));
        if (player_ && (watched[1].revents & POLLERR) != 0) on_player_gone();
    }

    // Something has failed here, or Ctrl+C was pressed: the server need not wait for silence.
    void say_goodbye() noexcept try {
        wait_ = wait_for_events;
        receiver_.leave(Clock::now());
        while (!receiver_.finished()) turn();
    } catch (const std::exception&) {
        return;  // it will hear silence
    }

    // The player has everything, or has left: its exit code.
    int await_player() {
        const bool complete = receiver_.written_all();
        const Duration left = complete ? receiver_.playback()->remaining() : Duration{};
        const TimePoint deadline = deadline_in(left + kPlayerGrace);
        while (!player_->exit_code()) {
            if (Clock::now() >= deadline) {
                throw std::runtime_error("the player did not end, and was ended");
            }
            wait_or_interrupt({}, deadline_in(kBetweenLooks));
        }
        return *player_->exit_code();
    }

    const Options& options_;
    TimePoint now_ = Clock::now();  // of this turn of the loop
    DatagramChannel channel_;
    StreamReceiver receiver_;
    std::unique_ptr<Player> player_;  // once started
    std::optional<OutputFile> file_;
    std::optional<LastLine> status_;  // of a terminal
    TimePoint drawn_{};
    Wait wait_ = wait_or_interrupt;  // but for the goodbye
    bool output_is_full_ = false;
    TimePoint taken_at_{};                             // when the output last took something
    std::array<std::byte, kMaxDatagram + 1> input_{};  // what is longer is no packet
};

int run(int argc, char** argv) {
    Options options = parse(argc, argv);
    if (options.player.empty() && options.output.empty()) options.player = find_player();

    const Tracer tracer(options.common.trace);
    Client client(options, tracer);
    const int outcome = client.run();
    const std::string summary = client.summary();
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
