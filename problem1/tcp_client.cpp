// SPDX-License-Identifier: MIT
//
// Sends files over TCP in chunks of 100 bytes, the next one only after the acknowledgement of the
// last; a chunk whose ACK does not come in time is sent again. Shows stop-and-wait, and with
// --window N selective repeat.
//
//     tcp_server                         then, in a second terminal:   tcp_client notes.txt
//
// See also: tcp_server.cpp, its pair; common/retransmit.hpp, the timers and the window.
#include <algorithm>

#include "common/chunking.hpp"
#include "common/cli.hpp"
#include "common/retransmit.hpp"
#include "common/signals.hpp"
#include "common/summary.hpp"
#include "common/terminal.hpp"
#include "problem1/frame_stream.hpp"
#include "problem1/source_file.hpp"

namespace netlab::problem1 {
namespace {

constexpr const char* kProgram = "tcp_client";
constexpr std::size_t kBatch = 256 * 1024;  // bytes encoded before they are sent
constexpr Duration kAskAgain = seconds(5);  // while the server makes the file durable ...
constexpr int kMostQuestions = 120;         // ... ten minutes at most

struct Options {
    CommonOptions common{.port = 7101};
    std::vector<std::string> files;
    std::uint32_t chunk_size = 100;
    std::uint32_t window = 1;
    Duration timeout = seconds(1);
    int retries = 10;
    bool resume = false;
    ImpairmentSpec impairment;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "FILE...", "Sends files over TCP, every chunk acknowledged.",
                     "tcp_client --window 16 notes.txt photo.jpg", options.common, false);
    line.number<std::uint32_t>("chunk-size", "N", "bytes a chunk carries", options.chunk_size, 1,
                               kMaxChunkSize);
    line.number<std::uint32_t>("window", "N", "chunks in flight", options.window, 1,
                               kMaxWindowBytes);
    line.duration("timeout", "first retransmission timeout", options.timeout);
    line.number("retries", "N", "retransmissions of a chunk before giving up", options.retries, 0,
                1000);
    line.flag("resume", "continue interrupted uploads", options.resume);
    line.impairment(options.impairment);
    options.files = line.parse(argc, argv);
    if (options.files.empty()) line.fail("no FILE given");
    if (std::uint64_t{options.window} * options.chunk_size > kMaxWindowBytes) {
        line.fail("--window times --chunk-size is over 16 MiB");
    }
    return options;
}

// The server's last word on a file.
class Refused : public std::runtime_error {
  public:
    explicit Refused(const ErrorInfo& error)
        : std::runtime_error("server: " + escaped(error.reason)), code(error.code) {}
    ErrorInfo::Code code;
};

// One file on its way to the server.
class Transfer {
  public:
    Transfer(SourceFile& file, const Options& options, FrameStream& stream, RttEstimator& rtt,
             const Tracer& tracer)
        : file_(file),
          options_(options),
          stream_(stream),
          rtt_(rtt),
          tracer_(tracer),
          id_(random_transfer()),
          chunks_(file.size(), options.chunk_size),
          progress_(escaped(file.name()), file.size(), !options.common.quiet) {}

    // Announce, send the chunks, end; returns the summary. Throws Refused, TimeoutError.
    Summary run(bool resume) {
        const TimePoint start = Clock::now();
        const std::uint64_t offset = announce(resume);
        const std::uint64_t first = FixedChunks(offset, options_.chunk_size).count() + 1;
        if (options_.window == 1) {
            stop_and_wait(first);
        } else {
            selective_repeat(first);
        }
        const EndInfo end{file_.crc(), 0};
        exchange(FrameType::end, chunks_.count() + 1, end.encode(), FrameType::done);
        progress_.clear();
        return {"sent " + escaped(file_.name()), file_.size() - offset, chunks_.count() - first + 1,
                std::to_string(retransmissions_) + " retransmissions", Clock::now() - start};
    }

  private:
    std::uint64_t announce(bool resume) {
        const StartInfo info{file_.size(),
                             chunks_.count(),
                             options_.chunk_size,
                             options_.window,
                             resume ? StartInfo::kResume : std::uint8_t{0},
                             file_.name()};
        const Frame accept = exchange(FrameType::start, 0, info.encode(), FrameType::accept);
        const std::uint64_t offset = decode_offset(accept.payload);
        if (offset > file_.size() || (offset < file_.size() && offset % options_.chunk_size != 0)) {
            throw ProtocolError("ACCEPT with a wrong offset");
        }
        return offset;
    }

    // The lab's way: one chunk, its ACK, the next chunk.
    void stop_and_wait(std::uint64_t first) {
        for (std::uint64_t number = first; number <= chunks_.count(); ++number) {
            const ByteRange range = chunks_.range(number);
            exchange(FrameType::data, number, file_.read(range), FrameType::ack);
            progress_.update(range.offset + range.length);
        }
    }

    // Sends a frame and waits for its answer; sends it again each time the timer fires.
    Frame exchange(FrameType type, std::uint64_t number, Bytes payload, FrameType answer) {
        Duration timeout = rtt_.timeout();
        int limit = options_.retries;
        for (int attempt = 0;; ++attempt) {
            const TimePoint sent_at = Clock::now();
            stream_.queue({type, id_, number, payload});
            Frame reply;
            while (receive(reply, sent_at + timeout)) {
                // A duplicate of an earlier ACK is no reason to send anything (RFC 1123, 4.2.3.1).
                if (reply.sequence != number) continue;
                if (reply.type == answer) {
                    if (attempt == 0 && type != FrameType::end)
                        rtt_.add_sample(Clock::now() - sent_at);
                    return reply;
                }
                // END has arrived, and the server is alive: the disk may take its time.
                if (type == FrameType::end && reply.type == FrameType::ack) {
                    limit = attempt + kMostQuestions;
                    timeout = kAskAgain;
                }
            }
            give_up_or_count(number, attempt, limit, Clock::now() - sent_at);
            rtt_.back_off();
            timeout = std::max(timeout, rtt_.timeout());
        }
    }

    // --window N: up to N chunks in flight, each with its own acknowledgement and its own timer.
    void selective_repeat(std::uint64_t first) {
        const std::uint64_t last = chunks_.count();
        const std::size_t most = std::min<std::uint64_t>(options_.window, last + 1);
        SendWindow window(first, most, rtt_);
        while (window.next() <= last || !window.empty()) {
            const TimePoint now = Clock::now();
            if (stream_.unsent() == 0) resend_overdue(window, now);
            while (window.next() <= last && !window.full() && stream_.unsent() < kBatch) {
                send_chunk(window.next());
                window.on_sent(now);
            }

            // While output waits for room, retransmissions would only wait behind it.
            pump(stream_.unsent() > 0 ? kNever : window.next_timeout());
            const TimePoint arrived = Clock::now();
            for (Frame reply; take(reply);) {
                if (reply.type == FrameType::ack) window.on_acknowledged(reply.sequence, arrived);
            }
            progress_.update((window.next() - 1) * options_.chunk_size);
        }
    }

    void send_chunk(std::uint64_t number) {
        stream_.queue({FrameType::data, id_, number, file_.read(chunks_.range(number))});
    }

    void resend_overdue(SendWindow& window, TimePoint now) {
        for (const auto& chunk : window.take_expired(now)) {
            give_up_or_count(chunk.number, chunk.retransmissions, options_.retries, chunk.waited);
            send_chunk(chunk.number);
        }
    }

    void give_up_or_count(std::uint64_t number, int attempt, int limit, Duration waited) {
        if (tracer_.on()) {
            tracer_.event("timeout seq=" + std::to_string(number) + " after " +
                          show_duration(waited));
        }
        if (attempt >= limit) {
            const std::string what =
                number == 0 ? "the announcement"
                : number > chunks_.count()
                    ? "the end"
                    : "chunk " + std::to_string(number) + " of " + std::to_string(chunks_.count());
            throw TimeoutError(what + " was not acknowledged after " + std::to_string(attempt) +
                               " retransmissions");
        }
        ++retransmissions_;
    }

    // The next frame of this transfer, until the deadline. ERROR ends the transfer.
    bool receive(Frame& reply, TimePoint deadline) {
        while (!take(reply)) {
            pump(deadline);
            if (Clock::now() >= deadline && !stream_.has_frame()) return false;
        }
        return true;
    }

    bool take(Frame& reply) {
        while (stream_.take(reply)) {
            // Transfer 0 is no transfer: a server that is full says so before it knows any.
            const bool ours = reply.transfer == id_;
            if (reply.type == FrameType::error && (ours || reply.transfer == 0)) {
                throw Refused(ErrorInfo::decode(reply.payload));
            }
            if (ours) return true;
        }
        return false;
    }

    void pump(TimePoint deadline) {
        if (!stream_.pump(deadline)) {
            throw ProtocolError(stream_.peer_name() + " closed the connection");
        }
    }

    SourceFile& file_;
    const Options& options_;
    FrameStream& stream_;
    RttEstimator& rtt_;
    const Tracer& tracer_;
    std::uint32_t id_;
    FixedChunks chunks_;
    ProgressBar progress_;
    std::uint64_t retransmissions_ = 0;
};

// One file, whose failure is no reason not to send the next one. Throws what ends the connection.
bool send_file(const std::string& path, const Options& options, FrameStream& stream,
               RttEstimator& rtt, const Tracer& tracer) {
    std::optional<SourceFile> file;
    try {
        file.emplace(path);
    } catch (const std::exception& error) {
        report_file(kProgram, path, error.what());
        return false;
    }
    for (bool resume = options.resume;; resume = false) {
        try {
            print_out(Transfer(*file, options, stream, rtt, tracer).run(resume).line());
            return true;
        } catch (const Refused& refused) {
            report_file(kProgram, path, refused.what());
            if (!resume || refused.code != ErrorInfo::Code::wrong_checksum) return false;
            report_file(kProgram, path,
                        "what the server had was not its beginning: starting again");
        }
    }
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    throw_on_interrupt();
    const Tracer tracer(options.common.trace);
    TcpStream connection = TcpStream::connect(options.common.host, options.common.port);
    FrameStream stream(connection, options.impairment, tracer);
    RttEstimator rtt(options.timeout);

    bool all_sent = true;
    for (const std::string& path : options.files) {
        all_sent = send_file(path, options, stream, rtt, tracer) && all_sent;
    }
    return all_sent ? 0 : 1;
}

}  // namespace
}  // namespace netlab::problem1

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem1::kProgram,
                               [&] { return netlab::problem1::run(argc, argv); });
}
