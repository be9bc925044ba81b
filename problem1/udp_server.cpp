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
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

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

// What comes within a millisecond is taken at once: waking up for each small send of a fast client,
// the server would fall behind. A stock kernel's buffer holds 12 ms of the client's default pace.
constexpr Duration kGathering = milliseconds(1);
constexpr Duration kAYear = seconds(365 * 86400);

// A failed receive is like a lost datagram; this many in a row are the end.
constexpr int kMaxFailures = 100;

struct Options {
    CommonOptions common{.port = 7102};
    ReceiveOptions receive;
    ImpairmentSpec impairment;
    DatagramSessions::Options sessions;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "", "Receives files over UDP, and tells what is missing.",
                     "udp_server --dir received", options.common, true);
    add_options(line, options.receive);
    line.duration("idle-timeout", "give a file up after so long a silence, 0 is never",
                  options.sessions.idle_timeout);
    line.flag("once", "receive one file, then exit with its outcome", options.sessions.once);
    line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    if (options.sessions.idle_timeout == Duration{}) options.sessions.idle_timeout = kAYear;
    return options;
}

class Server {
  public:
    explicit Server(const Options& options)
        : tracer_(options.common.trace),
          channel_(UdpSocket::bind(options.common.host, options.common.port), options.impairment,
                   tracer_, [](const SystemError& error) { complain(error.what()); }),
          sessions_(folder_storage(options.receive, false), options.sessions,
                    {.reply = [this](const Address& to, const Frame& frame) { reply(to, frame); },
                     .commit = [this](DatagramUpload& file) { hand_over(file); },
                     .result = [this](const std::string& text) { results_.print(text); },
                     .problem = complain,
                     .random = [] { return random_number<std::uint64_t>(1); }}) {
        channel_.socket().request_receive_buffer(kReceiveBuffer);
        for (DatagramBatch& batch : batches_) spare_.push(&batch);
    }
    ~Server() { stop(); }

    // Until a signal comes (0), or with --once the transfer is over (its outcome).
    int run() {
        receiver_ = start_thread([this] { receive_until_stopped(); });
        committer_ = start_thread([this] {
            while (const auto commit = commits_.pop()) commit();
        });
        print_out("listening on " + channel_.socket().local_address().to_string() + "\n");
        while (!stopping_ && !sessions_.ended(now_)) {
            const TimePoint next = std::min(sessions_.next_deadline(), channel_.next_deadline());
            const auto event = events_.pop(next);
            now_ = Clock::now();
            if (event) event();
            channel_.release(now_);
            sessions_.on_timer(now_);
        }
        const bool good = signal_received() || sessions_.first_outcome().value_or(false);
        stop();
        while (const auto event = events_.pop(TimePoint{})) event();
        sessions_.give_up_all(now_);
        return failures_ > 0 ? 1 : results_.exit_code(good ? 0 : 1);
    }

  private:
    static void complain(const std::string& text) { log_line({kProgram, ": ", text, "\n"}); }

    void stop() {
        request_stop();
        spare_.push_front(nullptr);
        if (receiver_.joinable()) receiver_.join();
        commits_.push({});
        if (committer_.joinable()) committer_.join();
    }

    // Nothing but receiving: while this thread waited for a disk, the kernel's buffer would run
    // over.
    void receive_until_stopped() {
        DatagramReceiver receiver(channel_.socket());
        pollfd watched[] = {channel_.watched(), {signal_descriptor(), POLLIN, 0}};
        DatagramBatch* batch = spare_.pop();
        while (batch != nullptr && !signal_received() && failures_ < kMaxFailures) {
            try {
                if (receiver.try_receive(*batch)) {
                    events_.push([this, batch] { on_batch(*batch); });
                    batch = spare_.pop();
                } else {
                    std::this_thread::sleep_for(kGathering);
                    static_cast<void>(wait_for_events(watched, kNever));
                }
                failures_ = 0;
            } catch (const std::exception& error) {
                complain(error.what());
                ++failures_;
            }
        }
        events_.push([this] { stopping_ = true; });
    }

    // A slow disk is to hold up nothing else.
    void hand_over(DatagramUpload& file) {
        commits_.push([this, &file] {
            const auto error = file.upload->commit(file.end->crc);
            events_.push([=, this, &file] { sessions_.on_committed(file, error, now_); });
        });
    }

    void on_batch(DatagramBatch& batch) {
        sessions_.set_kernel_drops(batch.kernel_drops);
        for (const auto& [bytes, sender] : batch.datagrams) {
            const auto frame = decode_datagram(bytes);
            if (tracer_.on()) {
                tracer_.received((frame ? describe(*frame) : "(no intact frame)") +
                                 " peer=" + sender.to_string());
            }
            if (frame) sessions_.on_frame(sender, *frame, now_);
        }
        spare_.push_front(&batch);  // the next one to be filled: it is in the cache
    }

    void reply(const Address& peer, const Frame& frame) {
        channel_.send(
            peer, encoded(frame), [&] { return describe(frame) + " peer=" + peer.to_string(); },
            now_);
    }

    ResultLog results_{kProgram};
    Tracer tracer_;
    DatagramChannel channel_;
    DatagramSessions sessions_;
    std::array<DatagramBatch, kBatches> batches_;
    BlockingQueue<DatagramBatch*> spare_;           // to be filled
    BlockingQueue<std::function<void()>> events_;   // what this thread is to do
    BlockingQueue<std::function<void()>> commits_;  // for the one that waits for the disk
    std::thread receiver_;                          // ends at a nullptr in spare_
    std::thread committer_;                         // ends at an empty call in commits_
    bool stopping_ = false;
    int failures_ = 0;  // of the receiver, in a row: to be read when it has ended
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
