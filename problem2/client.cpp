// SPDX-License-Identifier: MIT
//
// Downloads files from the server by name: one after the other, or several at once, each over a
// connection of its own, with a table of who started and finished when.
//
//     server --root files                then, in a second terminal:   client notes.txt
//
// See also: server.cpp, its pair; download.cpp, where one file arrives; timetable.cpp, the table.
#include <algorithm>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "common/cli.hpp"
#include "common/line_buffer.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/summary.hpp"
#include "common/text.hpp"
#include "problem2/download.hpp"
#include "problem2/timetable.hpp"

namespace netlab::problem2 {
namespace {

constexpr const char* kProgram = "client";

struct Options {
    CommonOptions common{.port = 7201};
    std::vector<std::string> names;
    DownloadOptions download;
    std::size_t parallel = 1;
    Duration idle_timeout = seconds(300);
    bool list = false;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "NAME...", "Downloads files from the server.",
                     "client --parallel 2 long.bin short.txt", options.common, false);
    const std::string directory = options.download.directory;
    line.text("dir", "DIR", "where the files go, made if missing", options.download.directory);
    line.text("output", "PATH", "where the file goes, if it is one", options.download.output);
    line.number<std::size_t>("parallel", "N", "downloads at a time", options.parallel, 1, 1000);
    line.flag("resume", "continue interrupted downloads", options.download.resume);
    line.flag("verify", "compare each file's checksum with the server's", options.download.verify);
    line.flag("list", "show what the folders NAME... hold, or the server's root", options.list);
    line.duration("idle-timeout", "give up when the server is silent for so long; 0 is never",
                  options.idle_timeout);
    options.names = line.parse(argc, argv);
    for (const std::string& name : options.names) {
        if (name.find('\n') != std::string::npos) line.fail("a newline in '" + escaped(name) + "'");
    }
    if (options.names.empty() && !options.list) line.fail("no NAME given");
    const std::string& output = options.download.output;
    if (!output.empty() && options.names.size() > 1) line.fail("--output takes one NAME");
    if (!output.empty() && options.download.directory != directory) {
        line.fail("either --output or --dir");
    }
    std::error_code error;  // what is wrong with it, the download will tell
    if (output.ends_with('/') || std::filesystem::is_directory(output, error)) {
        line.fail("--output is a directory: use --dir");
    }
    if (options.idle_timeout == Duration::zero()) options.idle_timeout = std::chrono::hours(8760);
    return options;
}

void print_failure(const std::string& name, const std::string& problem) {
    print_error({kProgram, ": ", escaped(name), ": ", problem, "\n"});
}

// "received notes.txt: 20000 bytes, 0.213 s, 93.9 kB/s, verified, as downloads/notes.txt\n"
std::string summary(const std::string& name, const DownloadOptions& options,
                    const DownloadResult& result, Duration elapsed) {
    std::string text = "received " + escaped(name) + ": ";
    if (result.received < result.size) text += std::to_string(result.received) + " of ";
    return text + show_count(result.size, "byte") + ", " + time_and_rate(result.received, elapsed) +
           (result.verified ? ", verified" : "") +
           (options.output.empty() ? ", as " + escaped(options.directory + "/" + name) : "") + "\n";
}

class Downloads {
  public:
    Downloads(const Options& options, const Tracer& tracer)
        : options_(options),
          tracer_(tracer),
          timings_(options.names.size()),
          progress_(timings_.size() == 1 ? escaped(options.names[0])
                                         : std::to_string(timings_.size()) + " files",
                    0, !options.common.quiet) {}

    // Up to --parallel at a time; true if all are complete.
    bool run() {
        {
            std::vector<std::jthread> helpers;
            const std::size_t threads = std::min(options_.parallel, timings_.size());
            try {
                while (helpers.size() + 1 < threads) helpers.emplace_back([this] { work(); });
            } catch (const std::system_error& error) {
                print_error({kProgram, ": fewer downloads at a time: ", error.what(), "\n"});
            }
            work();
        }
        if (signal_received()) throw Interrupted();
        if (timings_.size() > 1) print_out(timetable(timings_), wait_or_interrupt);
        return std::ranges::all_of(timings_, &Timing::complete);
    }

  private:
    // Takes the next file until there is none left.
    void work() {
        while (true) {
            std::unique_lock lock(mutex_);
            if (next_ == timings_.size() || signal_received()) return;
            Timing& timing = timings_[next_];
            timing.name = options_.names[next_++];
            timing.started = Clock::now() - start_;
            try {
                fetch(timing, lock);
            } catch (const std::exception& error) {
                print_failure(timing.name, error.what());
            }
            if (!timing.complete) timing.finished = Clock::now() - start_;
        }
    }

    // One file, over its own connection. Connections are made under the lock, in the order of the
    // names, so that an --iterative server serves them in this order.
    void fetch(Timing& timing, std::unique_lock<std::mutex>& lock) {
        const TimePoint start = Clock::now();
        Connection connection(options_.common.host, options_.common.port, options_.idle_timeout,
                              tracer_);
        lock.unlock();
        std::uint64_t expected = 0;
        const auto on_progress = [&](std::uint64_t all, std::uint64_t received) {
            if (received == 0) timing.first_byte = Clock::now() - start_;
            show_progress(all - std::exchange(expected, all),
                          received - std::exchange(timing.bytes, received));
        };
        const auto on_restart = [&](const std::string& why) {
            print_failure(timing.name, why + ": starting again from 0");
        };
        const DownloadResult result =
            download(connection, timing.name, options_.download, on_progress, on_restart);
        timing.finished = result.finished - start_;
        print_out(summary(timing.name, options_.download, result, result.finished - start),
                  wait_or_interrupt);
        timing.complete = true;
    }

    // So many more bytes will come, and have come. A download that starts again takes back what it
    // has added: negative numbers, modulo 2^64.
    void show_progress(std::uint64_t expected, std::uint64_t received) {
        const std::lock_guard lock(progress_mutex_);
        progress_.set_total(expected_ += expected);
        progress_.update(received_ += received);
    }

    const Options& options_;
    const Tracer& tracer_;
    const TimePoint start_ = Clock::now();
    std::vector<Timing> timings_;  // each touched by one thread only, until all are joined
    std::mutex mutex_;
    std::size_t next_ = 0;        // guarded by mutex_
    std::mutex progress_mutex_;   // guards what follows
    ProgressBar progress_;        // of all downloads together
    std::uint64_t expected_ = 0;  // bytes
    std::uint64_t received_ = 0;
};

// --list: the server's lines, as they come; the last one may lack its newline.
void show_folder(Connection& connection, const std::string& name) {
    const auto show = [](std::string_view line) {
        // Only the tabs between the columns are the protocol's own.
        std::string text = escaped(take_word(line, '\t'));
        while (!line.empty()) text += "\t" + escaped(take_word(line, '\t'));
        print_out(text + "\n", wait_or_interrupt);
    };
    LineBuffer lines;
    for (auto left = parse_ok(connection.reply_to({Verb::list, name})); left > 0;) {
        const Bytes piece = connection.content(left);
        std::copy(piece.begin(), piece.end(), lines.prepare(piece.size()).begin());
        lines.commit(piece.size());
        left -= piece.size();
        while (const auto line = lines.next()) show(*line);
    }
    if (const auto line = lines.last()) show(*line);
}

bool show_folders(const Options& options, const Tracer& tracer) {
    Connection connection(options.common.host, options.common.port, options.idle_timeout, tracer);
    if (options.names.empty()) show_folder(connection, "");
    bool all_shown = true;
    for (const std::string& name : options.names) {
        try {
            if (options.names.size() > 1) print_out(escaped(name) + ":\n", wait_or_interrupt);
            show_folder(connection, name);
        } catch (const Refused& refused) {
            print_failure(name, refused.what());
            all_shown = false;
        }
    }
    return all_shown;
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    const bool good =
        options.list ? show_folders(options, tracer) : Downloads(options, tracer).run();
    return good ? 0 : 1;
}

}  // namespace
}  // namespace netlab::problem2

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem2::kProgram,
                               [&] { return netlab::problem2::run(argc, argv); });
}
