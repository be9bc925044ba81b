// SPDX-License-Identifier: MIT
//
// Sends files over UDP, 100 bytes a datagram, without any acknowledgement: what the network loses
// is lost, and the server can only tell what. Shows what TCP does for us; --repair shows the least
// that is needed to do it ourselves.
//
//     udp_server                         then, in a second terminal:   udp_client notes.txt
//
// See also: udp_server.cpp, its pair.
#include <algorithm>

#include "common/chunking.hpp"
#include "common/cli.hpp"
#include "common/retransmit.hpp"
#include "common/signals.hpp"
#include "common/summary.hpp"
#include "common/terminal.hpp"
#include "common/token_bucket.hpp"
#include "common/wire.hpp"
#include "problem1/frame_socket.hpp"
#include "problem1/source_file.hpp"

namespace netlab::problem1 {
namespace {

constexpr const char* kProgram = "udp_client";

// START and END go out more than once, since no one confirms them.
constexpr int kCopies = 4;
constexpr Duration kBetweenCopies = milliseconds(5);

// The default pace: 10 MB/s, and 20 000 datagrams a second at most. A stock receive buffer of 212
// 992 bytes holds 256 small datagrams, so that a receiver may be away from its processor for 12 ms.
constexpr double kDefaultRate = 10e6;
constexpr double kLeastCost = 500;  // bytes that even the smallest datagram counts for then

// --rate max: what a receiver on the same machine was seen to follow with a buffer of 4 MiB, and
// not more, since nothing would tell us to slow down.
constexpr double kFastestRate = 425e6;

constexpr Duration kPaceStep = milliseconds(1);
constexpr Duration kMostSaved = milliseconds(4);  // of the pace, made up for after a late wake-up
constexpr int kRepairRetries = 60;
constexpr Duration kRepairTimeout = milliseconds(250);

struct Options {
    CommonOptions common{.port = 7102};
    std::vector<std::string> files;
    std::uint32_t chunk_size = 100;
    bool lines = false;
    bool repair = false;
    std::optional<double> rate;  // bytes of the file a second
    ImpairmentSpec impairment;
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "FILE...", "Sends files over UDP, without acknowledgements.",
                     "udp_client --rate 1M notes.txt", options.common, false);
    line.number<std::uint32_t>("chunk-size", "N", "bytes a datagram carries", options.chunk_size, 1,
                               kMaxChunkSize);
    line.flag("lines", "send one line of text per datagram", options.lines);
    line.custom("rate", "SIZE", "bytes of the file a second, or max, 425 MB (10 MB)",
                [&](std::string_view given) {
                    options.rate =
                        given == "max" ? kFastestRate : static_cast<double>(parse_size(given));
                    if (options.rate == 0.0) throw UsageError("not over 0");
                });
    line.flag("repair", "ask the server what is missing, and send it again", options.repair);
    line.impairment(options.impairment);
    options.files = line.parse(argc, argv);
    if (options.files.empty()) line.fail("no FILE given");
    return options;
}

// Where each line of a file stands, its newline included: a line that the server asks for again has
// to be found again.
std::vector<ByteRange> find_lines(SourceFile& file) {
    constexpr std::uint64_t kStep = 64 * 1024;
    std::vector<ByteRange> lines;
    ByteRange line;
    for (std::uint64_t offset = 0; offset < file.size(); offset += kStep) {
        std::string_view text = as_text(file.read({offset, std::min(kStep, file.size() - offset)}));
        while (const auto piece = take_line(text)) {
            line.length += piece->size();
            if (line.length > kMaxChunkSize) {
                throw std::runtime_error("line " + std::to_string(lines.size() + 1) +
                                         " is longer than a datagram can be (" +
                                         std::to_string(kMaxChunkSize) + " bytes)");
            }
            if (!piece->ends_with('\n')) continue;
            lines.push_back(line);
            line = {line.offset + line.length, 0};
        }
    }
    if (line.length > 0) lines.push_back(line);
    return lines;
}

// One file on its way to the server.
class Transfer {
  public:
    Transfer(SourceFile& file, const Options& options, FrameSocket& socket)
        : file_(file),
          options_(options),
          socket_(socket),
          id_(random_transfer()),
          chunks_(file.size(), options.chunk_size),
          rate_(options.rate.value_or(kDefaultRate)),
          least_cost_(options.rate ? 0 : kLeastCost),
          pace_(rate_, std::max(1.0, rate_ * to_seconds(kMostSaved)), Clock::now()),
          progress_(escaped(file.name()), file.size(), !options.common.quiet) {
        if (options.lines) lines_ = find_lines(file);
    }

    Summary run() {
        const TimePoint start = Clock::now();
        send_copies(FrameType::start, 0, announcement());
        for (std::uint64_t number = 1; number <= count(); ++number) {
            send_chunk(number);
            progress_.update(place_of(number).offset);
        }
        socket_.flush();
        if (options_.repair) {
            repair();
        } else {
            send_end();
        }
        progress_.clear();
        return {
            "sent " + escaped(file_.name()), file_.size(), count(),
            options_.repair ? std::to_string(retransmissions_) + " retransmissions" : "unconfirmed",
            Clock::now() - start};
    }

  private:
    [[nodiscard]] std::uint64_t count() const {
        return options_.lines ? lines_.size() : chunks_.count();
    }

    [[nodiscard]] ByteRange place_of(std::uint64_t number) const {
        return options_.lines ? lines_[number - 1] : chunks_.range(number);
    }

    [[nodiscard]] std::vector<std::byte> announcement() const {
        const int flags =
            (options_.lines ? StartInfo::kLines : 0) | (options_.repair ? StartInfo::kRepair : 0);
        return StartInfo{file_.size(),
                         count(),
                         options_.lines ? 0 : options_.chunk_size,
                         1,
                         static_cast<std::uint8_t>(flags),
                         file_.name()}
            .encode();
    }

    void send_copies(FrameType type, std::uint64_t number, const std::vector<std::byte>& payload) {
        for (int copy = 0; copy < kCopies; ++copy) {
            socket_.send({type, id_, number, payload});
            socket_.wait_until(deadline_in(kBetweenCopies));
        }
    }

    void send_end() {
        const EndInfo end{file_.crc(), 0};
        socket_.send({FrameType::end, id_, count() + 1, end.encode()});
        try {
            send_copies(FrameType::end, count() + 1, end.encode());
            socket_.drain();
        } catch (const SystemError& error) {
            // A server that serves one file only may be gone with the first END, and rightly so.
            if (error.code() != ECONNREFUSED) throw;
        }
    }

    void send_chunk(std::uint64_t number) {
        const ByteRange place = place_of(number);
        keep_pace(static_cast<double>(place.length));
        const Bytes content = file_.read(place);
        if (!options_.lines) return socket_.queue({FrameType::data, id_, number, content});
        std::vector<std::byte> payload;
        WireWriter(payload).u64(place.offset).bytes(content);
        socket_.queue({FrameType::line, id_, number, payload});
    }

    // Frames are gathered for a step of a millisecond (or of 64 KiB), then sent; then comes the
    // wait.
    void keep_pace(double bytes) {
        constexpr double kMostGathered = 64 * 1024;
        const double step = rate_ * to_seconds(kPaceStep);
        gathered_ += std::max(bytes, least_cost_);
        if (gathered_ < std::min(step, kMostGathered)) return;

        socket_.flush();
        TimePoint now = Clock::now();
        while (pace_.ready_at(gathered_, now) > now) {
            socket_.wait_until(pace_.ready_at(gathered_, now));
            now = Clock::now();
        }
        pace_.take(gathered_, now);
        gathered_ = 0;
    }

    // END asks what is missing; NACK tells, or DONE that nothing is. Neither a chunk nor an END is
    // acknowledged by itself.
    void repair() {
        RttEstimator rtt(kRepairTimeout);
        const std::uint32_t crc = file_.crc();
        int attempt = 0;
        for (std::uint32_t round = 1;;) {
            const TimePoint asked = Clock::now();
            socket_.send({FrameType::end, id_, count() + 1, EndInfo{crc, round}.encode()});
            const Duration timeout = std::min(rtt.timeout(), 2 * kRepairTimeout);
            const auto answer = receive_answer(round, asked + timeout);
            if (!answer) {
                if (++attempt > kRepairRetries) throw TimeoutError("the server does not answer");
                ++retransmissions_;
                rtt.back_off();
                continue;
            }
            if (attempt == 0) rtt.add_sample(Clock::now() - asked);
            if (answer->missing.empty()) return;
            resend(*answer);
            attempt = 0;
            ++round;
        }
    }

    // The answer to the END of this round: DONE as a NACK of nothing, or nullopt at the deadline.
    std::optional<NackInfo> receive_answer(std::uint32_t round, TimePoint deadline) {
        while (const auto frame = socket_.receive(deadline)) {
            if (frame->transfer != id_) continue;
            if (frame->type == FrameType::done) return NackInfo{};
            if (frame->type == FrameType::error) {
                throw std::runtime_error("server: " +
                                         escaped(ErrorInfo::decode(frame->payload).reason));
            }
            if (frame->type != FrameType::nack) continue;
            NackInfo nack = NackInfo::decode(frame->payload);
            if (nack.round == round && !nack.missing.empty()) return nack;
        }
        return std::nullopt;
    }

    void resend(const NackInfo& nack) {
        for (const ChunkRange& range : nack.missing) {
            if (range.last > count()) throw ProtocolError("NACK for a chunk that does not exist");
            for (std::uint64_t number = range.first; number <= range.last; ++number) {
                ++retransmissions_;
                if (number == 0) {
                    socket_.send({FrameType::start, id_, 0, announcement()});
                } else {
                    send_chunk(number);
                }
            }
        }
        socket_.flush();
    }

    SourceFile& file_;
    const Options& options_;
    FrameSocket& socket_;
    std::uint32_t id_;
    FixedChunks chunks_;
    std::vector<ByteRange> lines_;
    double rate_;
    double least_cost_;
    TokenBucket pace_;
    double gathered_ = 0;
    ProgressBar progress_;
    std::uint64_t retransmissions_ = 0;
};

bool send_file(const std::string& path, const Options& options, FrameSocket& socket) {
    try {
        SourceFile file(path);
        print_out(Transfer(file, options, socket).run().line());
        return true;
    } catch (const Interrupted&) {
        throw;
    } catch (const std::exception& error) {
        report_file(kProgram, path, error.what());
        return false;
    }
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    throw_on_interrupt();
    const Tracer tracer(options.common.trace);
    FrameSocket socket(UdpSocket::connect(options.common.host, options.common.port),
                       options.impairment, tracer);

    bool all_sent = true;
    for (const std::string& path : options.files) {
        all_sent = send_file(path, options, socket) && all_sent;
    }
    return all_sent ? 0 : 1;
}

}  // namespace
}  // namespace netlab::problem1

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem1::kProgram,
                               [&] { return netlab::problem1::run(argc, argv); });
}
