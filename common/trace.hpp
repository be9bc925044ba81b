// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/impairment.hpp"
#include "common/pcap.hpp"
#include "common/server_log.hpp"
#include "common/time.hpp"

namespace netlab {

// Where a program shows its protocol: the options --trace, --trace-file and --pcap.
struct TraceOptions {
    bool text = false;
    std::string file{};  // empty: none
    std::string pcap{};
    bool server = false;  // which end this program is
};

// Every protocol message, as --trace shows it on stderr, a line for each message, with the time
// since the program began:
//
//        0.412 ms  -> DATA seq=7 len=100
//        0.498 ms  <- ACK seq=7
//     1000.950 ms  -- timeout seq=8 after 1 s
//
// and as --trace-file writes it, with the peer's address (if the message does not end in " peer=",
// the one that is given) and what --impair has done. Thread-safe. Check on() before making the text
// if that costs.
class Tracer {
  public:
    // Throws SystemError if a file cannot be made.
    explicit Tracer(const TraceOptions& options = {});

    [[nodiscard]] bool on() const noexcept { return text_ || file_ != nullptr; }
    void sent(std::string_view message, std::string_view peer = {},
              const Impairment::Fate& fate = {}) const noexcept {
        show("->", "out", message, peer, fate);
    }
    void received(std::string_view message, std::string_view peer = {}) const noexcept {
        show("<-", "in", message, peer, {});
    }
    void event(std::string_view message, std::string_view peer = {}) const noexcept {
        show("--", "note", message, peer, {});
    }

    // The capture of --pcap, nullptr if there is none.
    [[nodiscard]] Pcap* pcap() const noexcept { return pcap_.get(); }

  private:
    void show(const char* arrow, const char* dir, std::string_view message, std::string_view peer,
              const Impairment::Fate& fate) const noexcept;

    bool text_;
    bool server_;
    TimePoint start_;
    std::unique_ptr<RecordFile> file_;
    std::unique_ptr<Pcap> pcap_;
};

}  // namespace netlab
