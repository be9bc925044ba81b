// SPDX-License-Identifier: MIT
//
// Receives files over UDP: one thread does nothing but receive, the other one puts files together
// and tells exactly which chunks never came. Acknowledges nothing; with the client's --repair it
// asks for what is missing.
//
//     udp_server --dir received          then, in a second terminal:   udp_client notes.txt
//
// See also: udp_client.cpp, its pair; datagram_sessions.cpp, where frames become files.
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <thread>

#include "common/cli.hpp"
#include "common/impaired_sender.hpp"
#include "common/signals.hpp"
#include "common/trace.hpp"
#include "problem1/batch_queue.hpp"
#include "problem1/datagram_sessions.hpp"

namespace netlab::problem1 {
namespace {

constexpr const char* kProgram = "udp_server";
constexpr int kReceiveBuffer = 4 * 1024 * 1024;

constexpr std::size_t kBatches = 128;  // 32 MiB between the two threads

// What arrives within a millisecond is received at once: a thread that woke up for each of the
// small sends of a fast client would do little else, and fall behind. Even the buffer of a stock
// kernel has room for as much of the client's default pace twelve times over.
constexpr Duration kGathering = milliseconds(1);
constexpr int kMostAtOnce = 64;  // batches

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

// Lets the calling thread run as soon as it has something to do, ahead of the one that works on
// what it has received: sched(7). Only root may ask; without it, a fast client may lose more.
void go_first() noexcept {
    const sched_param lowest{.sched_priority = ::sched_get_priority_min(SCHED_RR)};
    ::pthread_setschedparam(::pthread_self(), SCHED_RR, &lowest);
}

class Server {
  public:
    explicit Server(const Options& options)
        : tracer_(options.common.trace),
          socket_(UdpSocket::bind(options.common.host, options.common.port)),
          replies_(socket_, options.impairment, tracer_, report),
          sessions_(
              options.receive, options.idle_timeout, options.once,
              {.reply = [this](const Address& peer, const Frame& frame) { reply(peer, frame); },
               .result = print_out,
               .problem =
                   [](const std::string& text) {
                       print_error(std::string(kProgram) + ": " + text);
                   }}),
          stop_(make_pipe()) {
        socket_.request_receive_buffer(kReceiveBuffer);
        print_out("listening on " + socket_.local_address().to_string() + "\n");
    }

    // Until a signal comes (0), or with --once the transfer is over (its outcome).
    int run() {
        std::thread receiver([this] { receive_until_stopped(); });
        std::exception_ptr failure;
        try {
            process_until_stopped();
        } catch (...) {
            failure = std::current_exception();
        }
        stop_.write_end.close();  // the receiver sees the end of this pipe
        queue_.close();
        receiver.join();
        if (failure) std::rethrow_exception(failure);
        sessions_.give_up_all();
        return signal_received() || sessions_.first_outcome().value_or(false) ? 0 : 1;
    }

  private:
    static void report(const std::exception& error) {
        print_error(std::string(kProgram) + ": " + error.what() + "\n");
    }

    // Nothing but receiving: while this thread waited for a disk, or for a processor, the kernel's
    // buffer would run over.
    void receive_until_stopped() {
        go_first();
        try {
            DatagramReceiver receiver(socket_);
            while (wait_unless_stopped(socket_.descriptor().get(), kNever)) {
                // Not without end: it may be time to stop while somebody floods us.
                for (int n = 0; n < kMostAtOnce && receive_batch(receiver); ++n) continue;
                if (!wait_unless_stopped(-1, deadline_in(kGathering))) break;
            }
        } catch (const std::exception& error) {
            report(error);
        }
        queue_.close();
    }

    // Until `descriptor` is readable, or the deadline; false where it is time to stop.
    bool wait_unless_stopped(int descriptor, TimePoint deadline) {
        pollfd watched[] = {{descriptor, POLLIN, 0},
                            {signal_descriptor(), POLLIN, 0},
                            {stop_.read_end.get(), POLLIN, 0}};
        static_cast<void>(wait_for_events(watched, deadline));
        return watched[1].revents == 0 && watched[2].revents == 0;
    }

    // False where nothing more has come.
    bool receive_batch(DatagramReceiver& receiver) {
        auto batch = queue_.take_empty();
        if (!batch) return false;
        const bool any = receiver.receive(*batch, Clock::now());
        if (any) {
            queue_.push(std::move(batch));
        } else {
            queue_.give_back(std::move(batch));
        }
        return any;
    }

    void process_until_stopped() {
        while (true) {
            auto batch = queue_.pop(Clock::now());
            if (!batch) {
                sessions_.write_pending();
                batch = queue_.pop(std::min(sessions_.next_deadline(), replies_.next_due()));
            }
            now_ = Clock::now();
            if (batch) {
                process(*batch);
                queue_.give_back(std::move(batch));
            } else if (queue_.closed()) {
                return;
            }
            replies_.release(now_);
            sessions_.expire(now_);
            if (sessions_.ended(now_)) return;
        }
    }

    void reply(const Address& peer, const Frame& frame) {
        std::vector<std::byte> encoded;
        append_frame(encoded, frame);
        const std::string description =
            tracer_.on() ? describe(frame) + " peer=" + peer.to_string() : "";
        replies_.send(peer, encoded, description, now_);
    }

    void process(const DatagramBatch& batch) {
        sessions_.set_kernel_drops(batch.kernel_drops);
        for (const Datagram& datagram : batch.datagrams) {
            const auto frame = decode_datagram(datagram.bytes);
            if (tracer_.on()) {
                tracer_.received((frame ? describe(*frame) : "(no intact frame)") +
                                 " peer=" + datagram.sender.to_string());
            }
            if (frame) sessions_.handle(datagram.sender, *frame, now_);
        }
    }

    Tracer tracer_;
    UdpSocket socket_;
    ImpairedSender replies_;
    DatagramSessions sessions_;
    BatchQueue queue_{kBatches};
    Pipe stop_;
    TimePoint now_{};
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
