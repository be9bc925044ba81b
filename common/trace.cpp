// SPDX-License-Identifier: MIT
#include "common/trace.hpp"

#include <chrono>
#include <cstdio>

#include "common/screen.hpp"
#include "common/trace_record.hpp"

namespace netlab {

Tracer::Tracer(const TraceOptions& options)
    : text_(options.text), server_(options.server), start_(Clock::now()) {
    if (!options.file.empty()) file_ = std::make_unique<RecordFile>(options.file);
    if (!options.pcap.empty()) pcap_ = std::make_unique<Pcap>(options.pcap);
}

void Tracer::show(const char* arrow, const char* dir, std::string_view message,
                  std::string_view peer, const Impairment::Fate& fate) const noexcept {
    const TimePoint now = Clock::now();
    const std::string_view impaired = name_of(fate);
    if (text_) {
        char head[48];
        std::snprintf(head, sizeof head, "%12.3f ms  %s ", to_seconds(now - start_) * 1000, arrow);
        const bool met = !impaired.empty();
        const std::initializer_list<std::string_view> line = {
            head, message, met ? " (" : "", impaired, met ? " by --impair)" : "", "\n"};
        server_ ? log_line(line) : print_error(line);
    }
    if (!file_) return;
    try {
        TraceRecord record = TraceRecord::describe(dir, message);
        record.t = std::chrono::nanoseconds(now.time_since_epoch()).count();
        record.end = server_ ? "server" : "client";
        if (record.peer.empty()) record.peer = peer;
        record.fate = impaired;
        file_->append(as_bytes(record.to_json() + "\n"));
    } catch (const std::bad_alloc&) {
        // The program that is being watched must not fail for it.
    }
}

}  // namespace netlab
