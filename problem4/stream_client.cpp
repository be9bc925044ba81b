// SPDX-License-Identifier: MIT
#include "problem4/stream_client.hpp"

#include <unistd.h>

#include <algorithm>

#include "common/signals.hpp"
#include "common/terminal.hpp"

namespace netlab::problem4 {

namespace {

constexpr Duration kReportInterval = milliseconds(50);
constexpr Duration kEchoInterval = seconds(1);
constexpr Duration kServerSilence = seconds(8);
constexpr Duration kPlayerPatience = seconds(5);  // beyond the time that it still has to play

// A hole is asked for when it is so old (datagrams overtake each other), and again after the other.
constexpr Duration kMinGrace = milliseconds(20);
constexpr Duration kMaxGrace = milliseconds(100);
constexpr Duration kMinRetry = milliseconds(50);

// The player starts with a quarter of the latency at hand, or so many bytes where the duration is
// unknown.
constexpr int kLatencyParts = 4;
constexpr std::uint64_t kUnknownPrebuffer = 32'768;

// poll(2) promises of a pipe that is writable that so much goes in without a wait (PIPE_BUF), also
// where it is stdout, whose mode is not ours to change.
constexpr std::size_t kMaxAtOnce = 4096;

}  // namespace

StreamClient::StreamClient(Connection& connection, const StreamOptions& options)
    : connection_(connection), options_(options), status_(options.show_status) {}

int StreamClient::run() {
    statistics_.asked = Clock::now();
    open();
    try {
        if (options_.player.empty()) file_.emplace(options_.output);
        stream();
    } catch (...) {
        status_.clear();
        throw_on_interrupt(false);  // or else the goodbye would be interrupted, too
        connection_.say_goodbye(buffer_->contiguous());
        throw;
    }
    status_.clear();
    connection_.say_goodbye(buffer_->contiguous());
    if (file_) file_->finish();
    return player_ ? await_player() : 0;
}

void StreamClient::open() {
    const bool copy = options_.player.empty();
    media_ = connection_.open({options_.name, options_.latency, copy});
    buffer_.emplace(
        JitterBuffer::Options{.size = media_.size, .latency = options_.latency, .copy = copy});
    playback_.emplace(media_.size, media_.duration);
    last_heard_ = Clock::now();
}

void StreamClient::stream() {
    while (!delivered() && !player_is_gone_) {
        const TimePoint now = Clock::now();
        receive_all(now);
        if (!file_) start_player(now);
        feed(now);
        if (player_) watch_player(now);
        if (now >= next_report_) report(now);
        show_status(now);
        if (now - last_heard_ > kServerSilence) {
            throw TimeoutError("no sign of the server for " + show_duration(kServerSilence));
        }
        if (!delivered()) wait_for_next();
    }
}

void StreamClient::receive_all(TimePoint now) {
    while (const auto packet = connection_.receive_now()) {
        last_heard_ = now;
        buffer_->heard(now);
        take(*packet, now);
    }
}

void StreamClient::take(const Packet& packet, TimePoint now) {
    if (const auto* data = std::get_if<Data>(&packet.body)) {
        take_data(*data, now);
    } else if (const auto* alive = std::get_if<Alive>(&packet.body)) {
        buffer_->expect(alive->sent_up_to, now);
        if (echo_ == 0 || alive->report != echo_) return;
        statistics_.round_trip.add_sample(now - echo_asked_);
        echo_ = 0;
    } else if (const auto* error = std::get_if<Error>(&packet.body)) {
        throw std::runtime_error("server: " + escaped(error->text));
    } else if (std::holds_alternative<Bye>(packet.body) && !buffer_->complete()) {
        throw std::runtime_error("the server has closed the session");
    }
}

void StreamClient::take_data(const Data& data, TimePoint now) {
    const auto arrival = buffer_->add(data.offset, data.payload, now);
    statistics_.count(arrival, data.payload.size(), now);
    if (arrival == JitterBuffer::Arrival::fresh) statistics_.jitter.sample(data.sent_us, now);
}

void StreamClient::start_player(TimePoint now) {
    if (player_ || buffer_->contiguous() == 0) return;
    std::uint64_t enough = std::min(kUnknownPrebuffer, media_.size);
    if (media_.duration > Duration{}) {
        const double share =
            to_seconds(options_.latency / kLatencyParts) / to_seconds(media_.duration);
        enough = share < 1 ? static_cast<std::uint64_t>(static_cast<double>(media_.size) * share)
                           : media_.size;
    }
    if (buffer_->contiguous() < enough) return;
    player_ = std::make_unique<Player>(options_.player);
    playback_->start(now);
    statistics_.player_start = now;
}

// Gives the player (or the file) what is in order, as long as it takes it.
void StreamClient::feed(TimePoint now) {
    output_is_full_ = false;
    if (!player_ && !file_) return;
    while (true) {
        const Bytes front = buffer_->front();
        if (!front.empty()) {
            if (!put(front.first(std::min(front.size(), kMaxAtOnce)))) return;
        } else if (player_ && player_->unread() == 0) {
            const std::uint64_t abandoned = buffer_->give_up_hole(now);
            statistics_.abandoned += abandoned;
            if (abandoned == 0) return;
        } else {
            return;
        }
    }
}

// False where the output takes nothing now, or never again.
bool StreamClient::put(Bytes bytes) {
    const int fd = player_ ? player_->pipe().get() : file_->descriptor();
    if (!wait_writable(fd, TimePoint{})) {
        output_is_full_ = true;
        return false;
    }
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (written < 0 && errno == EPIPE && player_) {
        player_is_gone_ = true;
        return false;
    }
    buffer_->consume(static_cast<std::size_t>(
        check(written, "write", player_ ? "the player's pipe" : file_->name())));
    return true;
}

std::uint64_t StreamClient::consumed() const {
    if (!player_) return file_ ? buffer_->read() : 0;
    const std::uint64_t unread = player_->unread();
    return buffer_->read() - std::min(unread, buffer_->read());
}

void StreamClient::watch_player(TimePoint now) {
    if (player_->exit_code()) player_is_gone_ = true;
    const std::uint64_t taken = consumed();
    const bool supplied = taken < buffer_->read() || !buffer_->front().empty() || delivered();
    playback_->observe(taken, supplied, now);
    statistics_.starvations = playback_->starvations();
}

void StreamClient::report(TimePoint now) {
    next_report_ = now + kReportInterval;
    const Duration grace =
        std::clamp(3 * statistics_.jitter.jitter(), Duration(kMinGrace), Duration(kMaxGrace));
    const Duration retry = std::max(Duration(kMinRetry), statistics_.round_trip.smoothed() * 3 / 2);
    Report report{.number = ++reports_,
                  .contiguous = buffer_->contiguous(),
                  .consumed = consumed(),
                  .missing = buffer_->take_missing(now, grace, retry, kMaxMissing)};
    statistics_.lost = buffer_->lost();
    if (now - echo_asked_ >= kEchoInterval) {
        report.flags = Report::kEcho;
        echo_ = reports_;
        echo_asked_ = now;
    }
    connection_.send(std::move(report));
}

void StreamClient::show_status(TimePoint now) {
    const std::uint64_t taken = consumed();
    status_.update({.name = options_.name,
                    .size = media_.size,
                    .consumed = taken,
                    .ahead = buffer_->contiguous() - taken,
                    .duration = media_.duration,
                    .lost = statistics_.lost,
                    .recovered = statistics_.recovered},
                   statistics_.received, now);
}

// Until something comes, the output takes more, nobody reads it any more, or a report is due.
void StreamClient::wait_for_next() {
    pollfd output{-1, 0, 0};
    if (player_) output.fd = player_->pipe().get();
    if (file_ && output_is_full_) output.fd = file_->descriptor();
    if (output_is_full_) output.events = POLLOUT;
    connection_.wait(next_report_, &output);
    if (player_ && (output.revents & POLLERR) != 0) player_is_gone_ = true;
}

// The player has everything, or has left: its exit code.
int StreamClient::await_player() {
    player_->close_pipe();
    const Duration left = player_is_gone_ ? Duration{} : playback_->remaining();
    if (!player_->wait(deadline_in(left + kPlayerPatience))) {
        throw std::runtime_error("the player did not end, and was ended");
    }
    return player_->exit_code().value_or(1);
}

}  // namespace netlab::problem4
