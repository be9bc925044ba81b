// SPDX-License-Identifier: MIT
//
// Receives files over TCP, each 100-byte chunk answered by its own ACK. Shows an acknowledged,
// duplicate-proof transfer protocol on the receiving side, with a thread for each client.
//
//     tcp_server --dir received          then, in a second terminal:   tcp_client notes.txt
//
// See also: tcp_client.cpp, its pair; upload_receiver.cpp, where files are put together.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cli.hpp"
#include "common/server_log.hpp"
#include "common/thread_server.hpp"
#include "problem1/frame_stream.hpp"
#include "problem1/storage.hpp"
#include "problem1/upload_receiver.hpp"

namespace netlab::problem1 {
namespace {

constexpr const char* kProgram = "tcp_server";

// What has come is written when there is much of it, or at the latest after this. A write for each
// chunk before its ACK costs a twentieth of a round of stop-and-wait; and it is DONE that says that
// the file is safe.
constexpr Duration kWriteBehind = milliseconds(20);

struct Options {
    CommonOptions common{.port = 7101};
    ReceiveOptions receive;
    ImpairmentSpec impairment;
    ServerOptions server{.idle_timeout = seconds(60)};
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "", "Receives files over TCP, acknowledging every chunk.",
                     "tcp_server --dir received", options.common, true);
    add_options(line, options.receive);
    line.server(options.server);
    line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

// One client's connection: any number of files, one after the other.
class Session {
  public:
    Session(TcpStream& stream, const Options& options, const Tracer& tracer, ResultLog& results)
        : options_(options),
          results_(results),
          frames_(stream, options.impairment, tracer),
          receiver_(folder_storage(options.receive, true),
                    [this](auto outcome, auto& line) { on_report(outcome, line); }) {}

    // Until the client closes. True if files came and all of them are complete.
    bool run() {
        try {
            while (frames_.wait(std::min(idle_deadline_, write_at_))) {
                handle_input();
                if (Clock::now() >= idle_deadline_) {
                    throw TimeoutError(frames_.peer_name() + ": silent too long");
                }
            }
        } catch (const std::exception& error) {
            // One interruption is one line in the log.
            const std::string why = std::string("incomplete: ") + error.what();
            if (receiver_.close(Clock::now(), why)) return false;
            // Behind the last file a reset is no failure: most likely the client has its DONE, and
            // has left another answer unread.
            const bool broken = dynamic_cast<const SystemError*>(&error) != nullptr;
            if (!broken || !good_.value_or(false)) throw;
            log_line({kProgram, ": ", error.what(), "\n"});
        }
        receiver_.close(Clock::now());
        return good_.value_or(false);
    }

  private:
    void handle_input() {
        const TimePoint now = Clock::now();
        while (const auto* frame = frames_.try_receive()) {
            idle_deadline_ = options_.server.idle_deadline(now);
            if (write_at_ == kNever) write_at_ = now + kWriteBehind;
            receiver_.on_frame(*frame, now, frames_);
            if (!receiver_.wants_commit()) continue;
            // The client first hears that END has come; then the disk takes its time.
            frames_.try_send();
            receiver_.commit(now, frames_);
            idle_deadline_ = options_.server.idle_deadline(Clock::now());
        }
        if (now >= write_at_) {
            receiver_.flush(now);
            write_at_ = kNever;
        }
    }

    void on_report(UploadReceiver::Outcome outcome, const std::string& line) {
        using enum UploadReceiver::Outcome;
        if (outcome != starts_over) good_ = outcome == complete && good_.value_or(true);
        if (outcome == complete) return results_.print(line);
        log_line({kProgram, ": ", frames_.peer_name(), ": ", line});
    }

    const Options& options_;
    ResultLog& results_;
    FrameStream frames_;
    UploadReceiver receiver_;
    TimePoint idle_deadline_ = options_.server.idle_deadline(Clock::now());
    TimePoint write_at_ = kNever;
    std::optional<bool> good_;  // all files are complete; nullopt: none has come
};

std::vector<std::byte> refusal_frame(std::string_view reason) {
    const auto error = ErrorInfo{ErrorInfo::Code::refused, std::string(reason)}.encode();
    return encoded({FrameType::error, 0, 0, error});
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    ResultLog results(kProgram);
    ThreadServer server(TcpListener(options.common.host, options.common.port),
                        {.program = kProgram,
                         .max_clients = options.server.max_clients,
                         .once = options.server.once,
                         .refusal = refusal_frame},
                        [&](TcpStream& stream, const ThreadServer::Client&) {
                            return Session(stream, options, tracer, results).run();
                        });
    return results.exit_code(server.run());
}

}  // namespace
}  // namespace netlab::problem1

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem1::kProgram,
                               [&] { return netlab::problem1::run(argc, argv); });
}
