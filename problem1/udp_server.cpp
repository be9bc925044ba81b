// SPDX-License-Identifier: MIT
//
// Receives files over UDP: one thread does nothing but receive, one puts files together and tells
// exactly which chunks never came, one waits for the disk. Acknowledges nothing; with the client's
// --repair it asks for what is missing.
//
//     udp_server --dir received          then, in a second terminal:   udp_client notes.txt
//
// See also: udp_client.cpp, its pair; datagram_sessions.cpp, where frames become files.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "common/cli.hpp"
#include "common/datagram_batch.hpp"
#include "common/datagram_channel.hpp"
#include "common/random.hpp"
#include "common/screen.hpp"
#include "common/server_log.hpp"
#include "common/signals.hpp"
#include "common/thread.hpp"
#include "problem1/blocking_queue.hpp"
#include "problem1/datagram_sessions.hpp"
#include "problem1/storage.hpp"

namespace netlab::problem1 {
namespace {

constexpr const char* kProgram = "udp_server";
constexpr int kReceiveBuffer = 4 * 1024 * 1024;

// 32 MiB between two threads. When all of them are under way the receiving thread waits, and the
// kernel counts what it drops.
constexpr int kBatches = 128;

// What arrives within a millisecond is received at once: a thread that woke up for each of the
// small sends of a fast client would do little else, and fall behind. Even the buffer of a stock
// kernel has room for as much of the client's default pace twelve times over.
constexpr Duration kGathering = milliseconds(1);
constexpr int kMaxAtOnce = 64;  // batches

// A failed receive is like a lost datagram; this many in a row are the end.
constexpr int kMaxFailures = 100;

struct Options {
    CommonOptions common{.port = 7102};
    ReceiveOptions receive;
    ImpairmentSpec impairment;
    Duration idle_timeout = seconds(3);
    bool once = false;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "", "Receives files over UDP, and tells what is missing.",
                     "udp_server --dir received", options.common, true);
    add_options(line, options.receive);
    line.duration("idle-timeout", "give a file up after so long a silence", options.idle_timeout);
    line.flag("once", "receive one file, then exit with its outcome", options.once);
    line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

using Batch = std::unique_ptr<DatagramBatch>;

// What became of a file whose chunks were all there.
struct Outcome {
    DatagramSessions::Key key;
    std::optional<ErrorInfo> error;
};

class Server {
  public:
    explicit Server(const Options& options)
        : tracer_(options.common.trace),
          channel_(UdpSocket::bind(options.common.host, options.common.port), options.impairment,
                   tracer_, [](const SystemError& error) { complain(error.what()); }),
          storage_(options.receive, false),
          sessions_(storage_, {.idle_timeout = options.idle_timeout, .once = options.once},
                    {.reply = [this](const Address& to, const Frame& frame) { reply(to, frame); },
                     .commit = [this](auto commit) { commits_.push(std::move(commit)); },
                     .result = [this](const std::string& text) { results_.print(text); },
                     .problem = complain,
                     .random = [] { return random_number<std::uint64_t>(1); }}),
          stop_(make_pipe()) {
        channel_.socket().request_receive_buffer(kReceiveBuffer);
        for (int i = 0; i < kBatches; ++i) spare_.push(std::make_unique<DatagramBatch>());
    }

    // Until a signal comes (0), or with --once the transfer is over (its outcome).
    int run() {
        std::thread receiver;
        std::thread committer;
        std::exception_ptr failure;
        try {
            receiver = start_thread([this] { receive_until_stopped(); });
            committer = start_thread([this] { commit_until_closed(); });
            print_out("listening on " + channel_.socket().local_address().to_string() + "\n");
            process_until_stopped();
        } catch (...) {
            failure = std::current_exception();
        }
        stop_.write_end.close();  // the receiver sees the end of this pipe
        spare_.close();
        commits_.close();
        for (std::thread* thread : {&receiver, &committer}) {
            if (thread->joinable()) thread->join();
        }
        if (failure) std::rethrow_exception(failure);
        while (auto event = events_.pop(TimePoint{})) {
            if (std::holds_alternative<Outcome>(*event)) process(std::move(*event));
        }
        sessions_.give_up_all(now_);
        if (receiver_failed_) return 1;
        const bool good = signal_received() || sessions_.first_outcome().value_or(false);
        return results_.exit_code(good ? 0 : 1);
    }

  private:
    static void complain(const std::string& text) { log_line({kProgram, ": ", text, "\n"}); }

    // Nothing but receiving: while this thread waited for a disk, the kernel's buffer would run
    // over.
    void receive_until_stopped() {
        try {
            DatagramReceiver receiver(channel_.socket());
            const int socket = channel_.socket().descriptor().get();
            for (int failures = 0; wait_unless_stopped(socket, kNever);) {
                try {
                    // Not without end: it may be time to stop while somebody floods us.
                    for (int n = 0; n < kMaxAtOnce && receive_batch(receiver); ++n) continue;
                    failures = 0;
                } catch (const SystemError& error) {
                    if (++failures == kMaxFailures) throw;
                    complain(error.what());
                }
                if (!wait_unless_stopped(-1, deadline_in(kGathering))) break;
            }
        } catch (const std::exception& error) {
            complain(error.what());
            receiver_failed_ = true;
        }
        events_.close();
    }

    // Until `descriptor` is readable, or the deadline; false if it is time to stop.
    bool wait_unless_stopped(int descriptor, TimePoint deadline) {
        pollfd watched[] = {{descriptor, POLLIN, 0},
                            {signal_descriptor(), POLLIN, 0},
                            {stop_.read_end.get(), POLLIN, 0}};
        static_cast<void>(wait_for_events(watched, deadline));
        return watched[1].revents == 0 && watched[2].revents == 0;
    }

    // False if nothing more has come.
    bool receive_batch(DatagramReceiver& receiver) {
        auto batch = spare_.pop(kNever);
        if (!batch) return false;
        const bool any = receiver.try_receive(**batch);
        if (any) {
            events_.push(std::move(*batch));
        } else {
            spare_.push_front(std::move(*batch));
        }
        return any;
    }

    // A slow disk is to hold up nothing else.
    void commit_until_closed() {
        while (auto commit = commits_.pop(kNever)) {
            events_.push(Outcome{commit->key, commit->upload.commit(commit->crc)});
        }
    }

    void process_until_stopped() {
        while (true) {
            auto event = events_.pop(TimePoint{});
            if (!event) {
                sessions_.flush(now_);
                event = events_.pop(std::min(sessions_.next_deadline(), channel_.next_deadline()));
            }
            now_ = Clock::now();
            if (event) {
                process(std::move(*event));
            } else if (events_.closed()) {
                return;
            }
            channel_.release(now_);
            sessions_.on_timer(now_);
            if (sessions_.ended(now_)) return;
        }
    }

    void process(std::variant<Batch, Outcome> event) {
        if (const auto* outcome = std::get_if<Outcome>(&event)) {
            return sessions_.on_committed(outcome->key, outcome->error, now_);
        }
        Batch& batch = std::get<Batch>(event);
        sessions_.set_kernel_drops(batch->kernel_drops);
        for (const Datagram& datagram : batch->datagrams) on_datagram(datagram);
        spare_.push_front(std::move(batch));  // the next one to be filled: it is in the cache
    }

    void on_datagram(const Datagram& datagram) {
        const auto frame = decode_datagram(datagram.bytes);
        if (tracer_.on()) {
            tracer_.received((frame ? describe(*frame) : "(no intact frame)") +
                             " peer=" + datagram.sender.to_string());
        }
        if (frame) sessions_.on_frame(datagram.sender, *frame, now_);
    }

    void reply(const Address& peer, const Frame& frame) {
        channel_.send(
            peer, encoded(frame), [&] { return describe(frame) + " peer=" + peer.to_string(); },
            now_);
    }

    ResultLog results_{kProgram};
    Tracer tracer_;
    DatagramChannel channel_;
    FolderStorage storage_;
    DatagramSessions sessions_;
    BlockingQueue<Batch> spare_;                          // to be filled
    BlockingQueue<std::variant<Batch, Outcome>> events_;  // for the thread that works
    BlockingQueue<DatagramSessions::Commit> commits_;     // for the one that waits for the disk
    Pipe stop_;
    std::atomic<bool> receiver_failed_ = false;
    TimePoint now_ = Clock::now();
};

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    return Server(options).run();
}

}  // namespace
}  // namespace netlab::problem1

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem1::kProgram,
                               [&] { return netlab::problem1::run(argc, argv); });
}
