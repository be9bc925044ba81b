// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

#include "common/trace_reader.hpp"
#include "tests/support/files.hpp"

namespace netlab::testing {

// What a program has written into --trace-file. Throws std::runtime_error that tells a bad line.
inline std::vector<TraceRecord> read_trace(const std::string& path) {
    std::vector<TraceRecord> records;
    std::string text = read_file(path);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        const std::string line = text.substr(at, end - at);
        auto record = parse_trace(line);
        if (!record || end == text.npos) throw std::runtime_error("no record: " + line);
        records.push_back(std::move(*record));
        at = end + 1;
    }
    return records;
}

}  // namespace netlab::testing
