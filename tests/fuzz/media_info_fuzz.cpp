// SPDX-License-Identifier: MIT
//
// Problem 4: media files that mean no good. Whatever they are, looking at them comes to an end, and
// an MP4 with its index moved to the front has the same bytes, but for the offsets in its index,
// however it is read.
#include "problem4/media/media.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/problem4/memory_source.hpp"

namespace netlab::fuzz {
namespace {

using namespace problem4;

void check_info(const ByteSource& source) {
    const MediaInfo info = probe_media(source);
    require(!info.container.empty());
    require(info.duration.count() >= 0);
}

std::vector<std::byte> read_in_pieces(const ByteSource& source, std::size_t piece) {
    std::vector<std::byte> all;
    std::vector<std::byte> buffer(piece);
    while (const std::size_t got = source.read_at(all.size(), buffer)) {
        all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
    }
    return all;
}

void check_rearrangement(Bytes file, std::size_t piece) {
    try {
        const auto sent = index_first(memory_source(file));
        const auto whole = read_in_pieces(sent, file.size());
        require(whole.size() == file.size());
        require(read_in_pieces(sent, piece) == whole);
        require(probe_media(sent).duration == probe_media(memory_source(file)).duration);
        // The index is in front now: there is nothing left to do.
        const auto again = index_first(memory_source(whole));
        require(read_in_pieces(again, piece) == whole);
    } catch (const MediaError&) {
    }
}

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    Input input(data, size);
    const std::size_t piece = 1 + std::size_t{input.byte()};
    check_info(netlab::problem4::memory_source(input.rest()));
    check_rearrangement(input.rest(), piece);
    return 0;
}
