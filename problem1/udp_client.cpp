// SPDX-License-Identifier: MIT
//
// Sends files over UDP, 100 bytes a datagram, without any acknowledgement: what the network loses
// is lost, and the server can only say which chunks. Shows what TCP does for us; --repair shows the
// least that is needed to do it ourselves.
//
//     udp_server                         then, in a second terminal:   udp_client notes.txt
//
// See also: udp_server.cpp, its pair; paced_sender.cpp, what it does.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/cli.hpp"
#include "common/datagram_batch.hpp"
#include "common/datagram_channel.hpp"
#include "common/random.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/summary.hpp"
#include "common/text.hpp"
#include "problem1/paced_sender.hpp"
#include "problem1/source.hpp"

namespace netlab::problem1 {
namespace {

constexpr const char* kProgram = "udp_client";

// By default 20 000 datagrams a second at most. A stock receive buffer of 212 992 bytes holds 256
// small datagrams, so that a receiver may be away from its processor for 12 ms.
constexpr double kMinCost = 500;

struct Options {
    CommonOptions common{.port = 7102};
    std::vector<std::string> files;
    PacedSender::Options sending{.min_cost = kMinCost};
    ImpairmentSpec impairment;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "FILE...", "Sends files over UDP, without acknowledgements.",
                     "udp_client --rate 1M notes.txt", options.common, false);
    line.number<std::uint32_t>("chunk-size", "N", "bytes a datagram carries",
                               options.sending.chunk_size, 1, kMaxChunkSize);
    line.flag("lines", "send one line of text per datagram", options.sending.lines);
    line.custom("rate", "SIZE",
                "bytes of the file a second, or max: no limit (10 MB, in 20000 datagrams at most)",
                [&](std::string_view given) {
                    options.sending.rate = given == "max" ? PacedSender::kUnlimited
                                                          : static_cast<double>(parse_size(given));
                    if (options.sending.rate <= 0) throw UsageError("not over 0");
                    options.sending.min_cost = 0;
                });
    line.flag("repair", "ask the server what is missing, and send it again",
              options.sending.repair);
    line.impairment(options.impairment);
    options.files = line.parse(argc, argv);
    if (options.files.empty()) line.fail("no FILE given");
    return options;
}

// Sends and receives frames, through the impairment and into the trace.
class FrameSocket final : public FrameSink {
  public:
    FrameSocket(const Options& options, const Tracer& tracer)
        : channel_(UdpSocket::connect(options.common.host, options.common.port), options.impairment,
                   tracer, [](const SystemError& error) { throw error; }),
          sender_(channel_.socket()),
          impaired_(options.impairment.active()),
          input_(kFrameOverhead + kMaxPayload) {}

    // Collects frames of one size into few system calls; wait() sends what is left. Both throw
    // SystemError: "send 127.0.0.1:7102: Connection refused" if an earlier datagram found nobody.
    void send(const Frame& frame) override {
        if (impaired_) {
            return channel_.send(
                peer(), encoded(frame), [&] { return describe(frame); }, Clock::now());
        }
        const Tracer& tracer = channel_.tracer();
        if (tracer.on()) tracer.sent(describe(frame), peer().to_string());
        const std::size_t size = kFrameOverhead + frame.payload.size();
        if (size != frame_size_) flush();
        frame_size_ = size;
        append_frame(output_, frame);
    }

    void note(const std::string& text) override {
        channel_.tracer().event(text, peer().to_string());
    }

    // The next intact frame that has come, without a wait. Valid until the next call.
    [[nodiscard]] std::optional<Frame> try_receive() {
        while (const auto size = channel_.try_receive(input_)) {
            const auto frame = decode_datagram(Bytes(input_).first(*size));
            if (channel_.tracer().on()) {
                channel_.received(frame ? describe(*frame) : "(no intact frame)");
            }
            if (frame) return frame;
        }
        return std::nullopt;
    }

    // When wait() has something to send that the impairment has held back.
    [[nodiscard]] TimePoint next_deadline() const { return channel_.next_deadline(); }

    // Until something comes or the deadline. Throws Interrupted.
    void wait(TimePoint deadline) {
        flush();
        pollfd watched = channel_.watched();
        static_cast<void>(wait_or_interrupt({&watched, 1}, deadline));
        channel_.release(Clock::now());
    }

  private:
    [[nodiscard]] const Address& peer() { return channel_.socket().peer(); }

    void flush() {
        if (!output_.empty()) sender_.send(output_.data(), frame_size_);
        output_.clear();
    }

    DatagramChannel channel_;
    DatagramSender sender_;
    bool impaired_;
    ByteQueue output_;
    std::size_t frame_size_ = 0;  // of the frames in output_
    std::vector<std::byte> input_;
};

// One file on its way to the server: the machine says what to send, and until when to wait.
Sent transfer(Source& file, const Options& options, FrameSocket& socket) {
    ProgressBar progress(escaped(file.name()), file.size(), !options.common.quiet);
    PacedSender transfer(file, options.sending, random_number<std::uint32_t>(1), Clock::now());
    bool ended = false;
    try {
        while (true) {
            const TimePoint now = Clock::now();
            while (const auto frame = socket.try_receive()) transfer.on_frame(*frame, now);
            transfer.send_due(now, socket);
            progress.update(transfer.sent_bytes());
            const TimePoint next = std::min(transfer.next_deadline(), socket.next_deadline());
            if (next == kNever) break;  // done, and nothing is held back
            socket.wait(next);
            ended = transfer.ended();  // until END is out, a failure is of the chunks
        }
    } catch (const SystemError& error) {
        // A server that serves one file only may be gone with the first END, and rightly so.
        const bool unconfirmed = !options.sending.repair && ended;
        if (!unconfirmed || error.code() != ECONNREFUSED) throw;
    }
    return transfer.result();
}

bool send_file(const std::string& path, const Options& options, FrameSocket& socket) {
    try {
        Source file(path);
        const TimePoint begin = Clock::now();
        const Sent sent = transfer(file, options, socket);
        print_out(summary(file, sent, Clock::now() - begin, options.sending.repair),
                  wait_or_interrupt);
        return true;
    } catch (const std::runtime_error& error) {
        report_failure(kProgram, path, error.what());
        return false;
    }
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    FrameSocket socket(options, tracer);

    bool all_sent = true;
    for (const std::string& path : options.files) {
        all_sent = send_file(path, options, socket) && all_sent;
    }
    return all_sent ? 0 : 1;
}

}  // namespace
}  // namespace netlab::problem1

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem1::kProgram,
                               [&] { return netlab::problem1::run(argc, argv); });
}
