// SPDX-License-Identifier: MIT
//
// Problem 4: what a client, and the player behind it, make of a server that means harm.
#include "problem4/stream_receiver.hpp"
#include "tests/fuzz/forged.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netlab::fuzz {
namespace {

using namespace problem4;

constexpr std::uint64_t kCapacity = 256 * 1024;
constexpr std::uint64_t kNonce = 7;
constexpr std::uint64_t kSession = 0x1122334455667788;

void require_printable_lines(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    require(printable(text));
}

class Client {
  public:
    Client(bool copy, Duration latency)
        : copy_(copy),
          receiver_({.name = "a",
                     .server = "192.0.2.1:7401",
                     .nonce = kNonce,
                     .buffer = {.latency = latency, .copy = copy, .capacity = kCapacity}},
                    now_, [this](const Packet& packet) { sent(packet); }) {}

    void hear(Bytes datagram) {
        if (const auto packet = decode(datagram)) receiver_.on_packet(*packet, now_);
    }

    // So many pieces in order: a film that a fuzzer would hardly ever write.
    void hear_pieces(int count) {
        static constexpr std::byte kPiece[kMaxPayload] = {};
        for (const auto& buffer = receiver_.buffer(); buffer && count > 0; --count) {
            const std::uint64_t left = buffer->size() - buffer->contiguous();
            const Bytes piece = Bytes(kPiece).first(std::min<std::uint64_t>(left, kMaxPayload));
            receiver_.on_packet({kSession, Data{0, 0, buffer->contiguous(), piece}}, now_);
        }
    }

    // The player takes so much, or all there is.
    void take(std::uint64_t most) {
        if (!started_ && !receiver_.ready()) return;
        if (!started_ && !copy_) receiver_.on_started(now_);
        started_ = true;
        do {
            const Bytes front = receiver_.front();
            const std::uint64_t count = std::min<std::uint64_t>(front.size(), most);
            receiver_.on_written(count);
            receiver_.on_consumed(receiver_.written(), now_);
            most -= count;
        } while (most > 0 && !receiver_.front().empty());
    }

    void pass(Duration time) {
        const TimePoint end = now_ + time;
        while (receiver_.next_deadline() <= end) {
            now_ = std::max(now_, receiver_.next_deadline());
            receiver_.on_timer(now_);
            require(receiver_.next_deadline() > now_);
        }
        now_ = end;
    }

    void leave() { receiver_.leave(now_); }

    void check() const {
        require(printable(receiver_.status(now_, 79)));
        require_printable_lines(receiver_.summary(now_));
        require_printable_lines(receiver_.details());
        require(printable(receiver_.failure().value_or("")));
        if (const auto& buffer = receiver_.buffer()) {
            require(buffer->seen() <= buffer->size());
            require(buffer->seen() - buffer->read() <= kCapacity);
        }
    }

    // Then nothing more comes: it ends by itself, soon.
    void fall_silent() {
        for (int i = 0; i < 90 && !receiver_.finished(); ++i) {
            take(UINT64_MAX);
            pass(milliseconds(100));
        }
        require(receiver_.finished());
        if (!started_ || copy_ || !receiver_.written_all()) return;
        const Duration left = receiver_.playback()->remaining();
        require(left > -seconds(1) && left < std::chrono::hours(24 * 366));
    }

  private:
    void sent(const Packet& packet) const {
        const auto datagram = encode(packet);
        require(datagram.size() <= kMaxDatagram && decode(datagram));
        require(printable(describe(packet)));
        const auto* report = std::get_if<Report>(&packet.body);
        if (report == nullptr) return;
        const std::uint64_t size = receiver_.buffer()->size();
        require(report->contiguous <= size);
        for (const auto& [offset, length] : report->missing) {
            require(offset >= report->contiguous && offset + length <= size);
        }
    }

    bool copy_;
    bool started_ = false;
    TimePoint now_{seconds(1000)};
    StreamReceiver receiver_;
};

}  // namespace
}  // namespace netlab::fuzz

// Steps follow each other: a packet of types 1 to 9 (its size and fields), or what else happens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    enum { kPass = 10, kTake, kPieces, kLeave };

    Input input(data, size);
    const std::uint8_t options = input.byte();
    Client client((options & 1) != 0, netlab::milliseconds((options & 2) != 0 ? 100 : 2000));
    client.pass({});
    while (!input.rest().empty()) {
        const auto step = static_cast<std::uint8_t>(input.byte() % 16);
        if (step == kPass) {
            client.pass(netlab::milliseconds(10) * input.byte());
        } else if (step == kTake) {
            client.take(input.number(2));
        } else if (step == kPieces) {
            client.hear_pieces(input.byte());
        } else if (step == kLeave) {
            client.leave();
        } else {
            const std::size_t length = input.number(2);
            const auto body = input.rest().first(std::min(length, input.rest().size()));
            client.hear(forged(step, kSession, body));
            for (std::size_t i = 0; i < body.size(); ++i) input.byte();
        }
        client.check();
    }
    client.fall_silent();
    client.check();
    return 0;
}
