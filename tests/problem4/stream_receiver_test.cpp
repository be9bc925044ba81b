// SPDX-License-Identifier: MIT
//
// The client's half of a session, packet by packet and millisecond by millisecond: no socket, no
// clock. How it fares on a bad network, tests/simulation shows.
#include "problem4/stream_receiver.hpp"

#include <gtest/gtest.h>

#include "tests/support/files.hpp"

namespace netlab::problem4 {
namespace {

constexpr std::uint64_t kNonce = 7;
constexpr std::uint64_t kSession = 0x1122334455667788;
constexpr std::uint64_t kPiece = 1'000;

using Strings = std::vector<std::string>;

// A receiver, and what the test lets happen to it.
class StreamReceiverTest : public ::testing::Test {
  protected:
    void begin(StreamReceiver::Options options = {}, const std::string& name = "clip") {
        options.name = name;
        options.server = "192.0.2.1:7401";
        options.nonce = kNonce;
        receiver_.emplace(options, now_, [this](const Packet& packet) {
            sent_.push_back(describe(packet));
            session_ = packet.session;
        });
    }
    void hear(const Body& body, std::uint64_t session = kSession) {
        receiver_->on_packet({session, body}, now_);
    }
    void hear_piece(std::uint64_t offset) {
        const std::uint64_t size = std::min(kPiece, media_.size() - offset);
        hear(Data{static_cast<std::uint32_t>(offset / kPiece), 0, offset,
                  as_bytes(media_).subspan(offset, size)});
    }
    void hear_pieces(std::uint64_t begin, std::uint64_t end) {
        for (; begin < end; begin += kPiece) hear_piece(begin);
    }
    // What it sends meanwhile.
    Strings pass(Duration time) {
        sent_.clear();
        const TimePoint end = now_ + time;
        for (; receiver_->next_deadline() <= end; receiver_->on_timer(now_)) {
            now_ = std::max(now_, receiver_->next_deadline());
        }
        now_ = end;
        return sent_;
    }
    // From REQUEST to the first REPORT.
    void open(StreamReceiver::Options options = {}, std::uint64_t duration_us = 0,
              const std::string& name = "clip") {
        begin(options, name);
        pass({});
        hear(Challenge{kNonce});
        pass({});
        hear(Info{media_.size(), duration_us, "noise"});
        pass({});
    }
    // Gives the player, who takes all, what there is.
    std::string play() {
        std::string all;
        for (Bytes front = receiver_->front(); !front.empty(); front = receiver_->front()) {
            all += as_text(front);
            receiver_->on_written(front.size());
            receiver_->on_consumed(receiver_->written(), now_);
        }
        return all;
    }

    const std::string media_ = testing::random_bytes(100'500, 4);
    TimePoint now_{seconds(1000)};
    std::optional<StreamReceiver> receiver_;
    Strings sent_;
    std::uint64_t session_ = 0;
};

TEST_F(StreamReceiverTest, AsksAfter100MsAndThenEvery200MsUntilItIsAnswered) {
    const Strings request{"REQUEST name=clip"};
    begin({.buffer = {.latency = milliseconds(250)}});
    EXPECT_EQ(pass({}), request);
    EXPECT_EQ(session_, 0U);
    EXPECT_EQ(pass(milliseconds(99)), Strings{});
    EXPECT_EQ(pass(milliseconds(1)), request);
    EXPECT_EQ(pass(milliseconds(199)), Strings{});
    EXPECT_EQ(pass(milliseconds(1)), request);
    hear(Challenge{kNonce ^ 1}, kSession + 1);
    EXPECT_EQ(pass(milliseconds(199)), Strings{}) << "the answer to another one";

    const Strings start{"START latency=250 ms name=clip"};
    hear(Challenge{kNonce});
    EXPECT_EQ(pass({}), start);
    EXPECT_EQ(session_, kSession);
    hear(Challenge{kNonce}, kSession + 1);
    EXPECT_EQ(pass(milliseconds(300)), (Strings{start[0], start[0]}));
    hear(Info{media_.size(), 0, "noise"}, kSession + 1);
    EXPECT_EQ(pass({}), Strings{});
    hear(Info{media_.size(), 0, "noise"});
    EXPECT_EQ(pass({}), Strings{"REPORT number=1 contiguous=0 consumed=0 echo"});
    hear(Info{media_.size(), 0, "noise"});
    EXPECT_EQ(pass(milliseconds(50)), Strings{"REPORT number=2 contiguous=0 consumed=0"});
}

TEST_F(StreamReceiverTest, GivesUpAfter8SecondsWithoutAnAnswer) {
    begin();
    pass(seconds(8) - milliseconds(1));
    EXPECT_FALSE(receiver_->failure());
    pass(milliseconds(1));
    EXPECT_EQ(receiver_->failure(), "no answer from 192.0.2.1:7401 within 8 s");
    EXPECT_TRUE(receiver_->finished());
    EXPECT_EQ(receiver_->next_deadline(), kNever);
}

TEST_F(StreamReceiverTest, GivesUpAfter8SecondsWithoutASignOfTheServer) {
    open();
    hear_piece(0);
    pass(seconds(1));
    hear(Alive{1, 0});
    pass(seconds(8) - milliseconds(1));
    EXPECT_FALSE(receiver_->failure());
    EXPECT_EQ(pass(milliseconds(1)), (Strings{"BYE contiguous=1000"}));
    EXPECT_EQ(receiver_->failure(), "no sign of the server for 8 s");
    hear(Bye{});
    EXPECT_TRUE(receiver_->finished());
}

TEST_F(StreamReceiverTest, ReportsWhatIsMissingAndWhatIsConsumed) {
    open();
    hear_pieces(0, 40'000);
    hear_pieces(41'000, 50'000);
    EXPECT_TRUE(receiver_->ready());
    receiver_->on_started(now_);
    EXPECT_EQ(play(), media_.substr(0, 40'000));
    EXPECT_EQ(pass(milliseconds(50)),
              Strings{"REPORT number=2 contiguous=40000 consumed=40000 missing=40000+1000"});
    EXPECT_EQ(pass(milliseconds(50)).size(), 1U);
    hear_piece(40'000);
    receiver_->on_written(300);
    receiver_->on_consumed(40'200, now_);  // the rest is in its pipe
    EXPECT_EQ(pass(milliseconds(50)), Strings{"REPORT number=4 contiguous=50000 consumed=40200"});
    EXPECT_EQ(receiver_->buffer()->counts().recovered, kPiece);
}

TEST_F(StreamReceiverTest, HearsOfALostTail) {
    open();
    hear_pieces(0, 100'000);
    EXPECT_EQ(pass(milliseconds(50)), Strings{"REPORT number=2 contiguous=100000 consumed=0"});
    hear(Alive{2, media_.size()});
    EXPECT_EQ(pass(milliseconds(50)),
              Strings{"REPORT number=3 contiguous=100000 consumed=0 missing=100000+500"});
}

TEST_F(StreamReceiverTest, IgnoresWhatIsNotOfItsSession) {
    open();
    const std::string lie(kPiece, 'x');
    hear(Data{0, 0, 0, as_bytes(lie)}, kSession + 1);
    hear(Bye{}, kSession + 1);
    hear(Error{"a stranger's"}, kSession + 1);
    hear(Data{0, 0, media_.size() - 10, as_bytes(lie)});  // beyond the end
    hear(Data{0, 0, UINT64_MAX - 10, as_bytes(lie)});
    hear(Alive{12'345, 0});
    hear_pieces(0, media_.size());
    receiver_->on_started(now_);
    EXPECT_EQ(play(), media_);
    EXPECT_FALSE(receiver_->failure());
}

TEST_F(StreamReceiverTest, SaysGoodbyeAsSoonAsItHasAllWhileThePlayerTakesItsTime) {
    open();
    hear_pieces(0, media_.size());
    receiver_->on_started(now_);
    EXPECT_EQ(pass({}), Strings{"BYE contiguous=100500"});
    EXPECT_EQ(pass(milliseconds(99)), Strings{});
    EXPECT_EQ(pass(milliseconds(1)), Strings{"BYE contiguous=100500"});
    hear(Bye{});
    EXPECT_EQ(pass(seconds(60)), Strings{});
    EXPECT_FALSE(receiver_->finished());
    EXPECT_EQ(play(), media_);
    EXPECT_TRUE(receiver_->finished());
    EXPECT_FALSE(receiver_->failure());
}

TEST_F(StreamReceiverTest, SaysGoodbyeFiveTimesIfNobodyAnswers) {
    open();
    hear_pieces(0, media_.size());
    play();
    EXPECT_EQ(pass(milliseconds(499)).size(), 5U);
    EXPECT_FALSE(receiver_->finished());
    EXPECT_EQ(pass(milliseconds(1)), Strings{});
    EXPECT_TRUE(receiver_->finished());
    EXPECT_FALSE(receiver_->failure());
}

TEST_F(StreamReceiverTest, EndsWithTheServersErrorEscapedAndWithoutAnotherWord) {
    open();
    hear_piece(0);
    hear(Error{"no \x1b[2J such clip"});
    EXPECT_EQ(receiver_->failure(), "server: no \\x1b[2J such clip");
    EXPECT_TRUE(receiver_->finished());
    EXPECT_EQ(pass(seconds(1)), Strings{});
    EXPECT_TRUE(receiver_->front().empty()) << "and plays no more";
}

TEST_F(StreamReceiverTest, EndsWithTheServersByeUnlessItHasAll) {
    open();
    hear(Bye{});
    EXPECT_EQ(receiver_->failure(), "the server has closed the session");
    open();
    hear_pieces(0, media_.size());
    receiver_->on_server_gone("recv: Connection refused");
    EXPECT_FALSE(receiver_->failure());
    EXPECT_EQ(play(), media_);
    EXPECT_TRUE(receiver_->finished());
}

TEST_F(StreamReceiverTest, CanBeLeftAtAnyTime) {
    begin();
    pass({});
    receiver_->leave(now_);
    EXPECT_TRUE(receiver_->finished()) << "there is no session yet";
    begin();
    pass({});
    hear(Challenge{kNonce});
    pass({});
    receiver_->leave(now_);
    EXPECT_EQ(pass({}), Strings{"BYE contiguous=0"});
    hear(Info{media_.size(), 0, "noise"});
    hear_piece(0);
    hear(Bye{});
    EXPECT_TRUE(receiver_->finished());
    EXPECT_FALSE(receiver_->failure());
}

TEST_F(StreamReceiverTest, LetsThePlayerStartWithAQuarterOfTheLatency) {
    open({.buffer = {.latency = seconds(2)}}, 10'000'000);  // half a second of ten
    hear_pieces(0, 5'000);
    EXPECT_FALSE(receiver_->ready());
    hear_piece(5'000);
    EXPECT_TRUE(receiver_->ready());

    open({.buffer = {.latency = seconds(60)}}, 10'000'000);
    hear_pieces(0, 100'000);
    EXPECT_FALSE(receiver_->ready());
    hear_piece(100'000);
    EXPECT_TRUE(receiver_->ready());

    open({.buffer = {.latency = seconds(60), .capacity = 40'000}}, 10'000'000);
    hear_pieces(0, 10'000);
    EXPECT_TRUE(receiver_->ready()) << "more than a part of the buffer may never come";
}

TEST_F(StreamReceiverTest, TellsEverythingInAFewLines) {
    begin();
    EXPECT_EQ(receiver_->details(), "");
    EXPECT_EQ(receiver_->summary(now_),
              "stopped clip: 0 bytes in 0 datagrams, 0 recovered, 0.000 s, 0 B/s\n");
    pass(milliseconds(1));
    hear(Challenge{kNonce});
    hear(Info{media_.size(), 10'000'000, "noise"});
    pass({});
    now_ += milliseconds(41);
    hear(Alive{1, 0});
    hear_pieces(0, 50'000);
    hear_pieces(51'000, media_.size());
    hear_piece(0);
    EXPECT_TRUE(receiver_->details().starts_with("first byte after 42 ms\nbytes received 99500,"))
        << "a copy has no player";
    pass(milliseconds(208));
    receiver_->on_started(now_);
    hear_piece(50'000);
    play();
    EXPECT_EQ(receiver_->details(),
              "first byte after 42 ms, player started after 250 ms, starvations 0\n"
              "bytes received 100500, lost 1000, recovered 1000, late 0, duplicate 1000, "
              "abandoned 0\n"
              "jitter 13.0 ms, round trip 41.0 ms\n");
    now_ += milliseconds(1750);
    EXPECT_EQ(receiver_->summary(now_),
              "received clip: 100500 bytes in 101 datagrams, 1 recovered, 2.000 s, 50.2 kB/s\n");
}

// So much has been played, and so much is there.
class StatusTest : public StreamReceiverTest {
  protected:
    void play_up_to(std::uint64_t offset, std::uint64_t ahead) {
        hear_pieces(0, offset + ahead);
        for (; receiver_->written() < offset; receiver_->on_written(kPiece)) {
        }
        receiver_->on_consumed(offset, now_);
    }
    [[nodiscard]] std::string status(std::size_t width = 120) const {
        return receiver_->status(now_, width);
    }
};

TEST_F(StatusTest, TellsTimesIfTheDurationIsKnown) {
    open({}, 100'500'000);  // 1000 bytes a second
    hear_piece(1'000);
    pass(milliseconds(50));
    play_up_to(62'000, 19'000);
    pass(milliseconds(9'950));
    EXPECT_EQ(status(), "clip  1:02 / 1:40  19.0 s ahead  8.1 kB/s  lost 1 kB  recovered 1 kB");
}

TEST_F(StatusTest, TellsBytesIfItIsNot) {
    begin();
    EXPECT_EQ(status(), "");
    open();
    play_up_to(62'000, 19'000);
    now_ += seconds(1);
    EXPECT_EQ(status(), "clip  62 kB / 100 kB  19 kB ahead  81 kB/s  lost 0 B  recovered 0 B");
}

TEST_F(StatusTest, FitsTheTerminalAndShowsNoControlCharacters) {
    open({}, 0, "\x1b[2J\u4f60\u597d.mp4");
    EXPECT_EQ(status(9), "\\x1b[2J\u4f60") << "not half a character";
    EXPECT_EQ(status(10), "\\x1b[2J\u4f60");
    EXPECT_EQ(status(0), "");
}

// Its sender means harm.
TEST_F(StatusTest, SurvivesMediaOfNoBytesThatPlaysForLong) {
    begin();
    pass({});
    hear(Challenge{kNonce});
    hear(Info{0, 1'000'000, "noise"});
    EXPECT_EQ(status(), "clip  0 B / 0 B  0 B ahead  0 B/s  lost 0 B  recovered 0 B");
}

}  // namespace
}  // namespace netlab::problem4
