// SPDX-License-Identifier: MIT
#include "tests/problem4/light_client.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "common/error.hpp"

namespace netlab::problem4 {

namespace {

constexpr Duration kReportInterval = milliseconds(50);
constexpr Duration kRetry = milliseconds(200);
constexpr Duration kGrace = milliseconds(20);
constexpr Duration kAskAgain = milliseconds(100);
constexpr Duration kGiveUp = seconds(10);
constexpr int kMaxByes = 5;
constexpr int kReceiveBuffer = 1 << 20;     // many clients have to wait for their thread
constexpr std::uint64_t kPrebuffer = 4000;  // bytes that are there when the player starts
constexpr Duration kStep = milliseconds(5);

std::uint64_t random_number() {
    static std::mt19937_64 random{std::random_device{}()};
    return random();
}

}  // namespace

LightClient::LightClient(std::uint16_t port, std::string name, std::string_view content,
                         double rate, TimePoint start)
    : socket_(UdpSocket::connect("127.0.0.1", port)),
      name_(std::move(name)),
      content_(content),
      rate_(rate),
      nonce_(random_number()),
      next_send_(start) {
    socket_.request_receive_buffer(kReceiveBuffer);
}

void LightClient::step(TimePoint now) {
    if (began_ == TimePoint{} && now < next_send_) return;
    if (began_ == TimePoint{}) began_ = last_heard_ = now;
    std::array<std::byte, kMaxDatagram> room;
    while (!done()) {
        const auto size = socket_.try_receive(room);
        if (!size) break;
        const auto packet = decode(Bytes(room).first(*size));
        if (!packet) return fail("a datagram that is no packet", now);
        last_heard_ = now;
        take(packet->body, packet->session, now);
    }
    if (state_ == State::playing) play(now);
    if (!done() && now - last_heard_ >= kGiveUp) fail("the server is silent", now);
    if (!done() && now >= next_send_) send_due(now);
}

void LightClient::take(const Body& body, std::uint64_t session, TimePoint now) {
    if (state_ != State::asking && session != session_) return fail("another session", now);
    if (const auto* error = std::get_if<Error>(&body)) {
        fail(std::string(error->text), now);
    } else if (const auto* data = std::get_if<Data>(&body)) {
        take_data(*data, now);
    } else if (const auto* alive = std::get_if<Alive>(&body)) {
        if (buffer_) buffer_->expect(alive->sent_up_to, now);
    } else if (std::holds_alternative<Bye>(body)) {
        if (state_ != State::leaving) error_ = "the server said BYE";
        state_ = State::done;
    } else if (std::holds_alternative<Challenge>(body) && state_ == State::asking) {
        session_ = session;
        state_ = State::starting;
        next_send_ = now;
    } else if (const auto* info = std::get_if<Info>(&body); info && state_ == State::starting) {
        if (info->size != content_.size()) return fail("another size", now);
        buffer_.emplace(JitterBuffer::Options{.size = info->size, .copy = true});
        state_ = State::playing;
        next_send_ = now;
    }
}

void LightClient::take_data(const Data& data, TimePoint now) {
    ++datagrams_;
    if (!buffer_) return fail("DATA before INFO", now);
    buffer_->add(data.offset, data.payload, now);
    for (Bytes front = buffer_->front(); !front.empty(); front = buffer_->front()) {
        if (as_text(front) != content_.substr(buffer_->read(), front.size())) {
            return fail("wrong bytes at " + std::to_string(buffer_->read()), now);
        }
        buffer_->consume(front.size());
    }
}

// A player that reads at its own pace, and stands still where there is nothing to read.
void LightClient::play(TimePoint now) {
    const auto has = static_cast<double>(buffer_->read());
    if (last_played_ == TimePoint{}) {
        if (buffer_->read() >= std::min<std::uint64_t>(kPrebuffer, content_.size())) {
            last_played_ = now;
        }
        return;
    }
    const double wanted = played_ + rate_ * to_seconds(now - last_played_);
    last_played_ = now;
    played_ = std::min(wanted, has);
    if (buffer_->complete()) {
        if (wanted < has) return;
        ended_ = now;
        state_ = State::leaving;
        next_send_ = now;
    } else if (wanted > has) {
        starved_ += from_seconds((wanted - has) / rate_);
    }
}

void LightClient::send_due(TimePoint now) {
    next_send_ = now + (state_ == State::playing ? kReportInterval : kRetry);
    if (state_ == State::asking) {
        send(Request{nonce_, name_});
    } else if (state_ == State::starting) {
        send(Start{nonce_, 2000, 0, name_});
    } else if (state_ == State::playing) {
        ++reports_;
        const std::uint8_t flags = reports_ % 20 == 1 ? Report::kEcho : 0;
        send(Report{reports_, buffer_->contiguous(), static_cast<std::uint64_t>(played_), flags,
                    buffer_->take_missing(now, kGrace, kAskAgain, kMaxMissing)});
    } else if (++byes_ <= kMaxByes) {
        send(Bye{buffer_->contiguous()});
    } else {
        fail("nobody answers BYE", now);
    }
}

void LightClient::send(const Body& body) {
    socket_.send(encode({state_ == State::asking ? 0 : session_, body}));
}

void LightClient::fail(const std::string& why, TimePoint now) {
    error_ = why;
    ended_ = now;
    state_ = State::done;
}

void run_all(std::vector<LightClient>& clients, Duration timeout,
             const std::function<void(TimePoint)>& watch) {
    const TimePoint deadline = deadline_in(timeout);
    TimePoint next_watch{};
    while (!std::ranges::all_of(clients, &LightClient::done)) {
        const TimePoint now = Clock::now();
        if (now > deadline) throw TimeoutError("not all clients are done");
        for (LightClient& client : clients) {
            if (!client.done()) client.step(now);
        }
        if (now >= next_watch) {
            watch(now);
            next_watch = now + milliseconds(100);
        }
        wait_for_events({}, now + kStep);
    }
}

}  // namespace netlab::problem4
