// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "common/trace_record.hpp"

namespace netlab {

// A line of --trace-file, without its newline: nullopt unless it is a flat JSON object of strings
// and numbers, with a `dir`.
std::optional<TraceRecord> parse_trace(std::string_view json);

}  // namespace netlab
