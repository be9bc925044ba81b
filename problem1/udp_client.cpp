// SPDX-License-Identifier: MIT
//
// Sends files over UDP, 100 bytes a datagram, without any acknowledgement: what the network loses
// is lost, and the server can only say which chunks. Shows what TCP does for us; --repair shows the
// least that is needed to do it ourselves.
//
//     udp_server                         then, in a second terminal:   udp_client notes.txt
//
// See also: udp_server.cpp, its pair; datagram_transfer.cpp, what it does.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/cli.hpp"
#include "common/progress_bar.hpp"
#include "common/random.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "problem1/datagram_transfer.hpp"
#include "problem1/frame_socket.hpp"
#include "problem1/source.hpp"

namespace netlab::problem1 {
namespace {

constexpr const char* kProgram = "udp_client";

// The default pace: 10 MB/s, and 20 000 datagrams a second at most. A stock receive buffer of 212
// 992 bytes holds 256 small datagrams, so that a receiver may be away from its processor for 12 ms.
constexpr double kDefaultRate = 10e6;
constexpr double kMinCost = 500;  // bytes that even the smallest datagram counts for then

struct Options {
    CommonOptions common{.port = 7102};
    std::vector<std::string> files;
    DatagramTransfer::Options sending{.rate = kDefaultRate, .min_cost = kMinCost};
    ImpairmentSpec impairment;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "FILE...", "Sends files over UDP, without acknowledgements.",
                     "udp_client --rate 1M notes.txt", options.common, false);
    line.number<std::uint32_t>("chunk-size", "N", "bytes a datagram carries",
                               options.sending.chunk_size, 1, kMaxChunkSize);
    line.flag("lines", "send one line of text per datagram", options.sending.lines);
    line.custom("rate", "SIZE", "bytes of the file a second, or max: no limit (10 MB)",
                [&](std::string_view given) {
                    options.sending.rate = given == "max" ? DatagramTransfer::kUnlimited
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

// One file on its way to the server: the machine says what to send, and until when to wait.
Sent transfer(SourceFile& file, const Options& options, FrameSocket& socket) {
    ProgressBar progress(escaped(file.name()), file.size(), !options.common.quiet);
    DatagramTransfer transfer(file, options.sending, random_number<std::uint32_t>(1), Clock::now());
    try {
        while (!transfer.done()) {
            const TimePoint now = Clock::now();
            while (const auto frame = socket.try_receive()) transfer.on_frame(*frame, now);
            transfer.send_due(now, socket);
            socket.flush();
            progress.update(transfer.sent_bytes());
            if (!transfer.done()) socket.wait(transfer.next_deadline());
        }
        socket.drain();
    } catch (const SystemError& error) {
        // A server that serves one file only may be gone with the first END, and rightly so.
        const bool unconfirmed = !options.sending.repair && transfer.ended();
        if (!unconfirmed || error.code() != ECONNREFUSED) throw;
    }
    return transfer.result();
}

bool send_file(const std::string& path, const Options& options, FrameSocket& socket) {
    try {
        SourceFile file(path);
        const TimePoint begin = Clock::now();
        const Sent sent = transfer(file, options, socket);
        const Duration elapsed = Clock::now() - begin;
        print_out(summary(file, sent, elapsed, options.sending.repair), wait_or_interrupt);
        return true;
    } catch (const Interrupted&) {
        throw;
    } catch (const std::exception& error) {
        report_failure(kProgram, path, error.what());
        return false;
    }
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    FrameSocket socket(UdpSocket::connect(options.common.host, options.common.port),
                       options.impairment, tracer);

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
