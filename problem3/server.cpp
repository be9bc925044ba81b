// SPDX-License-Identifier: MIT
//
// Calculates for clients over TCP, a thread for each: a line with two integers and one of
// + - * / % comes in, a line with the exact result goes out. Many requests in flight are answered
// in one write.
//
//     server                             then, in a second terminal:   client 7 / 2
//
// See also: client.cpp, its pair; calculator.cpp, which does the sums.
#include "common/cli.hpp"
#include "common/line_reader.hpp"
#include "common/screen.hpp"
#include "common/server_log.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "common/thread_server.hpp"
#include "common/trace.hpp"
#include "problem3/calculator.hpp"

namespace netlab::problem3 {
namespace {

constexpr const char* kProgram = "server";
constexpr std::size_t kBatch = 256 * 1024;      // bytes of answers gathered at most
constexpr Duration kSendTimeout = seconds(30);  // for a client that does not read them
constexpr Duration kDrainTimeout = seconds(2);

struct Options {
    CommonOptions common{.port = 7301};
    ServerOptions server{.idle_timeout = Duration{}};  // a person may think for long
};

Options parse_options(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "", "Calculates for clients: + - * / % of two integers, exactly.",
                     "server --port 7301", options.common, true);
    line.server(options.server);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

// One client's connection: any number of requests, answered in their order.
class Session {
  public:
    Session(TcpStream& stream, std::uint64_t number, const Options& options, const Tracer& tracer)
        : stream_(stream),
          requests_(stream),
          options_(options),
          tracer_(tracer),
          log_prefix_("client " + std::to_string(number) + " (" + stream.peer_name() + "): ") {}

    // Until the client closes or says QUIT. Throws if it breaks the protocol or stops reading.
    void run() {
        log("connected");
        try {
            answer_all();
            send_answers();
        } catch (const ProtocolError& error) {
            const std::string answer = "ERROR " + std::string(error.what());
            tracer_.sent(answer, stream_.peer_name());
            answers_ += answer + "\n";
            send_answers();
            close();
            throw;
        }
        close();
        log("requests: " + std::to_string(count_) + ", errors: " + std::to_string(errors_));
    }

  private:
    // All that has arrived is answered before anything is sent, and the answers go out before the
    // next wait: a thousand requests in one segment cost one send, and no answer waits for another.
    void answer_all() {
        while (true) {
            auto line = requests_.buffered_line();
            if (!line) {
                send_answers();
                line = requests_.read_line(options_.server.idle_deadline(Clock::now()));
            }
            if (line && tracer_.on()) tracer_.received(escaped(*line), stream_.peer_name());
            if (!line || *line == "QUIT") return;
            answer(*line);
        }
    }

    void answer(std::string_view line) {
        const std::size_t start = answers_.size();
        ++count_;
        if (!append_answer(line, answers_)) ++errors_;
        if (tracer_.on())
            tracer_.sent(std::string_view(answers_).substr(start), stream_.peer_name());
        answers_ += '\n';
        if (answers_.size() >= kBatch) send_answers();
    }

    void send_answers() {
        if (answers_.empty()) return;
        stream_.write_all(as_bytes(answers_), deadline_in(kSendTimeout));
        answers_.clear();
    }

    void close() { stream_.close_gracefully(deadline_in(kDrainTimeout)); }

    void log(const std::string& text) const {
        if (!options_.common.quiet) log_line({kProgram, ": ", log_prefix_, text, "\n"});
    }

    TcpStream& stream_;
    LineReader requests_;
    const Options& options_;
    const Tracer& tracer_;
    const std::string log_prefix_;
    std::string answers_;  // not yet sent
    std::uint64_t count_ = 0;
    std::uint64_t errors_ = 0;
};

int run(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    const Tracer tracer(options.common.trace);
    TcpListener listener(options.common.host, options.common.port);

    ThreadServer server(std::move(listener),
                        {.program = kProgram,
                         .max_clients = options.server.max_clients,
                         .once = options.server.once},
                        [&](TcpStream& stream, const ThreadServer::Client& client) {
                            Session(stream, client.number, options, tracer).run();
                            return true;
                        });
    return server.run();
}

}  // namespace
}  // namespace netlab::problem3

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem3::kProgram,
                               [&] { return netlab::problem3::run(argc, argv); });
}
