// SPDX-License-Identifier: MIT
//
// Receives files over TCP, each 100-byte chunk answered by its own ACK. Shows an acknowledged,
// duplicate-proof transfer protocol on the receiving side, with a thread for each client.
//
//     tcp_server --dir received          then, in a second terminal:   tcp_client notes.txt
//
// See also: tcp_client.cpp, its pair; upload.cpp, where one file is put together.
#include <memory>

#include "common/cli.hpp"
#include "common/signals.hpp"
#include "common/terminal.hpp"
#include "common/thread_server.hpp"
#include "problem1/upload.hpp"

namespace netlab::problem1 {
namespace {

constexpr const char* kProgram = "tcp_server";

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
    Session(TcpStream& stream, const Options& options, const Tracer& tracer)
        : options_(options), frames_(stream, options.impairment, tracer) {}

    // Until the client closes. True where files came and all of them are complete.
    bool run() {
        while (true) {
            Frame frame;
            switch (frames_.receive(frame, idle_deadline())) {
                case FrameStream::Result::frame:
                    handle(frame);
                    break;
                case FrameStream::Result::nothing:
                    finish_upload();
                    throw TimeoutError(frames_.peer_name() + ": silent too long");
                case FrameStream::Result::closed:
                    finish_upload();
                    return all_complete_ && files_ > 0;
            }
            // Chunks are written before the ACKs that receive() is about to send.
            if (upload_ && !frames_.has_frame()) upload_->write_pending();
        }
    }

    ~Session() { finish_upload(); }

  private:
    // The clock is not asked for each of the many frames that came together.
    TimePoint idle_deadline() {
        return frames_.has_frame() ? kNever : options_.server.idle_deadline(Clock::now());
    }

    void handle(const Frame& frame) {
        const bool known = upload_ && frame.transfer == upload_->transfer();
        if (!known && frame.type != FrameType::start) return;  // an echo of an earlier file
        if (!known) {
            finish_upload();
            upload_ = std::make_unique<Upload>(options_.receive, frame);
            reported_ = false;
        }
        upload_->handle(frame, frames_);
        if (upload_->state() != Upload::State::receiving) report();
    }

    void finish_upload() {
        if (!upload_) return;
        upload_->write_pending();
        report();
        upload_.reset();
    }

    void report() {
        if (std::exchange(reported_, true)) return;
        ++files_;
        if (upload_->state() == Upload::State::done) return print_out(upload_->report());
        if (!upload_->will_be_repeated()) all_complete_ = false;
        print_error(std::string(kProgram) + ": " + frames_.peer_name() + ": " + upload_->report());
    }

    const Options& options_;
    FrameStream frames_;
    std::unique_ptr<Upload> upload_;
    bool reported_ = false;
    bool all_complete_ = true;
    std::uint64_t files_ = 0;
};

std::vector<std::byte> refusal_frame(std::string_view reason) {
    const ErrorInfo error{ErrorInfo::Code::refused, std::string(reason)};
    std::vector<std::byte> out;
    append_frame(out, {FrameType::error, 0, 0, error.encode()});
    return out;
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    TcpListener listener(options.common.host, options.common.port);

    ThreadServer server(std::move(listener),
                        {.program = kProgram,
                         .max_clients = options.server.max_clients,
                         .once = options.server.once,
                         .refusal = refusal_frame},
                        [&](TcpStream& stream, const ThreadServer::Client&) {
                            return Session(stream, options, tracer).run();
                        });
    return server.run();
}

}  // namespace
}  // namespace netlab::problem1

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem1::kProgram,
                               [&] { return netlab::problem1::run(argc, argv); });
}
