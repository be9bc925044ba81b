// SPDX-License-Identifier: MIT
//
// Shows what --trace-file has recorded, at one end or at both: as a ladder of messages, client left
// and server right, or as a picture of sequence numbers over time, drawn by gnuplot.
//
//     tcp_server --trace-file server.jsonl        tcp_client --trace-file client.jsonl notes.txt
//     trace_view client.jsonl server.jsonl        trace_view --plot notes.svg client.jsonl
//
// See also: trace_steps.cpp, where both ends are put together; ladder.cpp; sequence_plot.cpp.
#include <fcntl.h>
#include <sys/wait.h>

#include <cstdlib>

#include "common/cli.hpp"
#include "common/ladder.hpp"
#include "common/screen.hpp"
#include "common/sequence_plot.hpp"
#include "common/trace_reader.hpp"

namespace netlab {
namespace {

constexpr const char* kProgram = "trace_view";

struct Options {
    std::string plot;  // empty: the ladder
    std::string peer;  // empty: all
    std::vector<std::string> files;
};

Options parse(int argc, char** argv) {
    Options options;
    bool as_ladder = false;
    CommandLine line(kProgram, "FILE...", "Shows the traces of one end or of both.",
                     "trace_view client.jsonl server.jsonl");
    line.flag("ladder", "show messages as arrows between client and server (this is the default)",
              as_ladder);
    line.text("plot", "FILE.svg", "draw sequence numbers over time, with gnuplot", options.plot);
    line.text("peer", "ADDR", "of a server's trace, only this client: 127.0.0.1:40001",
              options.peer);
    options.files = line.parse(argc, argv);
    if (options.files.empty()) line.fail("no FILE given");
    if (as_ladder && !options.plot.empty()) line.fail("--ladder and --plot exclude each other");
    return options;
}

std::string read_whole(const std::string& path) {
    const FileDescriptor file = open_file(path, O_RDONLY);
    std::string text;
    std::vector<std::byte> buffer(64 * 1024);
    while (const auto got = read_some(file, buffer, kNever, path)) {
        if (*got == 0) break;
        text += as_text(Bytes(buffer).first(*got));
    }
    return text;
}

void read_records(const std::string& path, const std::string& peer,
                  std::vector<TraceRecord>& records) {
    const std::string text = read_whole(path);
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        auto record = parse_trace(std::string_view(text).substr(at, end - at));
        ++number;
        if (!record) {
            throw ProtocolError(path + ":" + std::to_string(number) +
                                ": this is no line of --trace-file");
        }
        const bool wanted = peer.empty() || record->end != "server" || record->peer == peer;
        if (wanted) records.push_back(std::move(*record));
        at = end + 1;
    }
}

std::size_t width() {
    const char* const columns = std::getenv("COLUMNS");
    if (columns == nullptr) return terminal_columns();
    try {
        return parse_number<std::size_t>(columns, 1, 1000);
    } catch (const UsageError&) {
        return terminal_columns();
    }
}

void show_ladder(const std::vector<TraceStep>& steps) {
    for (const std::string& line : ladder(steps, width())) print_out(line + "\n");
}

// The shell says 127 if there is no gnuplot; gnuplot says what it cannot do by itself.
void draw(const std::string& script) {
    constexpr const char* kGnuplot = "command -v gnuplot >/dev/null || exit 127; exec gnuplot";
    FILE* const gnuplot = ::popen(kGnuplot, "w");
    if (gnuplot == nullptr) throw SystemError("popen", "gnuplot");
    std::fwrite(script.data(), 1, script.size(), gnuplot);
    const int status = ::pclose(gnuplot);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        throw std::runtime_error("gnuplot was not found: install the package gnuplot-nox");
    }
    if (status != 0) throw std::runtime_error("gnuplot has failed");
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    std::vector<TraceRecord> records;
    for (const std::string& path : options.files) read_records(path, options.peer, records);
    const auto steps = steps_of(std::move(records));
    if (options.plot.empty()) {
        show_ladder(steps);
        return 0;
    }
    const std::string script = sequence_plot(steps, options.plot);
    if (script.empty()) throw std::runtime_error("there are no numbered messages to draw");
    draw(script);
    return 0;
}

}  // namespace
}  // namespace netlab

int main(int argc, char** argv) {
    return netlab::run_program(netlab::kProgram, [&] { return netlab::run(argc, argv); });
}
