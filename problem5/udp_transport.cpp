// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "common/datagram_channel.hpp"
#include "common/text.hpp"
#include "problem5/transport.hpp"
#include "problem5/udp_acceptor.hpp"

namespace netlab::problem5 {

namespace {

constexpr std::size_t kMaxDatagram = 64 * 1024;
constexpr int kMaxAtOnce = 16;  // then the keyboard gets its chance

// A socket for readable datagrams, through the impairment and into the trace. A connected one is a
// client's; a server takes one client after another, all through one socket: only the sender of a
// datagram tells the client from a stranger.
class UdpTransport final : public Transport {
  public:
    UdpTransport(UdpSocket socket, const std::string& own_name, const ImpairmentSpec& impairment,
                 const Tracer& tracer)
        : channel_(std::move(socket), impairment, tracer,
                   [this](const SystemError& error) { on_failure(error); }),
          acceptor_(own_name) {
        if (channel_.socket().connected()) server_peer_.emplace(own_name);
    }

    Peer* peer() override { return is_client() ? &*server_peer_ : acceptor_.peer(); }
    std::string peer_name() override {
        return (is_client() ? channel_.socket().peer() : acceptor_.address()).to_string();
    }
    Watched watched() const override { return {.data = channel_.watched()}; }

    void on_timer(TimePoint now) override {
        is_client() ? server_peer_->on_timer(now) : acceptor_.on_timer(now);
    }
    TimePoint next_deadline() const override {
        return std::min(is_client() ? server_peer_->next_deadline() : acceptor_.next_deadline(),
                        channel_.next_deadline());
    }

    bool receive(TimePoint now) override {
        Address sender;
        std::array<std::byte, kMaxDatagram> buffer;
        for (int count = 0; count < kMaxAtOnce; ++count) {
            try {
                const auto size = channel_.try_receive(buffer, &sender);
                if (!size) return count > 0;
                on_datagram(sender, as_text(Bytes(buffer).first(*size)), now);
            } catch (const SystemError& error) {
                on_failure(error);
                return true;
            }
            // What follows a goodbye is for the next dialogue.
            if (peer() != nullptr && peer()->over()) return true;
        }
        return true;
    }

    bool send(TimePoint now) override {
        const bool was_over = is_client() && server_peer_->over();
        if (is_client()) {
            for (const auto& one : server_peer_->take_outgoing()) {
                send(channel_.socket().peer(), one, now);
            }
        }
        for (const auto& [to, datagram] : acceptor_.take_outgoing()) send(to, datagram, now);
        channel_.release(now);
        return is_client() && server_peer_->over() && !was_over;  // sending has failed
    }

    void disconnect(TimePoint now) override { acceptor_.disconnect(now); }
    bool has_successor() const override { return acceptor_.has_successor(); }

    void finish() override {
        // What --impair holds back is on its way; only so long, since no signal ends this.
        const TimePoint end = deadline_in(seconds(2));
        while (channel_.next_deadline() < end) {
            static_cast<void>(wait_for_events({}, channel_.next_deadline()));
            channel_.release(Clock::now());
        }
    }

  private:
    [[nodiscard]] bool is_client() const { return server_peer_.has_value(); }

    void on_datagram(const Address& sender, std::string_view datagram, TimePoint now) {
        if (channel_.tracer().on()) channel_.received(escaped(datagram));
        const auto packet = Packet::parse(datagram);
        if (!packet) return;
        is_client() ? server_peer_->on_packet(*packet, now)
                    : acceptor_.on_packet(sender, *packet, now);
    }

    void send(const Address& to, const std::string& datagram, TimePoint now) {
        channel_.send(
            to, as_bytes(datagram), [&] { return escaped(datagram); }, now);
    }

    void on_failure(const SystemError& error) {
        if (!is_client()) return report_error(error.what());
        error.code() == ECONNREFUSED ? server_peer_->fail(error.what())
                                     : server_peer_->abort(error.what());
    }

    DatagramChannel channel_;
    std::optional<DatagramPeer> server_peer_;  // a client's
    UdpAcceptor acceptor_;                     // a server's
};

}  // namespace

std::unique_ptr<Transport> udp_transport(UdpSocket socket, const std::string& own_name,
                                         const ImpairmentSpec& impairment, const Tracer& tracer) {
    return std::make_unique<UdpTransport>(std::move(socket), own_name, impairment, tracer);
}

}  // namespace netlab::problem5
