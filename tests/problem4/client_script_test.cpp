// SPDX-License-Identifier: MIT
//
// The client against servers that the test plays itself, packet by packet: those that lose the same
// piece for ever.
#include "problem4/packet.hpp"
#include "tests/problem4/client_fixture.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem4 {
namespace {

using namespace netlab::testing;

constexpr std::uint64_t kSession = 0x1122334455667788;
constexpr std::uint64_t kPiece = 1'000;

// The other end of a client: answers what it is told to, and nothing by itself.
class ScriptedServer {
  public:
    ScriptedServer() : socket_(UdpSocket::bind("127.0.0.1", 0)) {}

    [[nodiscard]] std::uint16_t port() const { return socket_.local_address().port(); }

    // Waits for a packet of this kind, and drops others. The next call ends the view.
    template <typename Kind>
    Kind expect() {
        const TimePoint deadline = give_up_after(kPatience);
        while (const auto size = receive(socket_, input_, deadline, &client_)) {
            const auto packet = decode(Bytes(input_).first(*size));
            if (!packet) throw ProtocolError("the client sent no packet");
            if (const auto* body = std::get_if<Kind>(&packet->body)) return *body;
        }
        throw TimeoutError("waited in vain for a packet of the client");
    }

    void send(const Body& body) { socket_.send_to(encode({kSession, body}), client_); }

    // From REQUEST to INFO.
    Start open(std::uint64_t size) {
        send(Challenge{expect<Request>().nonce});
        const Start start = expect<Start>();
        send(Info{size, 0, "noise"});
        return start;
    }

    // The piece at `offset` of `media`.
    void send_piece(const std::string& media, std::uint64_t offset) {
        const std::uint64_t size = std::min<std::uint64_t>(kPiece, media.size() - offset);
        send(Data{static_cast<std::uint32_t>(offset / kPiece), 0, offset,
                  as_bytes(media).subspan(offset, size)});
    }
    void send_all_but(const std::string& media, std::uint64_t hole) {
        for (std::uint64_t offset = 0; offset < media.size(); offset += kPiece) {
            if (offset != hole) send_piece(media, offset);
        }
    }

    // Answers reports until the client says goodbye, and answers that: it may have played all
    // before another report is due.
    void keep_alive_to_the_end(std::uint64_t sent_up_to) {
        while (const auto size = receive(socket_, input_, give_up_after(kPatience), &client_)) {
            const auto packet = decode(Bytes(input_).first(*size));
            if (!packet) throw ProtocolError("the client sent no packet");
            if (std::holds_alternative<Bye>(packet->body)) return send(Bye{});
            const auto* report = std::get_if<Report>(&packet->body);
            if (report != nullptr) send(Alive{report->number, sent_up_to});
        }
        throw TimeoutError("waited in vain for the client's goodbye");
    }

    void close() {
        expect<Bye>();
        send(Bye{});
    }

  private:
    UdpSocket socket_;
    Address client_;
    std::array<std::byte, 65536> input_{};
};

class Problem4Script : public ClientTest {
  protected:
    Problem4Script() : media_(random_bytes(100'500, 4)) {}

    // Plays into the file "played".
    void start() {
        client_.emplace(client(server_.port(), {"--latency", "200ms", "--player",
                                                "cat > " + quoted("played"), "clip"}));
    }
    void start_copy() {
        client_.emplace(
            client(server_.port(), {"--latency", "200ms", "--output", dir_ / "played", "clip"}));
    }
    void expect_played(const std::string& expected) {
        EXPECT_EQ(client_->wait().code, 0) << client_->err();
        EXPECT_TRUE(same_bytes(read_file(dir_ / "played"), expected));
    }

    const std::string media_;
    ScriptedServer server_;
    std::optional<Subprocess> client_;
};

TEST_F(Problem4Script, FillsWithZerosWhatNeverComes) {
    start();
    server_.open(media_.size());
    server_.expect<Report>();
    server_.send_all_but(media_, 80'000);
    server_.keep_alive_to_the_end(media_.size());
    std::string expected = media_;
    expected.replace(80'000, kPiece, kPiece, '\0');
    expect_played(expected);
    EXPECT_EQ(statistic(client_->err(), "abandoned"), kPiece);
    EXPECT_EQ(statistic(client_->err(), "lost"), kPiece);
}

TEST_F(Problem4Script, NeverGivesUpTheHead) {
    start();
    server_.open(media_.size());
    server_.expect<Report>();
    server_.send_all_but(media_, 60'000);
    for (int reports = 0; reports < 30; ++reports) {
        const Report report = server_.expect<Report>();
        EXPECT_LE(report.contiguous, 60'000U);
        server_.send(Alive{report.number, media_.size()});
    }
    server_.send_piece(media_, 60'000);
    server_.close();
    expect_played(media_);
}

TEST_F(Problem4Script, NeverGivesUpAnythingOfACopy) {
    start_copy();
    EXPECT_EQ(server_.open(media_.size()).flags, Start::kCopy);
    server_.expect<Report>();
    server_.send_all_but(media_, 80'000);
    for (int reports = 0; reports < 30; ++reports) {
        const Report report = server_.expect<Report>();
        EXPECT_LE(report.contiguous, 80'000U);
        server_.send(Alive{report.number, media_.size()});
    }
    server_.send_piece(media_, 80'000);
    server_.close();
    expect_played(media_);
}

}  // namespace
}  // namespace netlab::problem4
