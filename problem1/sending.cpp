// SPDX-License-Identifier: MIT
#include "problem1/sending.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/screen.hpp"
#include "common/summary.hpp"
#include "common/wire.hpp"

namespace netlab::problem1 {

std::vector<std::byte> Delivery::announcement() const {
    return StartInfo{.file_size = source.size(),
                     .chunk_count = chunks().count(),
                     .chunk_size = options.chunk_size,
                     .window = options.window,
                     .flags = resume ? StartInfo::kResume : std::uint8_t{0},
                     .name = source.name()}
        .encode();
}

std::uint64_t Delivery::accepted_offset(const Frame& accept) const {
    const std::uint64_t offset = WireReader(accept.payload).u64();
    if (offset > source.size() || (offset < source.size() && offset % options.chunk_size != 0)) {
        throw ProtocolError("ACCEPT with a wrong offset");
    }
    return offset;
}

void check_refusal(const Frame& frame, std::uint32_t transfer) {
    if (frame.type != FrameType::error) return;
    if (frame.transfer != transfer && frame.transfer != 0) return;
    throw Refused(ErrorInfo::decode(frame.payload));
}

void note_timeout_or_give_up(const SendWindow::Expired& timeout, bool arrived, int retries,
                             std::uint64_t chunks, FrameSink& sink) {
    const std::string number = std::to_string(timeout.number);
    sink.note((arrived ? "probe seq=" : "timeout seq=") + number + " after " +
              show_duration(timeout.waited));
    if (timeout.retransmissions < (arrived ? kMaxProbes : retries)) return;
    const auto times = static_cast<std::uint64_t>(timeout.retransmissions);
    if (arrived) {
        throw TimeoutError("the server has the whole file, but did not confirm it after " +
                           show_count(times, "probe"));
    }
    const std::string what = timeout.number == 0 ? "the announcement"
                             : timeout.number > chunks
                                 ? "the end"
                                 : "chunk " + number + " of " + std::to_string(chunks);
    throw TimeoutError(what + " was not acknowledged after " + show_count(times, "retransmission"));
}

std::string summary(const Source& file, const Sent& sent, Duration elapsed, bool confirmed) {
    const std::string repeats =
        confirmed ? show_count(sent.retransmissions, "retransmission") : "unconfirmed";
    return Summary{"sent " + escaped(file.name()), sent.bytes, sent.chunks, repeats, elapsed}
        .line();
}

std::string failure_of(const std::string& path, const std::string& problem) {
    const bool named = (" " + problem).find(" " + path + ": ") != std::string::npos;
    return escaped(named ? problem : path + ": " + problem);
}

void report_failure(const char* program, const std::string& path, const std::string& problem) {
    print_error(std::string(program) + ": " + failure_of(path, problem) + "\n");
}

}  // namespace netlab::problem1
