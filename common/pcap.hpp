// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "common/server_log.hpp"

namespace netlab {

// An IP packet with a UDP datagram, IPv4 or IPv6 as its addresses are; all checksums are right.
// `time_to_live` is IPv6's hop limit.
std::vector<std::byte> udp_packet(const Address& from, const Address& to, Bytes payload,
                                  std::uint8_t time_to_live);

// A capture that Wireshark, tshark and tcpdump open: classic pcap with nanoseconds (magic
// 0xA1B23C4D), LINKTYPE_RAW. Made by the program itself, so that it takes no rights, and shows what
// --impair has dropped: with a time to live of 0. Thread-safe.
class Pcap {
  public:
    // Throws SystemError.
    explicit Pcap(const std::string& path);

    void add(const Address& from, const Address& to, Bytes payload, bool dropped = false) noexcept;

  private:
    RecordFile file_;
};

}  // namespace netlab
