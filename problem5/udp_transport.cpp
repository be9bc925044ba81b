// SPDX-License-Identifier: MIT
#include "problem5/udp_transport.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/text.hpp"

namespace netlab::problem5 {

namespace {

constexpr std::size_t kMaxDatagram = 64 * 1024;
constexpr int kMaxAtOnce = 16;  // then the keyboard gets its chance

}  // namespace

UdpTransport::UdpTransport(UdpSocket socket, const std::string& own_name,
                           const ImpairmentSpec& impairment, const Tracer& tracer)
    : channel_(std::move(socket), impairment, tracer,
               [this](const SystemError& error) { on_failure(error); }),
      buffer_(kMaxDatagram),
      acceptor_(own_name) {
    if (channel_.socket().connected()) server_.emplace(own_name);
}

std::string UdpTransport::greeting() {
    if (!server_) return acceptor_.address().to_string() + " has come, and speaks first";
    return "talking to " + channel_.socket().peer().to_string() + ": you speak first";
}

void UdpTransport::on_timer(TimePoint now) {
    if (server_) server_->on_timer(now);
    acceptor_.on_timer(now);
}

TimePoint UdpTransport::next_deadline() const {
    return std::min({server_ ? server_->next_deadline() : kNever, acceptor_.next_deadline(),
                     channel_.next_deadline()});
}

bool UdpTransport::receive(TimePoint now) {
    Address sender;
    for (int count = 0; count < kMaxAtOnce; ++count) {
        try {
            const auto size = channel_.try_receive(buffer_, &sender);
            if (!size) return count > 0;
            const std::string_view datagram = as_text(Bytes(buffer_).first(*size));
            if (channel_.tracer().on()) channel_.received(escaped(datagram));
            const auto packet = Packet::parse(datagram);
            if (!packet) continue;
            server_ ? server_->on_packet(*packet, now) : acceptor_.on_packet(sender, *packet, now);
        } catch (const SystemError& error) {
            on_failure(error);
            return true;
        }
        // What follows a goodbye is for the next dialogue.
        if (peer() != nullptr && peer()->over()) return true;
    }
    return true;
}

bool UdpTransport::send(TimePoint now) {
    const bool was_over = server_ && server_->over();
    auto outgoing = acceptor_.take_outgoing();
    if (server_) {
        for (auto& one : server_->take_outgoing()) {
            outgoing.emplace_back(channel_.socket().peer(), std::move(one));
        }
    }
    for (const auto& [to, datagram] : outgoing) {
        const auto describe = [&text = datagram] { return escaped(text); };
        channel_.send(to, as_bytes(datagram), describe, now);
    }
    channel_.release(now);
    if (const auto refused = acceptor_.take_refused()) report_busy(refused->to_string(), now);
    return server_ && server_->over() && !was_over;  // sending has failed
}

void UdpTransport::finish() {
    // What --impair holds back is on its way.
    while (channel_.next_deadline() != kNever) {
        static_cast<void>(wait_for_events({}, channel_.next_deadline()));
        channel_.release(Clock::now());
    }
}

void UdpTransport::on_failure(const SystemError& error) {
    if (!server_) return report_error(error.what());
    error.code() == ECONNREFUSED ? server_->fail(error.what()) : server_->abort(error.what());
}

}  // namespace netlab::problem5
