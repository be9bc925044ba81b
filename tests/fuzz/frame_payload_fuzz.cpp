// SPDX-License-Identifier: MIT
//
// Problem 1: the payloads of frames whose checksum was right, from a peer that means no good.
#include "common/chunking.hpp"
#include "common/error.hpp"
#include "problem1/frame.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netlab::fuzz {
namespace {

using namespace problem1;

bool begins_with(Bytes all, const std::vector<std::byte>& part) {
    return part.size() <= all.size() && std::ranges::equal(all.first(part.size()), part);
}

// What is encoded again is what came; fields that a later version may add at the end are ignored.
template <typename Info>
void check_info(Bytes payload) {
    try {
        require(begins_with(payload, Info::decode(payload).encode()));
    } catch (const ProtocolError&) {
    }
}

void check_start(Bytes payload) {
    try {
        const StartInfo info = StartInfo::decode(payload);
        require(info.encode().size() == payload.size());
        if (info.has(StartInfo::kLines)) return;
        require(info.chunk_size <= kMaxChunkSize);
        require(FixedChunks(info.file_size, info.chunk_size).count() == info.chunk_count);
        require(std::uint64_t{info.window} * info.chunk_size <= kMaxWindowBytes);
    } catch (const ProtocolError&) {
    }
}

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    using namespace netlab::problem1;
    Input input(data, size);
    const auto type = static_cast<FrameType>(1 + input.byte() % 9);
    const netlab::Bytes payload = input.rest();
    check_info<StartInfo>(payload);
    check_start(payload);
    check_info<EndInfo>(payload);
    check_info<ErrorInfo>(payload);
    check_info<NackInfo>(payload);
    require(printable(describe({type, 1, 2, payload})));
    return 0;
}
