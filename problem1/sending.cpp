// SPDX-License-Identifier: MIT
#include "problem1/sending.hpp"

#include "common/error.hpp"
#include "common/screen.hpp"
#include "common/summary.hpp"
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

void check_timeout(const Timeout& timeout, const SendOptions& options, std::uint64_t chunks,
                   FrameSink& sink) {
    const std::string number = std::to_string(timeout.number);
    sink.note((timeout.arrived ? "probe seq=" : "timeout seq=") + number + " after " +
              show_duration(timeout.waited));
    if (timeout.retransmissions < (timeout.arrived ? kMaxProbes : options.retries)) return;
    const std::string what = timeout.number == 0 ? "the announcement"
                             : timeout.number > chunks
                                 ? "the end"
                                 : "chunk " + number + " of " + std::to_string(chunks);
    throw TimeoutError(what + " was not acknowledged after " +
                       std::to_string(timeout.retransmissions) + " retransmissions");
}

std::string summary(const Source& file, const Sent& sent, Duration elapsed, bool confirmed) {
    const std::string repeats =
        confirmed ? std::to_string(sent.retransmissions) + " retransmissions" : "unconfirmed";
    return Summary{"sent " + escaped(file.name()), sent.bytes, sent.chunks, repeats, elapsed}
        .line();
}

void report_failure(const char* program, const std::string& path, const std::string& problem) {
    const bool named = problem.find(path) != std::string::npos;
    print_error(std::string(program) + ": " + escaped(named ? problem : path + ": " + problem) +
                "\n");
}

}  // namespace netlab::problem1
