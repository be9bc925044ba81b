// SPDX-License-Identifier: MIT
//
// The senders' machines at the moments that a network of chance rarely brings about; all else is
// proved in tests/simulation.
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <vector>

#include "common/error.hpp"
#include "problem1/datagram_upload.hpp"
#include "problem1/paced_sender.hpp"
#include "problem1/selective_repeat.hpp"
#include "problem1/source.hpp"
#include "problem1/stop_and_wait.hpp"
#include "tests/problem1/recording_sink.hpp"
#include "tests/support/files.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

constexpr TimePoint kStart{seconds(1000)};

TEST(FailureOf, NamesTheFileOnce) {
    EXPECT_EQ(failure_of("n", "connection refused"), "n: connection refused");
    EXPECT_EQ(failure_of("n", "n: has shrunk"), "n: has shrunk");
    EXPECT_EQ(failure_of("a/n", "read a/n: Input/output error"), "read a/n: Input/output error");
}

struct SenderTest : ::testing::Test {
    TempDir dir;
    Source file = [this] {
        write_file(dir / "f", std::string(30, 'x'));
        return Source(dir / "f");
    }();
    RecordingSink sink;
};

struct Window : SenderTest {
    void accept(std::uint64_t offset = 0) {
        sender.send_due(kStart, SIZE_MAX, sink);
        sender.on_frame({FrameType::accept, 7, 0, encode_offset(offset)}, kStart);
        sink.take();
    }
    void ack(std::uint64_t number, TimePoint now) {
        sender.on_frame({FrameType::ack, 7, number, {}}, now);
    }
    Lines due(TimePoint now, std::size_t max_bytes = SIZE_MAX) {
        sender.send_due(now, max_bytes, sink);
        return sink.take();
    }

    SendOptions options{.chunk_size = 10, .window = 2, .retries = 3};
    RttEstimator rtt{milliseconds(100)};
    SelectiveRepeat sender{{file, options, rtt, 7}};
};

TEST_F(Window, KeepsAsManyChunksInFlightAsItIsWide) {
    accept();
    EXPECT_EQ(due(kStart), (Lines{"DATA seq=1 len=10", "DATA seq=2 len=10"}));
    ack(2, kStart);
    EXPECT_EQ(due(kStart), Lines{}) << "a window is the span from the lowest";
    ack(1, kStart);
    EXPECT_EQ(due(kStart), Lines{"DATA seq=3 len=10"});
}

// After its last retransmission it once waited for ever.
TEST_F(Window, AlwaysHasADeadlineUntilItIsDone) {
    TimePoint now = kStart;
    accept();
    due(now);
    for (int i = 0; i < 3; ++i) {
        ASSERT_NE(sender.next_deadline(), kNever);
        now = sender.next_deadline();
        EXPECT_EQ(due(now - Duration{1}), Lines{});
        EXPECT_EQ(due(now).size(), 4U) << "two notes, two chunks";
        EXPECT_GT(sender.next_deadline(), now) << "an overdue timer would spin";
    }
    EXPECT_THROW(due(sender.next_deadline()), TimeoutError);
}

TEST_F(Window, SendsNothingWhereThereIsNoRoomAndLosesNoTimeout) {
    accept();
    due(kStart);
    EXPECT_EQ(due(kStart + seconds(10), 0), Lines{});
    EXPECT_EQ(due(kStart + seconds(10)).size(), 4U);
}

TEST_F(Window, AsksForALostDoneAfterTheTimeoutAndNotForeverFast) {
    accept(30);
    EXPECT_EQ(due(kStart), Lines{"END seq=4 len=16"});
    ack(4, kStart);
    TimePoint now = kStart;
    Duration waited{};
    int questions = 0;
    for (; waited < RttEstimator::kMax; ++questions) {
        waited = sender.next_deadline() - now;
        now = sender.next_deadline();
        EXPECT_EQ(due(now).back(), "END seq=4 len=16");
        EXPECT_LE(waited, milliseconds(100) * (1 << questions)) << "a lost DONE once cost 5 s";
    }
    EXPECT_GT(questions, 3) << "more than --retries: the server is known to be alive";
    sender.on_frame({FrameType::done, 7, 4, {}}, now);
    EXPECT_TRUE(sender.done());
    EXPECT_EQ(due(now + RttEstimator::kMax), Lines{}) << "DONE that comes with the timeout is DONE";
}

TEST_F(Window, DoesNotTakeALateAcceptForTheEndOfSomethingElse) {
    accept();
    due(kStart);
    sender.on_frame({FrameType::accept, 7, 0, encode_offset(30)}, kStart);
    sender.on_frame({FrameType::done, 7, 4, {}}, kStart);
    EXPECT_FALSE(sender.done());
    EXPECT_EQ(sender.result().bytes, 30U) << "nothing was continued";
    ack(1, kStart);
    EXPECT_EQ(due(kStart), Lines{"DATA seq=3 len=10"});
}

TEST_F(Window, DoesNotTakeAnAckOfTheAnnouncementForItsAccept) {
    due(kStart);
    ack(0, kStart);
    EXPECT_EQ(due(kStart), Lines{});
    accept(10);
    EXPECT_EQ(due(kStart), (Lines{"DATA seq=2 len=10", "DATA seq=3 len=10"}));
}

TEST_F(Window, SaysThatTheServerHasAllOfItWhereOnlyDoneIsMissing) {
    accept(30);
    due(kStart);
    ack(4, kStart);
    for (int probes = 0; probes < kMaxProbes; ++probes) {
        EXPECT_TRUE(due(sender.next_deadline()).front().starts_with("probe seq=4 after "));
    }
    try {
        due(sender.next_deadline());
        FAIL() << "asks for ever";
    } catch (const TimeoutError& error) {
        EXPECT_STREQ(error.what(),
                     "the server has the whole file, but did not confirm it after 120 probes");
    }
    EXPECT_EQ(sender.result().retransmissions, 0U);
}

// A server whose answers are known beforehand; then it is silent.
class Script : public FrameChannel {
  public:
    explicit Script(std::deque<Frame> answers) : answers_(std::move(answers)) {}

    void send(const Frame& frame) override { sent.send(frame); }
    void note(const std::string&) override {}
    std::optional<Frame> receive(TimePoint deadline) override {
        if (answers_.empty()) {
            now_ = deadline;
            return std::nullopt;
        }
        const Frame next = answers_.front();
        answers_.pop_front();
        return next;
    }
    [[nodiscard]] TimePoint now() const override { return now_; }

    RecordingSink sent;

  private:
    std::deque<Frame> answers_;
    TimePoint now_ = kStart;
};

struct OneByOne : SenderTest {
    std::string fail(Script& server) {
        try {
            stop_and_wait(server, {file, options, rtt, 7}, [](std::uint64_t) {});
        } catch (const TimeoutError& error) {
            return error.what();
        }
        return "";
    }

    SendOptions options{.chunk_size = 10, .retries = 1};
    RttEstimator rtt{milliseconds(100)};
};

TEST_F(OneByOne, DoesNotTakeAnAckOfTheAnnouncementForItsAccept) {
    Script server({{FrameType::ack, 7, 0, {}}});
    EXPECT_EQ(fail(server), "the announcement was not acknowledged after 1 retransmission");
    EXPECT_EQ(server.sent.take().size(), 2U);
}

TEST_F(OneByOne, SaysThatTheServerHasAllOfItWhereOnlyDoneIsMissing) {
    const auto all = encode_offset(30);
    Script server({{FrameType::accept, 7, 0, all}, {FrameType::ack, 7, 4, {}}});
    EXPECT_EQ(fail(server),
              "the server has the whole file, but did not confirm it after 120 probes");
}

struct Datagrams : SenderTest {
    // Runs until it waits for an answer to END.
    TimePoint run_to_end(TimePoint now = kStart) {
        while (!transfer.ended() || transfer.next_deadline() <= now) {
            now = std::max(now, transfer.next_deadline());
            transfer.send_due(now, sink);
        }
        return now;
    }
    void nack(std::uint32_t round, std::vector<ChunkRange> missing, TimePoint now) {
        const auto payload = NackInfo{round, 99, std::move(missing)}.encode();
        transfer.on_frame({FrameType::nack, 7, 4, payload}, now);
    }

    PacedSender transfer{file, {.chunk_size = 10, .repair = true, .rate = 1e6}, 7, kStart};
};

TEST_F(Datagrams, SendAgainJustWhatIsMissingAndProveTheirAddress) {
    TimePoint now = run_to_end();
    EXPECT_EQ(sink.take().size(), 4U + 3 + 1);
    nack(1, {{2, 2}}, now);
    now = run_to_end(now);
    EXPECT_EQ(sink.take(), (Lines{"DATA seq=2 len=10", "END seq=4 len=16"}));
    EXPECT_EQ(transfer.result().retransmissions, 1U);
    transfer.on_frame({FrameType::done, 7, 4, {}}, now);
    EXPECT_TRUE(transfer.done());
}

// Such a server was obeyed 436 898 times in 25 s.
TEST_F(Datagrams, ObeyAServerThatAsksForTheSameForEverEverMoreSlowlyAndNotForEver) {
    TimePoint now = run_to_end();
    std::uint32_t round = 1;
    EXPECT_THROW(
        for (; round < 1000; ++round) {
            nack(round, {{2, 2}}, now);
            now = run_to_end(now);
        },
        TimeoutError);
    EXPECT_EQ(round, 1U + 1 + PacedSender::kRetries);
    EXPECT_GT(now - kStart, seconds(25));
}

TEST_F(Datagrams, FailAtANackThatIsNone) {
    const TimePoint now = run_to_end();
    EXPECT_THROW(nack(1, {}, now), ProtocolError);
    EXPECT_THROW(nack(1, {{1, 4}}, now), ProtocolError) << "there are three chunks";
    EXPECT_THROW(nack(1, {{3, 3}, {1, 1}}, now), ProtocolError);
}

TEST_F(Datagrams, WaitLongerForAServerThatSaysThatItIsAtWork) {
    TimePoint now = run_to_end();
    transfer.on_frame({FrameType::ack, 7, 4, {}}, now);
    for (int i = 0; i < 2 * PacedSender::kRetries - 1; ++i) {
        now = transfer.next_deadline();
        transfer.send_due(now, sink);
    }
    EXPECT_GT(now - kStart, seconds(500));
    transfer.on_frame({FrameType::done, 7, 4, {}}, now);
    EXPECT_TRUE(transfer.done());
}

TEST_F(Datagrams, HaveNotEndedBeforeTheirEndHasGone) {
    PacedSender client(file, {.chunk_size = 10}, 7, kStart);
    Lines sent;
    for (TimePoint now = kStart; !client.done(); now = std::max(now, client.next_deadline())) {
        client.send_due(now, sink);
        for (const std::string& one : sink.take()) sent.push_back(one);
        EXPECT_EQ(client.ended(), sent.back().starts_with("END ")) << sent.back();
    }
}

TEST_F(Datagrams, RefuseALineThatNoDatagramHoldsBeforeAnythingIsSent) {
    write_file(dir / "lines", "short\n" + std::string(60'000, 'x') + "\n");
    Source lines(dir / "lines");
    EXPECT_THROW(PacedSender(lines, {.lines = true}, 7, kStart), std::runtime_error);
}

TEST_F(Datagrams, TakeASecondForAFileAtARateOfItsSizeASecond) {
    write_file(dir / "slow", std::string(100'000, 'x'));
    Source slow(dir / "slow");
    PacedSender client(slow, {.rate = 100'000}, 7, kStart);
    TimePoint now = kStart;
    while (!client.done()) {
        now = std::max(now, client.next_deadline());
        client.send_due(now, sink);
    }
    EXPECT_GT(now - kStart, milliseconds(950));
    EXPECT_LT(now - kStart, milliseconds(1100));
    EXPECT_EQ(sink.take().size(), 1000U + 2 * PacedSender::kCopies);
}

// A server whose receive buffer holds so many frames, and which takes one of them out every 10 us.
class SlowReceiver : public FrameSink {
  public:
    SlowReceiver(std::uint64_t chunks, std::size_t buffer) : arrived_(chunks), buffer_(buffer) {}

    void send(const Frame& frame) override {
        ++sent_;
        if (waiting_.size() == buffer_) return;
        const bool end = frame.type == FrameType::end;
        waiting_.push_back({end, frame.sequence, end ? EndInfo::decode(frame.payload).round : 0});
    }
    void note(const std::string&) override {}

    // Takes out the next frame; what there is to answer is handed to the client.
    void work(PacedSender& client, TimePoint now) {
        if (waiting_.empty()) return;
        const auto [end, number, round] = waiting_.front();
        waiting_.pop_front();
        if (!end && number > 0) arrived_.insert(number);
        if (!end) return;
        const auto nack = NackInfo{round, 99, arrived_.missing(NackInfo::kMaxRanges)};
        client.on_frame(arrived_.complete() ? Frame{FrameType::done, 7, number, {}}
                                            : Frame{FrameType::nack, 7, number, nack.encode()},
                        now);
    }
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

  private:
    struct Waiting {
        bool end;
        std::uint64_t number;
        std::uint32_t round;
    };
    ChunkSet arrived_;
    std::size_t buffer_;
    std::deque<Waiting> waiting_;
    std::uint64_t sent_ = 0;
};

TEST_F(Datagrams, FindWithoutARateWhatTheReceiverCanTake) {
    constexpr std::uint64_t kChunks = 100'000;
    write_file(dir / "large", std::string(kChunks * 100, 'x'));
    Source large(dir / "large");
    PacedSender client(large, {.chunk_size = 100, .repair = true, .rate = PacedSender::kUnlimited},
                       7, kStart);
    SlowReceiver receiver(kChunks, 2000);
    TimePoint now = kStart;
    for (; !client.done(); now += std::chrono::microseconds(10)) {
        client.send_due(now, receiver);
        receiver.work(client, now);
        ASSERT_LT(now - kStart, seconds(10));
    }
    EXPECT_LT(receiver.sent(), kChunks * 5 / 4) << "a sender that does not adapt sends most twice";
    EXPECT_LT(now - kStart, milliseconds(1500)) << "the receiver alone needs a second";
}

}  // namespace
}  // namespace netlab::problem1
