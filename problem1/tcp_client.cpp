// SPDX-License-Identifier: MIT
//
// Sends files over TCP in chunks of 100 bytes, the next one only after the acknowledgement of the
// last; a chunk whose ACK does not come in time is sent again. Shows stop-and-wait, and with
// --window N selective repeat.
//
//     tcp_server                         then, in a second terminal:   tcp_client notes.txt
//
// See also: tcp_server.cpp, its pair; stop_and_wait.cpp and selective_repeat.cpp, what it does.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/cli.hpp"
#include "common/random.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/summary.hpp"
#include "common/text.hpp"
#include "problem1/frame_stream.hpp"
#include "problem1/selective_repeat.hpp"
#include "problem1/source.hpp"
#include "problem1/stop_and_wait.hpp"

namespace netlab::problem1 {
namespace {

constexpr const char* kProgram = "tcp_client";
constexpr std::size_t kBatch = 256 * 1024;  // bytes encoded before they are sent
constexpr Duration kGoodbye = seconds(1);

struct Options {
    CommonOptions common{.port = 7101};
    std::vector<std::string> files;
    SendOptions sending;
    Duration timeout = seconds(1);
    bool resume = false;
    ImpairmentSpec impairment;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "FILE...", "Sends files over TCP, every chunk acknowledged.",
                     "tcp_client --window 16 notes.txt photo.jpg", options.common, false);
    line.number<std::uint32_t>("chunk-size", "N", "bytes a chunk carries",
                               options.sending.chunk_size, 1, kMaxChunkSize);
    line.number<std::uint32_t>("window", "N", "chunks in flight", options.sending.window, 1,
                               kMaxWindowBytes);
    line.duration("timeout", "first retransmission timeout, 20ms to 5s", options.timeout);
    line.number("retries", "N", "retransmissions of a chunk before giving up",
                options.sending.retries, 0, 1000);
    line.flag("resume", "continue interrupted uploads", options.resume);
    line.impairment(options.impairment);
    options.files = line.parse(argc, argv);
    if (options.files.empty()) line.fail("no FILE given");
    if (std::uint64_t{options.sending.window} * options.sending.chunk_size > kMaxWindowBytes) {
        line.fail("--window times --chunk-size is over 16 MiB");
    }
    return options;
}

// Many chunks in flight: the machine says what to send, and until when to wait.
Sent selective_repeat(FrameStream& stream, const Delivery& file, ProgressBar& progress) {
    SelectiveRepeat sender(file);
    while (!sender.done()) {
        const TimePoint now = stream.now();
        while (const auto* frame = stream.try_receive()) sender.on_frame(*frame, now);
        sender.send_due(now, kBatch - std::min(kBatch, stream.unsent()), stream);
        progress.update(sender.sent_bytes());
        if (!sender.done() && !stream.wait(sender.next_deadline())) {
            throw ProtocolError(stream.peer_name() + " closed the connection");
        }
    }
    return sender.result();
}

// One file on its way to the server. Throws Refused, and what ends the connection.
Sent transfer(FrameStream& stream, const Delivery& file, bool quiet) {
    ProgressBar progress(escaped(file.source.name()), file.source.size(), !quiet);
    if (file.options.window > 1) return selective_repeat(stream, file, progress);
    // The lab's way: one chunk, its ACK, the next chunk.
    return stop_and_wait(stream, file, [&](std::uint64_t bytes) { progress.update(bytes); });
}

// One file. That it is refused, or cannot be opened, is no reason not to send the next one. Throws
// what ends the connection, also if the file cannot be read to its end.
bool send_file(const Options& options, FrameStream& stream, RttEstimator& rtt,
               const std::string& path) {
    std::optional<Source> source;
    try {
        source.emplace(path);
    } catch (const std::exception& error) {
        report_failure(kProgram, path, error.what());
        return false;
    }
    for (bool resume = options.resume;; resume = false) {
        try {
            const TimePoint begin = Clock::now();
            const auto number = random_number<std::uint32_t>(1);
            const Sent sent = transfer(stream, {*source, options.sending, rtt, number, resume},
                                       options.common.quiet);
            print_out(summary(*source, sent, Clock::now() - begin), wait_or_interrupt);
            return true;
        } catch (const Refused& refused) {
            report_failure(kProgram, path, refused.what());
            if (!resume || refused.code != ErrorInfo::Code::wrong_checksum) return false;
            report_failure(kProgram, path,
                           "what the server had was not its beginning: starting again");
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(failure_of(path, error.what()));
        }
    }
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    TcpStream tcp = TcpStream::connect(options.common.host, options.common.port,
                                       TcpStream::kConnectTimeout, wait_or_interrupt);
    FrameStream stream(tcp, options.impairment, tracer);
    RttEstimator rtt(options.timeout);

    try {
        bool all_sent = true;
        for (const std::string& path : options.files) {
            all_sent = send_file(options, stream, rtt, path) && all_sent;
        }
        return all_sent ? 0 : 1;
    } catch (const Interrupted&) {
        tcp.close_gracefully(deadline_in(kGoodbye));  // all that was sent is kept
        throw;
    }
}

}  // namespace
}  // namespace netlab::problem1

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem1::kProgram,
                               [&] { return netlab::problem1::run(argc, argv); });
}
