// SPDX-License-Identifier: MIT
#include "problem4/connection.hpp"

#include <random>

#include "common/terminal.hpp"

namespace netlab::problem4 {

namespace {

constexpr int kReceiveBuffer = 1024 * 1024;
constexpr Duration kPatience = seconds(8);
constexpr Duration kFirstTimeout = milliseconds(100);
constexpr Duration kLongestTimeout = milliseconds(200);
constexpr int kGoodbyes = 5;
constexpr Duration kBetweenGoodbyes = milliseconds(100);

std::uint64_t random_nonce() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

// ECONNREFUSED: an earlier datagram found nobody (udp(7)), so the session is gone. Others (a full
// queue, a network that is away for a moment) may pass, and so are like a loss.
void on_failed_send(const SystemError& error) {
    if (error.code() == ECONNREFUSED) throw error;
}

}  // namespace

Connection::Connection(const std::string& host, std::uint16_t port,
                       const ImpairmentSpec& impairment, const Tracer& tracer)
    : socket_(UdpSocket::connect(host, port)),
      tracer_(tracer),
      sender_(socket_, impairment, tracer, on_failed_send) {
    socket_.request_receive_buffer(kReceiveBuffer);
}

void Connection::send(const Body& body) {
    const Packet packet{session_, body};
    encode(packet, output_);
    sender_.send(socket_.peer(), output_, tracer_.on() ? describe(packet) : std::string(),
                 Clock::now());
}

std::optional<Packet> Connection::receive_now() {
    while (const auto size = socket_.receive_now(input_)) {
        auto packet = decode(Bytes(input_).first(*size));
        if (tracer_.on()) tracer_.received(packet ? describe(*packet) : "(no intact packet)");
        if (packet && (session_ == 0 || packet->session == session_)) return packet;
    }
    return std::nullopt;
}

void Connection::wait(TimePoint deadline, pollfd* other) {
    pollfd watched[] = {{socket_.descriptor().get(), POLLIN, 0}, {-1, 0, 0}};
    if (other != nullptr) watched[1] = *other;
    static_cast<void>(wait_for_events(watched, std::min(deadline, sender_.next_due())));
    if (other != nullptr) *other = watched[1];
    sender_.release(Clock::now());
}

// Sends the question again and again until `answered` is true for a packet.
template <typename Answered>
void Connection::ask(const Body& question, RttEstimator& rtt, TimePoint deadline,
                     Answered answered) {
    for (int attempt = 0; Clock::now() < deadline; ++attempt) {
        const TimePoint asked = Clock::now();
        send(question);
        const TimePoint again = asked + std::min(rtt.timeout(), kLongestTimeout);
        while (Clock::now() < again) {
            while (const auto packet = receive_now()) {
                if (!answered(*packet)) continue;
                if (attempt == 0) rtt.add_sample(Clock::now() - asked);
                return;
            }
            wait(again);
        }
        rtt.back_off();
    }
    throw TimeoutError("no answer from " + server() + " within " + show_duration(kPatience));
}

Connection::Media Connection::open(const Wish& wish) {
    const TimePoint deadline = deadline_in(kPatience);
    const std::uint64_t nonce = random_nonce();
    RttEstimator rtt(kFirstTimeout);
    ask(Request{nonce, wish.name}, rtt, deadline, [&](const Packet& packet) {
        const auto* challenge = std::get_if<Challenge>(&packet.body);
        if (challenge == nullptr || challenge->nonce != nonce) return false;
        session_ = packet.session;
        return true;
    });

    const auto latency = std::chrono::duration_cast<milliseconds>(wish.latency).count();
    const Start start{nonce, static_cast<std::uint32_t>(latency),
                      wish.copy ? Start::kCopy : std::uint8_t{0}, wish.name};
    Media media;
    ask(start, rtt, deadline, [&](const Packet& packet) {
        const auto info = take_info(packet);
        if (info) media = *info;
        return info.has_value();
    });
    return media;
}

std::optional<Connection::Media> Connection::take_info(const Packet& packet) const {
    if (const auto* error = std::get_if<Error>(&packet.body)) {
        throw std::runtime_error("server: " + escaped(error->text));
    }
    const auto* info = std::get_if<Info>(&packet.body);
    if (info == nullptr) return std::nullopt;
    constexpr std::uint64_t kYear = 365ULL * 86400 * 1'000'000;  // longer is not believed
    const std::uint64_t known = info->duration_us <= kYear ? info->duration_us : 0;
    return Media{info->size, std::chrono::microseconds(known), std::string(info->container)};
}

void Connection::say_goodbye(std::uint64_t contiguous) noexcept {
    try {
        for (int i = 0; i < kGoodbyes; ++i) {
            send(Bye{contiguous});
            const TimePoint again = deadline_in(kBetweenGoodbyes);
            while (Clock::now() < again) {
                while (const auto packet = receive_now()) {
                    if (std::holds_alternative<Bye>(packet->body)) return;
                }
                wait(again);
            }
        }
    } catch (const std::exception&) {
        // Nobody is there to be told.
        return;
    }
}

}  // namespace netlab::problem4
