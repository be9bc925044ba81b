// SPDX-License-Identifier: MIT
#include "problem1/sending.hpp"

#include "common/error.hpp"
#include "common/text.hpp"

namespace netlab::problem1 {

Refused::Refused(const ErrorInfo& error)
    : std::runtime_error("server: " + escaped(error.reason)), code(error.code) {}

std::vector<std::byte> announcement(const Source& source, const SendOptions& options, bool resume) {
    return StartInfo{
        source.size(),  FixedChunks(source.size(), options.chunk_size).count(), options.chunk_size,
        options.window, resume ? StartInfo::kResume : std::uint8_t{0},          source.name()}
        .encode();
}

std::uint64_t accepted_offset(const Frame& accept, const Source& source,
                              const SendOptions& options) {
    const std::uint64_t offset = decode_offset(accept.payload);
    if (offset > source.size() || (offset < source.size() && offset % options.chunk_size != 0)) {
        throw ProtocolError("ACCEPT with a wrong offset");
    }
    return offset;
}

bool concerns(const Frame& frame, std::uint32_t transfer) {
    const bool ours = frame.transfer == transfer;
    if (frame.type == FrameType::error && (ours || frame.transfer == 0)) {
        throw Refused(ErrorInfo::decode(frame.payload));
    }
    return ours;
}

bool note_timeout(FrameSink& sink, std::uint64_t number, std::uint64_t chunks, int attempt,
                  int limit, Duration waited) {
    const bool maybe_lost = limit != kMaxQuestions;
    sink.note((maybe_lost ? "timeout seq=" : "probe seq=") + std::to_string(number) + " after " +
              show_duration(waited));
    if (attempt < limit) return maybe_lost;
    const std::string what =
        number == 0       ? "the announcement"
        : number > chunks ? "the end"
                          : "chunk " + std::to_string(number) + " of " + std::to_string(chunks);
    throw TimeoutError(what + " was not acknowledged after " + std::to_string(attempt) +
                       " retransmissions");
}

}  // namespace netlab::problem1
