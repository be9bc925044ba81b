// SPDX-License-Identifier: MIT
//
// Problem 4: bytes as a datagram, the same with the right checksum, and what a server with a client
// makes of them.
#include "problem4/session_table.hpp"
#include "tests/fuzz/forged.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/problem4/zero_media.hpp"

namespace netlab::fuzz {
namespace {

using namespace problem4;

constexpr std::uint64_t kSize = 100'000;

void check_datagram(Bytes bytes) {
    const auto packet = decode(bytes);
    if (!packet) return;
    require(bytes.size() <= kMaxDatagram);
    require(std::ranges::equal(encode(*packet), bytes));
    require(printable(describe(*packet)));
}

// A server with one client, to whom only what there is is sent, and in pieces of the right size.
class Served {
  public:
    Served()
        : table_({.seed = 1}, {1, 2},
                 {.send = [this](const Address&, const Packet& packet) { sent(packet); },
                  .open = [](const std::string&) { return zero_media(kSize); },
                  .note = [](const std::string&) {},
                  .result = [](const std::string&) {},
                  .problem =
                      [](const std::string& text) {
                          require(printable(std::string_view(text).substr(0, text.size() - 1)));
                      }}) {
        table_.on_packet(peer_, {0, Request{7, "a"}}, now_);
        table_.on_packet(peer_, {session_, Start{7, 2000, 0, "a"}}, now_);
    }

    [[nodiscard]] std::uint64_t session() const { return session_; }

    void take(Bytes datagram) {
        if (const auto packet = decode(datagram)) table_.on_packet(peer_, *packet, now_);
        now_ += milliseconds(7);
        table_.on_timer(now_);
        require(table_.size() <= 2);
    }

  private:
    void sent(const Packet& packet) {
        session_ = packet.session;
        require(decode(encode(packet)).has_value());
        if (const auto* data = std::get_if<Data>(&packet.body)) {
            require(data->offset + data->payload.size() <= kSize);
            require(data->payload.size() >= kMinPayload ||
                    data->offset + data->payload.size() == kSize);
        }
    }

    Address peer_;
    TimePoint now_{seconds(1000)};
    std::uint64_t session_ = 0;
    SessionTable table_;
};

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    Input input(data, size);
    check_datagram(input.rest());

    Served server;
    const std::uint64_t session = server.session();
    while (!input.rest().empty()) {
        const std::uint8_t type = input.byte();
        const std::uint64_t to = type % 16 == 1 ? 0 : session;
        const netlab::Bytes body =
            input.rest().first(std::min<std::size_t>(input.number(2), input.rest().size()));
        const auto datagram = forged(type % 16, to, body);
        check_datagram(datagram);
        server.take(datagram);
        for (std::size_t i = 0; i < body.size(); ++i) input.byte();
    }
    return 0;
}
