// SPDX-License-Identifier: MIT
#include "problem4/stream_client.hpp"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "common/io.hpp"
#include "common/screen.hpp"
#include "common/text.hpp"

namespace netlab::problem4 {

namespace {

constexpr int kReceiveBuffer = 1024 * 1024;
constexpr Duration kPlayerGrace = seconds(5);  // beyond the time that it still has to play
constexpr Duration kStallTime = seconds(10);
constexpr Duration kBetweenLooks = milliseconds(10);

// poll(2) promises of a pipe that is writable that so much goes in without a wait (PIPE_BUF), also
// if it is stdout, whose mode is not ours to change.
constexpr std::size_t kMaxAtOnce = 4096;

std::uint64_t random_nonce() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

}  // namespace

StreamClient::StreamClient(const std::string& host, std::uint16_t port,
                           const ImpairmentSpec& impairment, const Tracer& tracer,
                           const StreamOptions& options)
    : options_(options),
      now_(Clock::now()),
      channel_(UdpSocket::connect(host, port), impairment, tracer,
               [this](const SystemError& error) { on_error(error); }),
      receiver_({.name = options.name,
                 .server = channel_.socket().peer().to_string(),
                 .latency = options.latency,
                 .copy = options.player.empty(),
                 .nonce = random_nonce()},
                now_, [this](std::uint64_t session, const Body& body) { send(session, body); }),
      status_(options.show_status) {
    channel_.socket().request_receive_buffer(kReceiveBuffer);
}

int StreamClient::run() {
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

void StreamClient::turn() {
    now_ = Clock::now();
    receive_all();
    feed();
    receiver_.on_timer(now_);
    channel_.release(now_);
    if (refused_) receiver_.on_server_gone(*refused_);
    show_status();
    if (!receiver_.finished()) wait();
}

void StreamClient::send(std::uint64_t session, const Body& body) {
    encode(session, body, encoded_);
    channel_.send(
        channel_.socket().peer(), encoded_, [&] { return describe(body); }, now_);
}

void StreamClient::receive_all() {
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

// ECONNREFUSED: an earlier datagram found nobody (udp(7)), so the session is gone. Others (a full
// queue, a network that is away for a moment) may pass, and so are like a loss.
void StreamClient::on_error(const SystemError& error) {
    if (error.code() == ECONNREFUSED) refused_ = error.what();
}

// Gives the player (or the file) what is in order, as long as it takes it.
void StreamClient::feed() {
    output_is_full_ = false;
    if (!open_output()) return;
    if (player_ && player_->exit_code()) player_is_gone_ = true;
    do {
        const std::uint64_t unread = player_ ? player_->unread() : 0;
        receiver_.on_consumed(receiver_.written() - std::min(unread, receiver_.written()), now_);
    } while (!player_is_gone_ && put(receiver_.front()));
    if (player_ && receiver_.written_all()) player_->close_pipe();
    if (player_is_gone_) receiver_.leave(now_);
    if (player_ && !player_is_gone_) watch_for_stall();
}

// It may be paused; or it waits for a screen or a sound card that is not there.
void StreamClient::watch_for_stall() {
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
bool StreamClient::open_output() {
    if (player_ || file_) return true;
    if (!receiver_.ready()) return false;
    if (options_.player.empty()) {
        file_.emplace(options_.output);
    } else {
        if (options_.show_status) print_error("starting: " + escaped(options_.player) + "\n");
        player_ = std::make_unique<Player>(options_.player);
        taken_at_ = now_;
        receiver_.on_started(now_);
    }
    return true;
}

// False if there is nothing to write, or the output takes nothing now, or never again.
bool StreamClient::put(Bytes bytes) {
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
void StreamClient::wait() {
    std::array<pollfd, 3> watched{{channel_.watched(), {-1, 0, 0}, {-1, POLLIN, 0}}};
    pollfd& output = watched[1];
    if (player_) output.fd = player_->pipe().get();
    if (player_) watched[2].fd = player_->messages();
    if (file_ && output_is_full_) output.fd = file_->descriptor();
    if (output_is_full_) output.events = POLLOUT;
    static_cast<void>(
        wait_(watched, std::min(receiver_.next_deadline(), channel_.next_deadline())));
    if (watched[2].revents != 0) player_->relay_messages();
    if (player_ && (output.revents & POLLERR) != 0) player_is_gone_ = true;
}

// Something has failed here, or Ctrl+C was pressed: the server need not wait for silence.
void StreamClient::say_goodbye() noexcept {
    try {
        wait_ = wait_for_events;
        receiver_.leave(Clock::now());
        while (!receiver_.finished()) turn();
    } catch (const std::exception&) {
        return;  // it will hear silence
    }
}

void StreamClient::show_status() {
    const StreamStatistics& seen = receiver_.statistics();
    const auto& buffer = receiver_.buffer();
    if (!buffer) return;
    status_.update({.name = options_.name,
                    .size = buffer->size(),
                    .consumed = receiver_.consumed(),
                    .ahead = buffer->contiguous() - receiver_.consumed(),
                    .duration = receiver_.playback()->duration(),
                    .lost = seen.lost,
                    .recovered = seen.recovered},
                   seen.received, now_);
}

// The player has everything, or has left: its exit code.
int StreamClient::await_player() {
    const Duration left = player_is_gone_ ? Duration{} : receiver_.playback()->remaining();
    const TimePoint deadline = deadline_in(left + kPlayerGrace);
    while (!player_->exit_code()) {
        if (Clock::now() >= deadline) {
            throw std::runtime_error("the player did not end, and was ended");
        }
        static_cast<void>(wait_or_interrupt({}, deadline_in(kBetweenLooks)));
        player_->relay_messages();
    }
    player_->relay_messages();
    return *player_->exit_code();
}

}  // namespace netlab::problem4
