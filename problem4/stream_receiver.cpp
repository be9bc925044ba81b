// SPDX-License-Identifier: MIT
#include "problem4/stream_receiver.hpp"

#include <algorithm>

#include "common/text.hpp"

namespace netlab::problem4 {

namespace {

constexpr Duration kFirstRetry = milliseconds(100);  // of REQUEST and START
constexpr Duration kRetry = milliseconds(200);       // and from then on
constexpr Duration kReportInterval = milliseconds(50);
constexpr Duration kEchoInterval = seconds(1);
constexpr Duration kByeInterval = milliseconds(100);
constexpr int kMaxByes = 5;
constexpr Duration kPatience = seconds(8);  // with a server of which nothing is heard

// A hole is asked for when it is so old (datagrams overtake each other), and again after the other.
constexpr Duration kMinGrace = milliseconds(20);
constexpr Duration kMaxGrace = milliseconds(100);
constexpr Duration kMinAskAgain = milliseconds(50);

// The player starts with a quarter of the latency at hand, or so many bytes if the duration is
// unknown; but never with more than a quarter of the buffer, since the server waits, too.
constexpr int kParts = 4;
constexpr std::uint64_t kUnknownPrebuffer = 32'768;

constexpr std::uint64_t kMaxDuration = 365ULL * 86'400 * 1'000'000;  // longer is not believed

}  // namespace

StreamReceiver::StreamReceiver(Options options, TimePoint now, Send send)
    : options_(std::move(options)),
      send_(std::move(send)),
      asked_(now),
      next_send_(now),
      give_up_at_(now + kPatience) {}

void StreamReceiver::on_packet(const Packet& packet, TimePoint now) {
    if (phase_ == Phase::asking) {
        const auto* challenge = std::get_if<Challenge>(&packet.body);
        if (challenge == nullptr || challenge->nonce != options_.nonce) return;
        session_ = packet.session;
        enter(Phase::starting, now);
    }
    if (packet.session != session_ || phase_ == Phase::over) return;

    if (const auto* error = std::get_if<Error>(&packet.body)) {
        on_server_gone("server: " + escaped(error->text));
    } else if (std::holds_alternative<Bye>(packet.body)) {
        on_server_gone("the server has closed the session");
    } else if (phase_ == Phase::starting) {
        if (const auto* info = std::get_if<Info>(&packet.body)) on_info(*info, now);
    } else if (phase_ == Phase::streaming) {
        give_up_at_ = now + kPatience;
        if (const auto* data = std::get_if<Data>(&packet.body)) {
            buffer_->add(data->offset, data->payload, now);
            jitter_.add_sample(data->sent_us, now);
            if (first_byte_ == TimePoint{}) first_byte_ = now;
        }
        if (const auto* alive = std::get_if<Alive>(&packet.body)) on_alive(*alive, now);
    }
    leave_if_complete(now);
}

void StreamReceiver::on_info(const Info& info, TimePoint now) {
    const std::uint64_t believed = info.duration_us <= kMaxDuration ? info.duration_us : 0;
    options_.buffer.size = info.size;
    buffer_.emplace(options_.buffer);
    playback_.emplace(info.size, std::chrono::microseconds(believed));
    give_up_at_ = now + kPatience;
    enter(Phase::streaming, now);
}

void StreamReceiver::on_alive(const Alive& alive, TimePoint now) {
    buffer_->expect(alive.sent_up_to, now);
    if (echo_ == 0 || alive.report != echo_) return;
    round_trip_.add_sample(now - echo_asked_);
    echo_ = 0;
}

void StreamReceiver::on_timer(TimePoint now) {
    if (playback_ && !left_ && !written_all()) {
        playback_->observe(consumed_, consumed_ < written() || !front().empty(), now);
    }
    if (now >= give_up_at_ && phase_ < Phase::leaving) {
        failure_ = (buffer_ ? "no sign of the server for "
                            : "no answer from " + options_.server + " within ") +
                   show_duration(kPatience);
        leave(now);
    }
    if (now < next_send_) return;
    switch (phase_) {
        case Phase::asking:
            return ask(Request{options_.nonce, options_.name}, now);
        case Phase::starting: {
            const auto latency = std::chrono::duration_cast<milliseconds>(options_.buffer.latency);
            return ask(Start{options_.nonce, static_cast<std::uint32_t>(latency.count()),
                             options_.buffer.copy ? Start::kCopy : std::uint8_t{0}, options_.name},
                       now);
        }
        case Phase::streaming:
            return report(now);
        case Phase::leaving:
            return say_bye(now);
        case Phase::over:
            next_send_ = now + kReportInterval;  // looks at the player
    }
}

TimePoint StreamReceiver::next_deadline() const {
    if (finished()) return kNever;
    return phase_ < Phase::leaving ? std::min(next_send_, give_up_at_) : next_send_;
}

void StreamReceiver::ask(Body question, TimePoint now) {
    next_send_ = now + (attempts_++ == 0 ? kFirstRetry : kRetry);
    send_({session_, std::move(question)});
}

void StreamReceiver::report(TimePoint now) {
    next_send_ = now + kReportInterval;
    const Duration grace =
        std::clamp(3 * jitter_.jitter(), Duration(kMinGrace), Duration(kMaxGrace));
    const Duration ask_again = std::max(Duration(kMinAskAgain), round_trip_.smoothed() * 3 / 2);
    Report report{.number = ++reports_,
                  .contiguous = buffer_->contiguous(),
                  .consumed = consumed_,
                  .missing = buffer_->take_missing(now, grace, ask_again, kMaxMissing)};
    if (now - echo_asked_ >= kEchoInterval) {
        report.flags = Report::kEcho;
        echo_ = reports_;
        echo_asked_ = now;
    }
    send_({session_, std::move(report)});
}

void StreamReceiver::say_bye(TimePoint now) {
    if (attempts_++ == kMaxByes) {
        phase_ = Phase::over;
    } else {
        send_({session_, Bye{buffer_ ? buffer_->contiguous() : 0}});
    }
    next_send_ = now + kByeInterval;
}

bool StreamReceiver::ready() const {
    if (!buffer_ || left_) return false;
    if (options_.buffer.copy) return true;
    std::uint64_t enough = std::min(kUnknownPrebuffer, buffer_->size());
    if (const Duration duration = playback_->duration(); duration > Duration{}) {
        const double share = to_seconds(options_.buffer.latency / kParts) / to_seconds(duration);
        enough =
            static_cast<std::uint64_t>(static_cast<double>(buffer_->size()) * std::min(share, 1.0));
    }
    enough = std::clamp<std::uint64_t>(enough, 1, options_.buffer.capacity / kParts);
    return buffer_->contiguous() >= enough;
}

Bytes StreamReceiver::front() const {
    return buffer_ && !left_ ? buffer_->front() : Bytes{};
}

void StreamReceiver::on_consumed(std::uint64_t offset, TimePoint now) {
    consumed_ = offset;
    if (phase_ != Phase::streaming || consumed_ < written() || !front().empty()) return;
    buffer_->give_up_hole(now);
    leave_if_complete(now);
}

void StreamReceiver::leave(TimePoint now) {
    left_ = true;
    if (phase_ == Phase::asking) phase_ = Phase::over;  // there is no session yet
    if (phase_ < Phase::leaving) enter(Phase::leaving, now);
}

bool StreamReceiver::finished() const {
    return phase_ == Phase::over && (left_ || written_all());
}

// Has all, or gave up some of it: the server is needed no more, the player may take its time.
void StreamReceiver::leave_if_complete(TimePoint now) {
    if (phase_ == Phase::streaming && buffer_->complete()) enter(Phase::leaving, now);
}

void StreamReceiver::enter(Phase phase, TimePoint now) {
    phase_ = phase;
    attempts_ = 0;
    next_send_ = now;
}

void StreamReceiver::on_server_gone(const std::string& why) {
    if (phase_ < Phase::leaving) {
        failure_ = why;
        left_ = true;
    }
    phase_ = Phase::over;
}

}  // namespace netlab::problem4
