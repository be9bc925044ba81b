// SPDX-License-Identifier: MIT
#include "problem4/media_parsers.hpp"

namespace netlab::problem4 {

// RFC 9639, section 8.2: the first block is STREAMINFO (type 0, behind a header of 4 bytes), and
// has at 10: sample rate (20 bits), channels (3), bits a sample (5), number of samples (36; 0 where
// it is not known).
MediaTime flac_duration(MediaReader& in, std::uint64_t begin) {
    if ((in.big_endian(begin + 4, 1) & 0x7F) != 0) return std::nullopt;
    const std::uint64_t fields = in.big64(begin + 18);
    const std::uint64_t samples = fields & 0xFFFFFFFFF;
    return media_time(static_cast<double>(samples), static_cast<double>(fields >> 44));
}

}  // namespace netlab::problem4
