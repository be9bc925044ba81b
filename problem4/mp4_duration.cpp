// SPDX-License-Identifier: MIT
#include "problem4/media_parsers.hpp"
#include "problem4/mp4_box.hpp"

namespace netlab::problem4 {

// `moov` holds `mvhd`: version (1 byte), flags (3), two dates, units in a second (4 bytes), and the
// duration in those units, of which all ones and 0 stand for "not known". Dates and duration have 8
// bytes in version 1, else 4. A recording in fragments says 0.
MediaTime mp4_duration(MediaReader& in) {
    MediaTime duration;
    for_each_box(in, 0, in.size(), [&](const Box& moov) {
        if (!moov.is("moov")) return;
        for_each_box(in, moov.body, moov.end, [&](const Box& box) {
            if (!box.is("mvhd")) return;
            const bool wide = in.big_endian(box.body, 1) == 1;
            const std::uint64_t at = box.body + (wide ? 20 : 12);
            const std::uint64_t units = in.big_endian(at + 4, wide ? 8 : 4);
            if (units == (wide ? UINT64_MAX : UINT32_MAX)) return;
            duration = media_time(static_cast<double>(units), in.big32(at));
        });
    });
    return duration;
}

}  // namespace netlab::problem4
