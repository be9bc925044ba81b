// SPDX-License-Identifier: MIT
//
// Two whole ends of problem 5 over UDP on a simulated network: the client's DatagramPeer, the
// server's UdpAcceptor, and at each end a Conversation with a user who types a script.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

#include "common/text.hpp"
#include "problem5/conversation.hpp"
#include "problem5/udp_acceptor.hpp"
#include "tests/simulation/search.hpp"

namespace netlab::problem5 {
namespace {

using namespace netlab::simulation;
using Kind = Packet::Kind;

struct Script {
    std::vector<std::string> lines;  // a "/quit" among them is one
    std::string name{};
    Duration pause{};  // between two lines
};

// Once the network is as it should be, and all is typed: a timeout that had backed off, a probe, a
// goodbye.
constexpr Duration kBound = seconds(20);

const Network::Protocol kProtocol{[](Bytes message) { return std::string(as_text(message)); },
                                  Network::kNoChecksum};

// What both ends have in common: the user, and the books of what comes and goes, in which each
// datagram has its cause.
class ChatEnd : public Node {
  public:
    ChatEnd(Simulation& simulation, End end, const Script& script)
        : simulation_(simulation),
          end_(end),
          script_(script),
          conversation_(
              end == End::client ? Conversation::Role::client : Conversation::Role::server,
              validate_text, script.name, false) {}

    void on_message(Bytes message, TimePoint now) final {
        const auto packet = Packet::parse(as_text(message));
        require(packet.has_value(), "a datagram that is none");
        enter(*packet, message.size(), now);
        cause_ = packet->kind;
        receive(*packet, now);
        turn(now);
        cause_.reset();
    }
    void on_timer(TimePoint now) final {
        while (typing_at_ <= now) type();
        fire(now);
        turn(now);
    }
    [[nodiscard]] TimePoint next_deadline() const final {
        return std::min(typing_at_, machine_deadline());
    }

    // Once both are finished. It may give up only after its limit, which turn() has checked.
    [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }
    [[nodiscard]] bool well() const { return conversation_.ended_well(); }
    [[nodiscard]] const std::string& transcript() const noexcept { return transcript_; }
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
    [[nodiscard]] std::size_t shown() const noexcept { return shown_; }
    [[nodiscard]] std::size_t said() const noexcept { return messages_.size(); }
    [[nodiscard]] std::size_t acknowledged() const noexcept { return acknowledged_; }
    [[nodiscard]] bool over() const noexcept { return over_; }

  protected:
    virtual void receive(const Packet& packet, TimePoint now) = 0;
    virtual void fire(TimePoint now) = 0;
    [[nodiscard]] virtual TimePoint machine_deadline() const = 0;
    [[nodiscard]] virtual DatagramPeer* peer() = 0;
    [[nodiscard]] virtual std::vector<std::string> take_outgoing() = 0;
    virtual void part(TimePoint) {}

  private:
    void type() {
        if (typed_ == script_.lines.size()) {
            conversation_.end_of_input();
            typing_at_ = kNever;
        } else {
            conversation_.type(script_.lines[typed_++]);
            typing_at_ += script_.pause;
        }
    }

    // As ChatLoop does it.
    void turn(TimePoint now) {
        ++turns_;
        DatagramPeer* const other = peer();
        if (other != nullptr) {
            require(!over_, "a late copy has opened another dialogue");
            if (!std::exchange(begun_, true)) conversation_.begin("");
            conversation_.converse(*other, now);
            if (!conversation_.talking()) parted_at_ = std::min(parted_at_, now);
        }
        for (const std::string& datagram : take_outgoing()) send(datagram, now);
        for (const auto& line : conversation_.take_screen()) show(line, now);
        transcript_ += conversation_.take_transcript();
        if (other == nullptr || !other->over()) return;
        over_ = true;
        check_end(*other, now);
        part(now);
    }

    void show(const Line& line, TimePoint now) {
        simulation_.network().note(end_, line.text);
        if (line.kind == Line::Kind::message) ++shown_;
        if (line.kind != Line::Kind::error) return;
        require(line.text.ends_with("no sign of life for 9 s"), line.text);
        require(now >= heard_at_ + DatagramPeer::kGoneAfter, "given up before 9 s of silence");
        gave_up_ = true;
    }

    void check_end(const DatagramPeer& other, TimePoint now) {
        if (!well() || other.all_arrived()) return;
        require(now >= parted_at_ + DatagramPeer::kFlushTime,
                "gone within a second, though not all that was said had arrived");
        gave_up_ = true;
    }

    void enter(const Packet& packet, std::size_t size, TimePoint now) {
        heard_at_ = now;
        bytes_in_ += size;
        ++received_[static_cast<std::size_t>(packet.kind)];
        now_proved_ = false;
        if (packet.kind == Kind::pong && pings_ > 0) prove();
        if (packet.kind != Kind::ack || packet.number >= kMaxMessages) return;
        Message& message = book_[packet.number];
        if (!message.sent || std::exchange(message.acknowledged, true)) return;
        prove();
        --under_way_;
        if (packet.number > 0) ++acknowledged_;
    }

    void prove() { now_proved_ = !std::exchange(proved_, true); }

    void send(const std::string& datagram, TimePoint now) {
        const auto packet = Packet::parse(datagram);
        require(packet.has_value(), "this is no datagram: " + datagram);
        if (sent_++ == 0 && bytes_in_ == 0) heard_at_ = now;
        check_cause(*packet);
        bytes_out_ += datagram.size();
        require(end_ == End::client || proved_ ||
                    bytes_out_ <= DatagramPeer::kMaxAmplification * bytes_in_,
                "more than three times its bytes to an address that has not proved itself");
        simulation_.network().send(end_, as_bytes(datagram));
    }

    // It is new, or the answer to what has just come, or a timer has fired.
    void check_cause(const Packet& packet) {
        switch (packet.kind) {
            case Kind::msg: {
                require(packet.number < kMaxMessages, "too many messages");
                Message& message = book_[packet.number];
                require(std::exchange(message.turn, turns_) != turns_, "twice in one turn");
                if (!std::exchange(message.sent, true)) {
                    if (packet.number > 0) messages_.emplace_back(packet.text);
                    return require(++under_way_ <= 2, "more than two messages under way");
                }
                require(!message.acknowledged, "sent again, though it was acknowledged");
                return require(!cause_ || cause_ == Kind::bye || now_proved_,
                               "sent again without a timeout");
            }
            case Kind::ack:
                return require(++acks_ <= received(Kind::msg), "an ACK without a MSG");
            case Kind::pong:
                return require(++pongs_ <= received(Kind::ping), "a PONG without a PING");
            case Kind::ping:
                ++pings_;
                return require(!cause_ || !proved_, "a PING without silence");
            case Kind::bye:
                return require(++byes_ <= DatagramPeer::kMaxByes + received(Kind::bye),
                               "too many goodbyes");
            case Kind::busy:
                return require(false, "BUSY, though there is but one client");
        }
    }

    [[nodiscard]] int received(Kind kind) const {
        return received_[static_cast<std::size_t>(kind)];
    }

    static constexpr std::size_t kMaxMessages = 32;
    struct Message {
        bool sent = false;
        bool acknowledged = false;
        std::uint64_t turn = 0;  // that sent it last
    };

    Simulation& simulation_;
    const End end_;
    const Script& script_;
    Conversation conversation_;
    std::size_t typed_ = 0;
    TimePoint typing_at_ = Network::kBegin;
    bool begun_ = false;
    bool over_ = false;
    bool gave_up_ = false;
    TimePoint parted_at_ = kNever;
    TimePoint heard_at_ = Network::kBegin;
    std::optional<Kind> cause_;  // in a turn that a datagram has caused
    std::array<int, 6> received_{};
    std::array<Message, kMaxMessages> book_{};
    std::vector<std::string> messages_;
    std::uint64_t turns_ = 0;
    int under_way_ = 0;
    std::size_t acknowledged_ = 0;
    bool proved_ = false;
    bool now_proved_ = false;  // by the datagram that has just come
    int acks_ = 0;
    int pings_ = 0;
    int pongs_ = 0;
    int byes_ = 0;
    std::uint64_t sent_ = 0;
    std::size_t bytes_in_ = 0;
    std::size_t bytes_out_ = 0;
    std::size_t shown_ = 0;
    std::string transcript_;
};

class Client final : public ChatEnd {
  public:
    Client(Simulation& simulation, const Script& script)
        : ChatEnd(simulation, End::client, script), peer_(script.name) {}

    [[nodiscard]] bool finished() const override { return over(); }

  private:
    void receive(const Packet& packet, TimePoint now) override { peer_.on_packet(packet, now); }
    void fire(TimePoint now) override { peer_.on_timer(now); }
    [[nodiscard]] TimePoint machine_deadline() const override { return peer_.next_deadline(); }
    [[nodiscard]] DatagramPeer* peer() override { return over() ? nullptr : &peer_; }
    [[nodiscard]] std::vector<std::string> take_outgoing() override {
        return peer_.take_outgoing();
    }

    DatagramPeer peer_;
};

class Server final : public ChatEnd {
  public:
    Server(Simulation& simulation, const Script& script, const Client& client)
        : ChatEnd(simulation, End::server, script), client_(client), acceptor_(script.name) {}

    // It waits for ever, if nothing has ever arrived.
    [[nodiscard]] bool finished() const override {
        return over() || (client_.over() && !has_peer_);
    }

  private:
    void receive(const Packet& packet, TimePoint now) override {
        acceptor_.on_packet(address(), packet, now);
        has_peer_ = has_peer_ || acceptor_.peer() != nullptr;
    }
    void fire(TimePoint now) override { acceptor_.on_timer(now); }
    [[nodiscard]] TimePoint machine_deadline() const override { return acceptor_.next_deadline(); }
    [[nodiscard]] DatagramPeer* peer() override { return acceptor_.peer(); }
    void part(TimePoint now) override { acceptor_.disconnect(now); }
    [[nodiscard]] std::vector<std::string> take_outgoing() override {
        std::vector<std::string> all;
        for (auto& [to, datagram] : acceptor_.take_outgoing()) all.push_back(std::move(datagram));
        return all;
    }
    static const Address& address() {
        static const Address client = Address::resolve("127.0.0.1", 1, SOCK_DGRAM).front();
        return client;
    }

    const Client& client_;
    UdpAcceptor acceptor_;
    bool has_peer_ = false;
};

// What is said if everybody says all that is typed before the first /quit, in turn.
std::vector<std::string> whole_dialogue(const Script& client, const Script& server) {
    const auto name = [](const Script& one, const char* otherwise) {
        return (one.name.empty() ? otherwise : one.name) + ": ";
    };
    std::vector<std::string> lines;
    for (std::size_t i = 0;; ++i) {
        if (i >= client.lines.size() || client.lines[i] == "/quit") return lines;
        lines.push_back(name(client, "client") + client.lines[i]);
        if (i >= server.lines.size() || server.lines[i] == "/quit") return lines;
        lines.push_back(name(server, "server") + server.lines[i]);
    }
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    for (; !text.empty(); text.remove_prefix(text.find('\n') + 1)) {
        lines.emplace_back(text.substr(0, text.find('\n')));
    }
    return lines;
}

// The speakers in turn, each line as it was typed; of a speaker whose name got lost, only the text.
void check_in_turn(const std::string& transcript, const std::vector<std::string>& whole,
                   bool with_names) {
    const auto text = [&](const std::string& line) {
        return with_names ? line : line.substr(line.find(": "));
    };
    const auto lines = lines_of(transcript);
    require(lines.size() <= whole.size(), "more in the transcript than was typed");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        require(text(lines[i]) == text(whole[i]),
                "not what was typed, in turn: " + escaped(lines[i].substr(0, 40)));
    }
}

void talk(Simulation& simulation, const Script& client_script, const Script& server_script) {
    Client client(simulation, client_script);
    Server server(simulation, server_script, client);
    simulation.attach(End::client, client);
    simulation.attach(End::server, server);
    const auto typing = [](const Script& script) {
        return script.pause * static_cast<long>(script.lines.size());
    };
    simulation.run(kBound + typing(client_script) + typing(server_script));

    const bool gave_up = client.gave_up() || server.gave_up();
    const auto whole = whole_dialogue(client_script, server_script);
    check_in_turn(client.transcript(), whole, !gave_up);
    check_in_turn(server.transcript(), whole, !gave_up);
    require(client.shown() <= server.said() && server.shown() <= client.said(),
            "more was heard than was said");
    require(client.acknowledged() <= server.shown() && server.acknowledged() <= client.shown(),
            "acknowledged, and never shown");
    require(simulation.network().sent() == client.sent() + server.sent(), "datagrams from nowhere");
    // All goodbyes; or the first reply and the two PINGs that the shortest MSG 1 pays for.
    require(!gave_up || simulation.network().lost().size() >= 3,
            "given up, though little was lost");
    if (gave_up) return;
    require(client.transcript() == server.transcript(), "the transcripts differ");
    require(client.well(), "the client has failed");
    require(server.well() || client.said() == 0, "the server has failed");
    const auto quits = [](const Script& script) {
        return std::ranges::find(script.lines, "/quit") != script.lines.end();
    };
    if (quits(client_script) || quits(server_script)) return;
    require(lines_of(client.transcript()).size() == whole.size(), "not all of it was said");
}

void try_every_pattern_of(const Script& client, const Script& server) {
    try_every_pattern(kProtocol, [&](Simulation& simulation) { talk(simulation, client, server); });
}

TEST(Problem5Simulation, EveryPatternOfADialogueOfUnequalScripts) {
    try_every_pattern_of({{"one", "two", "three"}}, {{"eins", "zwei"}});
}

TEST(Problem5Simulation, EveryPatternOfNames) {
    try_every_pattern_of({{"one", "two"}, "Ann"}, {{"eins", "zwei"}, "Bob"});
}

TEST(Problem5Simulation, EveryPatternOfADialogueOfOneMessage) {
    try_every_pattern_of({{"one"}, "Ann"}, {{"eins", "zwei"}, "Bob"});
}

TEST(Problem5Simulation, EveryPatternOfAServerWithoutLines) {
    try_every_pattern_of({{"one", "two"}}, {{}, "Bob"});
}

TEST(Problem5Simulation, EveryPatternOfAQuit) {
    try_every_pattern_of({{"one", "two", "/quit"}, "Ann"}, {{"eins", "zwei", "drei"}});
}

TEST(Problem5Simulation, EveryPatternOfTwoQuitsThatCross) {
    try_every_pattern_of({{"one", "/quit"}}, {{"eins", "/quit"}, "Bob"});
}

TEST(Problem5Simulation, EveryPatternOfAReplyThatAStrangerIsNotSent) {
    try_every_pattern_of({{"one", "two"}}, {{std::string(100, 'x'), "zwei"}, "Bob"});
}

TEST(Problem5Simulation, AClientWithoutLinesSendsNothing) {
    try_every_pattern_of({}, {{"eins"}});
}

std::string draw_text(Simulation& simulation) {
    static constexpr std::array<std::string_view, 8> kCharacters{"a", "b",  "/", ":",
                                                                 " ", "\t", "ä", "\xff"};
    std::uint64_t size = simulation.draw(1, 20);
    if (simulation.draw(1, 8) == 1) size = simulation.draw(900, kMaxCharacters);
    std::string text;
    while (size-- > 0) text += kCharacters[simulation.draw(0, kCharacters.size() - 1)];
    return text;
}

Script draw_script(Simulation& simulation, std::string name) {
    Script script;
    const std::uint64_t size = simulation.draw(0, 8);
    for (std::uint64_t i = 0; i < size; ++i) {
        script.lines.push_back(simulation.draw(1, 12) == 1 ? "/quit" : draw_text(simulation));
    }
    if (simulation.draw(0, 1) == 1) script.name = std::move(name);
    if (simulation.draw(0, 2) == 0) {
        script.pause = milliseconds(static_cast<long>(simulation.draw(1, 4000)));
    }
    return script;
}

TEST(Problem5Simulation, Swarm) {
    try_swarm(kProtocol, [](Simulation& simulation) {
        const Script client = draw_script(simulation, "Ann");
        const Script server = draw_script(simulation, "Bob");
        talk(simulation, client, server);
    });
}

}  // namespace
}  // namespace netlab::problem5
