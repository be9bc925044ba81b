// SPDX-License-Identifier: MIT
//
// Problem 1: bytes as a datagram, as a stream in pieces, and frames that are made, sent and
// damaged.
#include "common/checksum.hpp"
#include "common/error.hpp"
#include "common/wire.hpp"
#include "problem1/frame.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netlab::fuzz {
namespace {

using namespace problem1;

void check_datagram(Bytes bytes) {
    const auto frame = decode_datagram(bytes);
    if (!frame) return;
    require(std::ranges::equal(encoded(*frame), bytes));
    require(printable(describe(*frame)));
}

// The same bytes with the right checksum, which a fuzzer would hardly ever find.
void check_forgery(Bytes bytes) {
    if (bytes.size() < kFrameOverhead) return;
    std::vector<std::byte> forged(bytes.begin(), bytes.end());
    const std::size_t end = bytes.size() - kTrailerSize;
    store_big_endian(&forged[end], crc32c(bytes.first(end)));
    check_datagram(forged);
}

// Returns how many bytes of the stream were found to be frames. Each of them, encoded again, must
// be the bytes that came, except that a damaged one is told by its checksum.
std::size_t check_stream(Bytes stream, std::size_t piece) {
    ByteQueue buffer;
    StreamFrame next;
    std::size_t at = 0;
    try {
        in_pieces(stream, piece, [&](Bytes some) {
            arrive(buffer, some);
            while (take_frame(buffer, next)) {
                const auto again = encoded(next.frame);
                require(again.size() <= stream.size() - at);
                const Bytes came = stream.subspan(at, again.size());
                require(next.intact == std::ranges::equal(again, came));
                at += again.size();
            }
        });
        require(!buffer.empty() == (at < stream.size()));
    } catch (const ProtocolError&) {
        require(at < stream.size());
    }
    return at;
}

void check_damage(Input input) {
    const std::uint8_t damage = input.byte();
    const std::uint64_t where = input.number(2);
    const Frame sent{static_cast<FrameType>(1 + input.byte() % 9),
                     static_cast<std::uint32_t>(input.number(4)), input.number(), input.rest()};

    auto datagram = encoded(sent);
    require(check_stream(datagram, 1 + damage) == datagram.size());
    datagram[where % datagram.size()] ^= std::byte{damage};
    const auto received = decode_datagram(datagram);
    require(received.has_value() == (damage == 0));
    if (!received) return;
    require(received->type == sent.type && received->transfer == sent.transfer &&
            received->sequence == sent.sequence &&
            std::ranges::equal(received->payload, sent.payload));
}

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    Input input(data, size);
    check_datagram(input.rest());
    check_forgery(input.rest());
    if (size > netlab::problem1::kMaxPayload) return 0;
    check_damage(input);
    const std::size_t piece = 1 + std::size_t{input.byte()};
    require(check_stream(input.rest(), piece) == check_stream(input.rest(), size));
    return 0;
}
