// SPDX-License-Identifier: MIT
//
// Plays a clip while it is still arriving, over a network that loses, delays and reorders
// datagrams: puts them in order in a jitter buffer, asks again for what is missing, and feeds a
// real player (mpv, ffplay, VLC) through a pipe.
//
//     server --root clips                then, in a second terminal:   client clip.mp4
//
// See also: server.cpp, its pair; stream_client.cpp, its loop; stream_receiver.cpp, what it
// decides.
#include "common/cli.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "problem4/stream_client.hpp"

namespace netlab::problem4 {
namespace {

constexpr const char* kProgram = "client";
constexpr Duration kMinLatency = milliseconds(100);
constexpr Duration kMaxLatency = seconds(60);

struct Options {
    CommonOptions common{.port = 7401};
    StreamOptions stream;
    ImpairmentSpec impairment;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "NAME", "Plays a file of the server while it is still arriving.",
                     "client --latency 1s clip.mp4", options.common, false);
    std::string players = "a command that plays its input; else the first that is installed:";
    for (const std::string_view command : kPlayers) {
        players.append("\n" + std::string(30, ' ')).append(command);
    }
    line.text("player", "CMD", players, options.stream.player);
    line.text("output", "FILE", "play nothing, write a copy; - is stdout", options.stream.output);
    line.duration("latency", "how long a lost datagram may be awaited", options.stream.latency);
    line.impairment(options.impairment);
    const auto operands = line.parse(argc, argv);

    if (operands.size() != 1) line.fail(operands.empty() ? "no NAME given" : "one NAME at a time");
    options.stream.name = operands[0];
    if (options.stream.name.empty() || options.stream.name.size() > kMaxText) {
        line.fail("NAME: not of 1.." + std::to_string(kMaxText) + " bytes");
    }
    if (!options.stream.player.empty() && !options.stream.output.empty()) {
        line.fail("--player and --output exclude each other");
    }
    if (options.stream.latency < kMinLatency || options.stream.latency > kMaxLatency) {
        line.fail("--latency: not in 100ms..60s");
    }
    options.stream.show_status = !options.common.quiet;
    return options;
}

std::string found_player() {
    if (const auto command = find_player()) return *command;
    throw std::runtime_error(
        "no player found: install mpv or ffmpeg (for ffplay) or vlc, or give --player CMD or "
        "--output FILE");
}

int run(int argc, char** argv) {
    Options options = parse(argc, argv);
    StreamOptions& stream = options.stream;
    if (stream.player.empty() && stream.output.empty()) stream.player = found_player();

    const Tracer tracer(options.common.trace);
    StreamClient client(options.common.host, options.common.port, options.impairment, tracer,
                        stream);
    const auto report = [&] {
        const StreamStatistics& seen = client.statistics();
        if (!options.common.quiet && seen.received > 0) print_error(seen.details());
    };
    int outcome = 0;
    try {
        outcome = client.run();
    } catch (...) {
        report();
        throw;
    }
    report();
    const std::string summary = client.statistics().summary(
        (client.complete() ? "received " : "stopped ") + escaped(stream.name), Clock::now());
    stream.output == "-" ? print_error(summary) : print_out(summary, wait_or_interrupt);
    if (outcome == 0) return 0;
    throw std::runtime_error("the player ended with code " + std::to_string(outcome) + ": " +
                             kRemedy);
}

}  // namespace
}  // namespace netlab::problem4

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem4::kProgram,
                               [&] { return netlab::problem4::run(argc, argv); });
}
