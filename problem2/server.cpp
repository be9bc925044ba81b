// SPDX-License-Identifier: MIT
//
// Serves files to many clients at once, a thread for each of them: a short download is done while a
// long one is still running. --iterative takes one client after the other, for the comparison.
//
//     server --root files                then, in a second terminal:   client notes.txt
//
// See also: client.cpp, its pair; common/thread_server.hpp, the threads; shared_folder.cpp, which
// lets no name lead out of the root; common/send_file.cpp, the sending.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/checksum.hpp"
#include "common/cli.hpp"
#include "common/line_reader.hpp"
#include "common/screen.hpp"
#include "common/send_file.hpp"
#include "common/server_log.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "common/thread_server.hpp"
#include "common/trace.hpp"
#include "problem2/protocol.hpp"
#include "problem2/shared_folder.hpp"

namespace netlab::problem2 {
namespace {

constexpr const char* kProgram = "server";
constexpr std::uint64_t kDefaultWrite = 64 * 1024;
constexpr std::uint64_t kLargeWrite = 512 * 1024;
constexpr std::size_t kSumBlock = 256 * 1024;
constexpr Duration kDrainTimeout = seconds(2);  // of what comes after the last reply
constexpr std::size_t kMaxShown = 200;          // of a request, in the log

struct Options {
    CommonOptions common{.port = 7201};
    std::string root = ".";
    ServerOptions server{.idle_timeout = seconds(30)};
    Duration pause{};
    std::uint64_t write_size = kDefaultWrite;
    bool iterative = false;

    // Inside a request or a reply, where --idle-timeout 0 is not for ever.
    [[nodiscard]] Duration patience() const {
        return *server.idle_timeout == Duration::zero() ? seconds(30) : *server.idle_timeout;
    }
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "", "Serves files, a thread for each client.",
                     "server --root files --write-size 1000 --pause 200ms", options.common, true);
    line.text("root", "DIR", "the folder that is shared", options.root);
    line.server(options.server);
    line.duration("pause", "sleep so long between two writes", options.pause);
    line.size("write-size", "send at most so many bytes at a write", options.write_size);
    line.flag("iterative", "serve one client after the other", options.iterative);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    if (options.write_size == 0) line.fail("--write-size must not be 0");
    return options;
}

// One connection: any number of requests, each answered before the next one is read.
class Session {
  public:
    Session(TcpStream& stream, unsigned thread, const Options& options, const SharedFolder& folder,
            const Tracer& tracer)
        : stream_(stream),
          requests_(stream, kMaxLine, options.patience()),
          options_(options),
          folder_(folder),
          tracer_(tracer),
          log_prefix_("[thread " + std::to_string(thread) + "] " + stream.peer_name() + " ") {}

    // Until the client leaves; true if every request was answered in full, if only by an ERROR.
    bool run() {
        log("connected");
        bool complete = true;
        try {
            while (const auto line =
                       requests_.read_line(options_.server.idle_deadline(Clock::now()))) {
                if (!handle(*line)) break;
            }
        } catch (const ProtocolError& error) {  // a line too long
            log(std::string("ERROR ") + error.what());
            send_line(error_line(error.what()));
            complete = false;
        }
        stream_.close_gracefully(deadline_in(kDrainTimeout));
        log("left");
        return complete;
    }

  private:
    // One request and its reply; false for QUIT.
    bool handle(std::string_view line) {
        const TimePoint start = Clock::now();
        const std::string shown = escaped(line.substr(0, kMaxShown));
        if (tracer_.on()) tracer_.received(shown, stream_.peer_name());
        sent_ = 0;
        try {
            const Request request = parse_request(line);
            if (request.verb == Verb::quit) return false;
            const std::string outcome = answer(request);
            log(shown + ": " + outcome + elapsed_since(start));
        } catch (const Refused& refused) {
            send_line(error_line(refused.what()));
            log(shown + ": ERROR " + refused.what() + refused.detail() + elapsed_since(start));
        } catch (const std::exception& error) {
            throw std::runtime_error(log_prefix_ + shown + ": ended after " +
                                     std::to_string(sent_) + " bytes" + elapsed_since(start) +
                                     ": " + error.what());
        }
        return true;
    }

    // Returns the outcome, for the log.
    std::string answer(const Request& request) {
        if (request.verb == Verb::sum) return "checksum " + sum(request);
        request.verb == Verb::list ? list(request) : get(request);
        return std::to_string(sent_) + " bytes";
    }

    void get(const Request& request) {
        const auto [file, size] = folder_.open(request.name);
        if (request.offset > size) throw Refused("the offset is beyond the end of the file");
        const ByteRange range{request.offset, size - request.offset};
        log("begins " + escaped(request.name) + ": " + std::to_string(range.length) + " bytes");
        std::string head = ok_line(range.length);
        trace_line(head);

        const bool paused = options_.pause > Duration::zero();
        // If nobody has chosen a size, nor sees it in a pause or a trace: larger writes cost a
        // tenth less processor time.
        const bool any_size = options_.write_size == kDefaultWrite && !paused && !tracer_.on();
        const std::uint64_t write_size = any_size ? kLargeWrite : options_.write_size;
        do {  // once for an empty file too: the head goes out with the first piece
            if (sent_ > 0 && paused) wait(options_.pause);
            const std::uint64_t piece = std::min(write_size, range.length - sent_);
            const std::uint64_t sent =
                send_file(stream_, std::exchange(head, {}), file, {range.offset + sent_, piece},
                          options_.patience());
            if (tracer_.on() && piece > 0)
                tracer_.sent(std::to_string(sent) + " bytes", stream_.peer_name());
            sent_ += sent;
            // The client expects more: only the end of the connection can tell it.
            if (sent < piece) throw std::runtime_error("the file has shrunk");
        } while (sent_ < range.length);
    }

    void list(const Request& request) {
        const std::string lines = folder_.list(request.name);
        send_line(ok_line(lines.size()) + lines);
        sent_ = lines.size();
    }

    std::string sum(const Request& request) {
        const auto [file, size] = folder_.open(request.name);
        std::vector<std::byte> block(std::min<std::uint64_t>(size, kSumBlock));
        Crc32 crc;
        for (std::uint64_t offset = 0; offset < size;) {
            const std::size_t got = read_at(file, block, offset, request.name);
            if (got == 0) throw Refused("the file has shrunk");
            crc.update(Bytes(block).first(got));
            offset += got;
            wait(Duration::zero());  // for nothing: throws if nobody needs the sum any more
        }
        const std::string line = sum_line(crc.value());
        send_line(line);
        return line.substr(3, 8);  // the digits
    }

    // Sleeps. Throws if a signal stops the server or the client disconnects.
    void wait(Duration length) const {
        std::array<pollfd, 2> watched{
            {{signal_descriptor(), POLLIN, 0}, {stream_.descriptor().get(), 0, 0}}};
        if (!wait_for_events(watched, deadline_in(length))) return;
        throw std::runtime_error(watched[0].revents != 0 ? "the server stops"
                                                         : "the client is gone");
    }

    void send_line(const std::string& line) {
        trace_line(line);
        stream_.write_all(as_bytes(line), deadline_in(options_.patience()));
    }

    void trace_line(const std::string& line) const {
        if (tracer_.on())
            tracer_.sent(escaped(line.substr(0, line.find('\n'))), stream_.peer_name());
    }

    static std::string elapsed_since(TimePoint start) {
        char text[32];
        std::snprintf(text, sizeof text, ", %.3f s", to_seconds(Clock::now() - start));
        return text;
    }

    void log(const std::string& text) const {
        if (!options_.common.quiet) log_line({kProgram, ": ", log_prefix_, text, "\n"});
    }

    TcpStream& stream_;
    LineReader requests_;
    const Options& options_;
    const SharedFolder& folder_;
    const Tracer& tracer_;
    std::string log_prefix_;
    std::uint64_t sent_ = 0;  // bytes of content, for the request at hand
};

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    const SharedFolder folder(options.root);
    TcpListener listener(options.common.host, options.common.port);

    ThreadServer server(std::move(listener),
                        {.program = kProgram,
                         .max_clients = options.server.max_clients,
                         .once = options.server.once,
                         .iterative = options.iterative},
                        [&](TcpStream& stream, const ThreadServer::Client& client) {
                            return Session(stream, client.thread, options, folder, tracer).run();
                        });
    return server.run();
}

}  // namespace
}  // namespace netlab::problem2

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem2::kProgram,
                               [&] { return netlab::problem2::run(argc, argv); });
}
