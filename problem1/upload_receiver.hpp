// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/recent_map.hpp"
#include "problem1/frame.hpp"
#include "problem1/receive_window.hpp"
#include "problem1/storage.hpp"

namespace netlab::problem1 {

// The server's half of the transfers over one TCP connection, one after the other: answers each
// frame, and writes each chunk once and in order, so that what is stored is a prefix of the file at
// any moment. Knows no socket and no clock.
class UploadReceiver {
  public:
    // starts_over: what was to be continued did not fit, and the client begins again.
    enum class Outcome { complete, incomplete, starts_over };
    // Told what became of a file, with a whole line for the log.
    using OnReport = std::function<void(Outcome, const std::string&)>;

    UploadReceiver(Storage storage, OnReport on_report)
        : storage_(std::move(storage)), on_report_(std::move(on_report)) {}

    // Sends the reply to a frame. A file that has just begun, while the one before it was not
    // complete, ends that one.
    void on_frame(const Frame& frame, TimePoint now, FrameSink& replies);

    // Writes the chunks that wait for that: to be called now and then, so that not much of what was
    // acknowledged is lost with this process.
    void flush(TimePoint now);

    // END has come: first send the replies so far, then call commit(), which blocks for as long as
    // the disk takes and replies DONE or ERROR. Hand in no frame in between.
    [[nodiscard]] bool wants_commit() const noexcept { return current_ && current_->crc; }
    void commit(TimePoint now, FrameSink& replies);

    // The connection has ended: true if a file was under way.
    bool close(TimePoint now, const std::string& why = "incomplete");

  private:
    static constexpr std::size_t kMaxRemembered = 256;

    // The file that is being received.
    struct Transfer {
        std::uint32_t id;
        StartInfo info;
        std::uint64_t offset;  // not 0: an earlier attempt is continued
        ReceiveWindow window;
        std::unique_ptr<Upload> upload;
        TimePoint started;
        std::uint64_t duplicates = 0;
        std::optional<std::uint32_t> crc{};  // of the file, when END has come
    };

    // The answer to whatever still comes of a transfer that is over.
    struct FinalReply {
        std::optional<ErrorInfo> error{};  // else it is stored
        std::uint64_t offset = 0;
    };

    void begin(const Frame& start, TimePoint now, FrameSink& replies);
    void on_current(const Frame& frame, FrameSink& replies);
    void on_data(const Frame& frame, FrameSink& replies);
    void fail(const ErrorInfo& error, TimePoint now);
    void conclude(std::uint32_t transfer, const FinalReply& reply, Outcome outcome,
                  const std::string& line, TimePoint now);
    void answer_again(const Frame& frame, const FinalReply& reply, FrameSink& replies) const;

    Storage storage_;
    OnReport on_report_;
    std::optional<Transfer> current_;
    RecentMap<std::uint32_t, FinalReply> finished_{kMaxRemembered};
};

}  // namespace netlab::problem1
