// SPDX-License-Identifier: MIT
#include "common/pcap.hpp"

#include <chrono>
#include <span>

#include "common/wire.hpp"

namespace netlab {

namespace {

constexpr std::uint8_t kUdp = 17;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kChecksumInIpv4 = 10;
constexpr std::size_t kChecksumInUdp = 6;

Bytes host_bytes(const Address& address) {
    if (address.family() == AF_INET6) {
        const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(address.get());
        return std::as_bytes(std::span(ipv6->sin6_addr.s6_addr));
    }
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(address.get());
    return std::as_bytes(std::span(&ipv4->sin_addr.s_addr, 1));
}

// RFC 1071: the sum of 16-bit words with end-around carry, complemented at the end.
std::uint32_t sum_of(Bytes bytes, std::uint32_t sum = 0) {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        sum += load_big_endian<std::uint16_t>(&bytes[i]);
    }
    if (bytes.size() % 2 != 0) sum += std::to_integer<std::uint32_t>(bytes.back()) << 8;
    return sum;
}

std::uint16_t checksum_of(std::uint32_t sum) {
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

// In the byte order of this machine, which a reader learns from the magic number.
template <typename... Integer>
void append_native(std::vector<std::byte>& out, Integer... values) {
    const auto put = [&](Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
    (put(std::as_bytes(std::span(&values, 1))), ...);
}

}  // namespace

std::vector<std::byte> udp_packet(const Address& from, const Address& to, Bytes payload,
                                  std::uint8_t time_to_live) {
    std::vector<std::byte> out;
    WireWriter writer(out);
    const auto udp_size = static_cast<std::uint16_t>(kUdpHeader + payload.size());
    if (from.family() == AF_INET6) {
        writer.u32(0x60000000).u16(udp_size).u8(kUdp).u8(time_to_live);
        writer.bytes(host_bytes(from)).bytes(host_bytes(to));
    } else {
        const auto size = static_cast<std::uint16_t>(kIpv4Header + udp_size);
        writer.u16(0x4500).u16(size).u32(0x4000);  // do not fragment
        writer.u8(time_to_live).u8(kUdp).u16(0);
        writer.bytes(host_bytes(from)).bytes(host_bytes(to));
        store_big_endian(&out[kChecksumInIpv4], checksum_of(sum_of(out)));
    }
    const std::size_t udp = out.size();
    writer.u16(from.port()).u16(to.port()).u16(udp_size).u16(0).bytes(payload);

    // The pseudo-header of RFC 768 and RFC 8200: addresses, protocol, length. 0 would mean none.
    const std::uint32_t pseudo =
        sum_of(host_bytes(to), sum_of(host_bytes(from), std::uint32_t{kUdp} + udp_size));
    const std::uint16_t checksum = checksum_of(sum_of(Bytes(out).subspan(udp), pseudo));
    store_big_endian(&out[udp + kChecksumInUdp], checksum == 0 ? std::uint16_t{0xFFFF} : checksum);
    return out;
}

Pcap::Pcap(const std::string& path) : file_(path) {
    constexpr std::uint32_t kMagic = 0xA1B23C4D;
    constexpr std::uint32_t kMaxPacket = 65'535;
    constexpr std::uint32_t kRawIp = 101;
    std::vector<std::byte> header;
    append_native(header, kMagic, std::uint16_t{2}, std::uint16_t{4}, std::uint32_t{0},
                  std::uint32_t{0}, kMaxPacket, kRawIp);
    file_.append(header);
}

void Pcap::add(const Address& from, const Address& to, Bytes payload, bool dropped) noexcept {
    try {
        const auto packet = udp_packet(from, to, payload, dropped ? 0 : 64);
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(now);
        const auto size = static_cast<std::uint32_t>(packet.size());
        std::vector<std::byte> record;
        append_native(record, static_cast<std::uint32_t>(whole.count()),
                      static_cast<std::uint32_t>(std::chrono::nanoseconds(now - whole).count()),
                      size, size);
        record.insert(record.end(), packet.begin(), packet.end());
        file_.append(record);
    } catch (const std::bad_alloc&) {
        // The program that is being watched must not fail for it.
    }
}

}  // namespace netlab
