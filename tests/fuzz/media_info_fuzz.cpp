// SPDX-License-Identifier: MIT
//
// Problem 4: media files that mean no good. Whatever they are, looking at them comes to an end, and
// an MP4 with its index moved to the front has the same bytes, but for the offsets in its index,
// however it is read.
#include "problem4/media/media_info.hpp"
#include "problem4/media/mp4_rearrangement.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/problem4/memory_source.hpp"

namespace netlab::fuzz {
namespace {

using namespace problem4;

void check_info(const ByteSource& source) {
    const MediaInfo info = probe_media(source);
    require(!info.container.empty());
    if (!info.duration) return;
    require(info.duration->count() > 0);
    require(info.duration->count() / 1'000'000 <= static_cast<std::int64_t>(source.size()));
}

std::vector<std::byte> read_in_pieces(const Mp4Rearrangement& rearrangement,
                                      const ByteSource& source, std::size_t piece) {
    std::vector<std::byte> all;
    std::vector<std::byte> buffer(piece);
    while (const std::size_t got = rearrangement.read_at(source, all.size(), buffer)) {
        all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
    }
    return all;
}

void check_rearrangement(const ByteSource& source, std::size_t piece) {
    try {
        const auto rearrangement = Mp4Rearrangement::plan(source);
        if (!rearrangement) return;
        const auto whole = read_in_pieces(*rearrangement, source, source.size());
        require(whole.size() == source.size());
        require(read_in_pieces(*rearrangement, source, piece) == whole);
        // The index is in front now: there is nothing left to do.
        require(!Mp4Rearrangement::plan(MemorySource(whole)));
        require(probe_media(MemorySource(whole)).duration == probe_media(source).duration);
    } catch (const MediaError&) {
    }
}

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    Input input(data, size);
    const std::size_t piece = 1 + std::size_t{input.byte()};
    const netlab::problem4::MemorySource source(input.rest());
    check_info(source);
    check_rearrangement(source, piece);
    return 0;
}
