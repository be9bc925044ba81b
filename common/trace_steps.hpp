// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/trace_record.hpp"

namespace netlab {

// A message on its way from one end to the other, or a note of one end, as the traces tell it.
struct TraceStep {
    TraceRecord record;                // the sender's, or if there is none the receiver's
    bool of_client = false;            // sent, or noted, by the client
    std::optional<std::int64_t> sent;  // nanoseconds; a note's time too
    std::optional<std::int64_t> received;
    bool lost = false;   // known not to have arrived whole
    bool again = false;  // the same was sent before by the same end

    [[nodiscard]] bool is_note() const { return record.dir == "note"; }
    // Its first time.
    [[nodiscard]] std::int64_t time() const { return sent ? *sent : *received; }
};

// Puts the records of one end or of both together, in the order of their time. With both, what one
// end sent is looked for in what the other one received: the same message, the oldest first.
std::vector<TraceStep> steps_of(std::vector<TraceRecord> records);

}  // namespace netlab
