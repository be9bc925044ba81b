// SPDX-License-Identifier: MIT
//
// A client of problem 4 (StreamReceiver) with its player, and a server (SessionTable) with one
// file, on a network in memory.
#include <cstring>

#include <gtest/gtest.h>

#include "problem4/session_table.hpp"
#include "problem4/stream_receiver.hpp"
#include "tests/problem4/memory_source.hpp"
#include "tests/simulation/search.hpp"

namespace netlab::problem4 {
namespace {

using namespace simulation;

constexpr std::uint64_t kDefaultRate = 1 << 20;
constexpr std::uint64_t kPipe = 16 * 1024;

std::string describe_message(Bytes message) {
    const auto packet = decode(message);
    return packet ? describe(*packet) : "(damaged)";
}

const Network::Protocol kProtocol{describe_message, 0};

// What is played, or copied, and how.
struct Clip {
    std::vector<std::byte> bytes;  // none is 0: a hole that was filled shows
    double rate = 100'000;         // bytes a second at which it plays
    bool rate_known = true;
    bool copy = true;
    Duration latency = seconds(2);
    std::uint64_t capacity = 64 << 20;
    std::uint64_t seed = 1;                   // of the payload sizes
    std::uint64_t player_quits = UINT64_MAX;  // having read so much
    TimePoint server_stops = kNever;
    TimePoint suspended_at = kNever;  // the client's process, as by Ctrl+Z
    TimePoint resumed_at = kNever;

    explicit Clip(std::uint64_t size) : bytes(size) {
        std::uint32_t state = 1;
        for (std::byte& byte : bytes)
            byte = std::byte(1 + (state = state * 1103515245 + 12345) % 255);
    }
    [[nodiscard]] std::uint64_t size() const { return bytes.size(); }
    [[nodiscard]] Duration length() const {
        return from_seconds(static_cast<double>(size()) / rate);
    }
};

// The place of a kind of packet among all of them.
template <typename Kind, typename... Kinds>
constexpr std::size_t index_among(const std::variant<Kinds...>*) {
    std::size_t index = 0;
    static_cast<void>(((std::is_same_v<Kind, Kinds> || (++index, false)) || ...));
    return index;
}
template <typename Kind>
constexpr std::size_t kIndex = index_among<Kind>(static_cast<const Body*>(nullptr));

// How many packets of each kind an end has sent, or received.
class Counts {
  public:
    template <typename Kind>
    [[nodiscard]] std::uint64_t of() const {
        return counts_[kIndex<Kind>];
    }
    void add(const Body& body) { ++counts_[body.index()]; }

  private:
    std::array<std::uint64_t, std::variant_size_v<Body>> counts_{};
};

class ServerNode : public Node {
  public:
    ServerNode(Simulation& simulation, const Clip& clip)
        : simulation_(simulation),
          clip_(clip),
          peer_(Address::resolve("127.0.0.1", 1000, SOCK_DGRAM).front()),
          table_({.default_rate = kDefaultRate, .seed = clip.seed, .once = true}, {1, 2},
                 {.send = [this](const Address&, const Packet& packet) { send(packet); },
                  .open = [this](const std::string&) { return open(); },
                  .note = [](const std::string&) {},
                  .result = [this](const std::string& text) { log(text); },
                  .problem = [this](const std::string& text) { log(text); }}) {}

    void on_message(Bytes message, TimePoint now) override {
        bytes_in_ += message.size();
        const auto packet = decode(message);
        if (!packet || stopped_) return;
        received_.add(packet->body);
        if (std::holds_alternative<Bye>(packet->body) && table_.size() > 0) bye_came_ = true;
        if (!std::holds_alternative<Request>(packet->body)) last_heard_ = now;
        if (const auto* report = std::get_if<Report>(&packet->body)) note_report(*report);
        table_.on_packet(peer_, *packet, now);
        require(violation_.empty(), violation_);
    }

    void on_timer(TimePoint now) override {
        if (now >= clip_.server_stops) return stop();
        table_.on_timer(now);
        require(violation_.empty(), violation_);
    }
    [[nodiscard]] TimePoint next_deadline() const override {
        if (stopped_) return kNever;
        return std::min(clip_.server_stops, table_.next_deadline());
    }
    [[nodiscard]] bool finished() const override { return stopped_ || table_.size() == 0; }

    [[nodiscard]] bool stopped() const { return stopped_; }
    [[nodiscard]] bool bye_came() const { return bye_came_; }
    [[nodiscard]] bool outcome() const { return table_.outcome(kNever).value_or(false); }
    [[nodiscard]] const std::string& story() const { return story_; }

  private:
    // The table takes an exception for a clip that cannot be read: thrown when it has returned.
    void expect(bool holds, const std::string& what) {
        if (!holds && violation_.empty()) violation_ = what;
    }

    std::shared_ptr<const Media> open() {
        started_ = simulation_.now();
        const auto length = std::chrono::duration_cast<MediaTime>(clip_.length());
        const MediaInfo info{"wav", clip_.rate_known ? length : MediaTime{}};
        return std::make_shared<const Media>(Media{memory_source(clip_.bytes), info});
    }

    void stop() {
        stopped_ = true;
        for (int i = 0; i < 3; ++i) table_.say_bye();
    }

    void log(const std::string& text) {
        story_ += text;
        simulation_.network().note(End::server, text.substr(0, text.size() - 1));
        if (text.starts_with("sent ") || text.starts_with("stopped ")) return;
        expect(text.find("nothing heard for 5 s") != std::string::npos,
               "the server fails: " + text);
        expect(simulation_.now() - last_heard_ >= SessionTable::kSilence,
               "the server has given up a client that it hears");
    }

    void note_report(const Report& report) {
        if (report.number <= last_report_) return;
        last_report_ = report.number;
        for (const ByteRange& range : report.missing) {
            for (std::size_t i = 0; i < pieces_.size(); ++i) {
                const ByteRange& piece = pieces_[i].range;
                const bool touched = piece.offset < range.offset + range.length &&
                                     range.offset < piece.offset + piece.length;
                if (touched) pieces_[i].wanted = true;
            }
        }
    }

    void send(const Packet& packet) {
        const auto datagram = encode(packet);
        bytes_out_ += datagram.size();
        sent_.add(packet.body);
        if (const auto* data = std::get_if<Data>(&packet.body)) check_data(*data);
        check_causes();
        simulation_.network().send(End::server, datagram);
    }

    void check_causes() {
        expect(received_.of<Start>() > 0 || bytes_out_ <= bytes_in_,
               "more bytes than came, to an address that is not proved");
        expect(sent_.of<Challenge>() <= received_.of<Request>(), "a CHALLENGE without a REQUEST");
        expect(sent_.of<Info>() <= received_.of<Start>(), "an INFO without a START");
        expect(sent_.of<Alive>() <= received_.of<Report>(), "an ALIVE without a REPORT");
        expect(stopped_ || sent_.of<Bye>() <=
                               received_.of<Bye>() + received_.of<Start>() + received_.of<Report>(),
               "a BYE without a cause");
    }

    void check_data(const Data& data) {
        expect(last_report_ > 0, "DATA before the first REPORT");
        const ByteRange range{data.offset, data.payload.size()};
        if (data.sequence == pieces_.size()) {
            expect(range.offset == sent_up_to_, "a gap between two pieces");
            sent_up_to_ += range.length;
            expect(range.length <= kMaxPayload &&
                       (range.length >= kMinPayload || sent_up_to_ == clip_.size()),
                   "a piece of a wrong size");
            pieces_.push_back({range});
            const double rate = clip_.rate_known ? 1.25 * clip_.rate : kDefaultRate;
            const double burst = 2 * (clip_.rate_known ? clip_.rate : kDefaultRate);
            const double elapsed = to_seconds(simulation_.now() - started_);
            expect(static_cast<double>(sent_up_to_) <= burst + rate * elapsed + kMaxPayload,
                   "faster than its pace");
        } else {
            expect(data.sequence < pieces_.size() && pieces_[data.sequence].range == range,
                   "a piece again, but with other bounds");
            expect(pieces_[data.sequence].wanted, "a piece again that nobody asked for");
            pieces_[data.sequence].wanted = false;
        }
    }

    struct Piece {
        ByteRange range;
        bool wanted = false;
    };

    Simulation& simulation_;
    const Clip& clip_;
    Address peer_;
    SessionTable table_;
    bool stopped_ = false;
    bool bye_came_ = false;  // while there was a session
    std::string story_;
    std::string violation_;

    Counts received_;
    Counts sent_;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t bytes_out_ = 0;
    TimePoint last_heard_{};
    TimePoint started_{};
    std::uint32_t last_report_ = 0;
    std::vector<Piece> pieces_;
    std::uint64_t sent_up_to_ = 0;
};

struct Ended {
    TimePoint at{};  // the client
    bool heard_bye = false;
};

class ClientNode : public Node {
  public:
    ClientNode(Simulation& simulation, const Clip& clip)
        : simulation_(simulation),
          clip_(clip),
          receiver_(
              {.name = "clip",
               .server = "server",
               .nonce = 7,
               .buffer = {.latency = clip.latency, .copy = clip.copy, .capacity = clip.capacity}},
              simulation.now(), [this](const Packet& packet) { send(packet); }),
          last_heard_(simulation.now()) {
        begin<Request>(simulation.now());
    }

    void on_message(Bytes message, TimePoint now) override {
        socket_.emplace_back(message.begin(), message.end());
        if (!suspended(now)) on_timer(now);
    }

    // A turn of the driver's loop.
    void on_timer(TimePoint now) override {
        for (const auto& message : std::exchange(socket_, {})) {
            const auto packet = decode(message);
            if (!packet) continue;
            note(packet->body, now);
            receiver_.on_packet(*packet, now);
        }
        feed(now);
        receiver_.on_timer(now);
        if (finished()) ended_ = std::min(ended_, now);
        check_failure(now);
        if (const auto& buffer = receiver_.buffer()) {
            require(buffer->seen() - buffer->read() <= clip_.capacity, "more than its capacity");
        }
    }
    [[nodiscard]] TimePoint next_deadline() const override {
        const TimePoint deadline = std::min(receiver_.next_deadline(), next_read_);
        return suspended(deadline) ? clip_.resumed_at : deadline;
    }
    [[nodiscard]] bool finished() const override { return receiver_.finished(); }

    [[nodiscard]] Ended ended() const { return {ended_, received_.of<Bye>() > 0}; }
    void check_end(const ServerNode& server) const;

  private:
    [[nodiscard]] bool suspended(TimePoint at) const {
        return clip_.suspended_at <= at && at < clip_.resumed_at && at != kNever;
    }
    // What packets of this kind wait for has happened; the first time counts.
    template <typename Kind>
    void begin(TimePoint now) {
        TimePoint& cause = causes_[kIndex<Kind>];
        if (cause == TimePoint{}) cause = now;
    }
    void note(const Body& body, TimePoint now);
    void send(const Packet& packet);
    void check_cause(const Body& body, TimePoint now) const;
    void check_failure(TimePoint now);
    void feed(TimePoint now);
    void play(TimePoint now);
    void take(Bytes bytes, TimePoint now);
    [[nodiscard]] TimePoint hole_opened(std::uint64_t offset) const;

    Simulation& simulation_;
    const Clip& clip_;
    StreamReceiver receiver_;
    std::vector<std::vector<std::byte>> socket_;  // what it has not received yet

    bool started_ = false;
    bool quit_ = false;
    bool failed_ = false;
    TimePoint ended_ = kNever;
    std::uint64_t in_pipe_ = 0;
    TimePoint next_read_ = kNever;
    double allowance_ = 0;

    Counts received_;
    Counts sent_;
    std::array<TimePoint, std::variant_size_v<Body>> causes_{};  // of the first packet of a kind
    TimePoint last_heard_;
    std::map<std::uint64_t, TimePoint> opened_;  // holes, by their begin
    std::uint64_t seen_ = 0;
    std::uint64_t data_bytes_ = 0;
    std::uint64_t zeros_ = 0;
};

void ClientNode::note(const Body& body, TimePoint now) {
    received_.add(body);
    last_heard_ = now;
    if (std::holds_alternative<Challenge>(body)) begin<Start>(now);
    if (std::holds_alternative<Info>(body)) begin<Report>(now);
    const auto& buffer = receiver_.buffer();
    if (!buffer || buffer->complete() || quit_) return;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    if (const auto* data = std::get_if<Data>(&body)) {
        data_bytes_ += data->payload.size();
        begin = data->offset;
        end = begin + data->payload.size();
        if (end > buffer->read() + clip_.capacity) return;  // refused
    } else if (const auto* alive = std::get_if<Alive>(&body)) {
        begin = end = std::min(alive->sent_up_to, buffer->read() + clip_.capacity);
    }
    if (begin > seen_) opened_.emplace(seen_, now);
    seen_ = std::max(seen_, end);
}

TimePoint ClientNode::hole_opened(std::uint64_t offset) const {
    const auto after = opened_.upper_bound(offset);
    require(after != opened_.begin(), "there was no hole");
    return std::prev(after)->second;
}

void ClientNode::send(const Packet& packet) {
    const TimePoint now = simulation_.now();
    sent_.add(packet.body);
    if (std::holds_alternative<Bye>(packet.body)) begin<Bye>(now);
    check_cause(packet.body, now);
    simulation_.network().send(End::client, encode(packet));
}

void ClientNode::check_cause(const Body& body, TimePoint now) const {
    // The packet of that number may go so long after its cause, or the one before it.
    const auto due = [&](std::uint64_t number, Duration first, Duration interval) {
        const TimePoint cause = causes_[body.index()];
        return number == 1 ? cause : cause + first + static_cast<int>(number - 2) * interval;
    };
    if (std::holds_alternative<Request>(body)) {
        require(received_.of<Challenge>() == 0, "a REQUEST after its answer");
        require(now >= due(sent_.of<Request>(), milliseconds(100), milliseconds(200)),
                "a REQUEST too early");
    } else if (std::holds_alternative<Start>(body)) {
        require(received_.of<Info>() == 0, "a START after its answer");
        require(now >= due(sent_.of<Start>(), milliseconds(100), milliseconds(200)),
                "a START too early");
    } else if (std::holds_alternative<Bye>(body)) {
        require(received_.of<Bye>() == 0, "a BYE after its answer");
        require(sent_.of<Bye>() <= 5, "a sixth BYE");
        require(now >= due(sent_.of<Bye>(), milliseconds(100), milliseconds(100)),
                "a BYE too early");
    } else if (const auto* report = std::get_if<Report>(&body)) {
        require(report->number == sent_.of<Report>(), "a REPORT out of number");
        require(now >= due(report->number, milliseconds(50), milliseconds(50)),
                "a REPORT too early");
        require(report->consumed <= report->contiguous, "consumed what has not come");
        for (const ByteRange& range : report->missing) {
            require(range.offset >= report->contiguous && range.offset + range.length <= seen_,
                    "asks for what it has, or cannot miss");
            require(now - hole_opened(range.offset) >= milliseconds(20), "a NACK too early");
        }
    }
}

// It gives up only after its stated limit.
void ClientNode::check_failure(TimePoint now) {
    if (failed_ || !receiver_.failure()) return;
    failed_ = true;
    simulation_.network().note(End::client, *receiver_.failure());
    const TimePoint since = receiver_.buffer() ? last_heard_ : Network::kBegin;
    require(received_.of<Error>() + received_.of<Bye>() > 0 || now - since >= seconds(8),
            "given up too early: " + *receiver_.failure());
}

void ClientNode::feed(TimePoint now) {
    if (!started_ && receiver_.ready()) {
        started_ = true;
        if (!clip_.copy) {
            receiver_.on_started(now);
            next_read_ = now;
        }
    }
    if (!started_ || quit_) return;
    play(now);
    while (!quit_) {
        receiver_.on_consumed(receiver_.written() - in_pipe_, now);
        Bytes some = receiver_.front();
        if (!clip_.copy) some = some.first(std::min(some.size(), kPipe - in_pipe_));
        if (some.empty()) break;
        take(some, now);
        receiver_.on_written(some.size());
    }
    if (receiver_.written_all() && in_pipe_ == 0) next_read_ = kNever;
}

// The player reads as it plays, and waits if there is nothing.
void ClientNode::play(TimePoint now) {
    constexpr Duration kBetweenReads = milliseconds(20);
    if (now < next_read_) return;
    next_read_ = now + kBetweenReads;
    allowance_ = std::min(allowance_ + clip_.rate * to_seconds(kBetweenReads), clip_.rate);
    const auto read = std::min(in_pipe_, static_cast<std::uint64_t>(allowance_));
    allowance_ -= static_cast<double>(read);
    in_pipe_ -= read;
    if (receiver_.written() - in_pipe_ < clip_.player_quits) return;
    quit_ = true;
    next_read_ = kNever;
    receiver_.leave(now);
}

void ClientNode::take(Bytes bytes, TimePoint now) {
    const std::uint64_t offset = receiver_.written();
    const Bytes original = Bytes(clip_.bytes).subspan(offset, bytes.size());
    if (!std::ranges::equal(bytes, original)) {
        require(std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; }),
                "wrong bytes at " + std::to_string(offset));
        require(!clip_.copy, "zeros in a copy");
        require(offset >= JitterBuffer::kHead, "zeros in the head");
        require(now - hole_opened(offset) >= clip_.latency, "a hole was given up too early");
        zeros_ += bytes.size();
    }
    if (!clip_.copy) in_pipe_ += bytes.size();
}

void ClientNode::check_end(const ServerNode& server) const {
    const auto& buffer = receiver_.buffer();
    const JitterBuffer::Counts seen = buffer ? buffer->counts() : JitterBuffer::Counts{};
    const auto& failure = receiver_.failure();
    require(server.stopped() || server.outcome() == server.bye_came(),
            "the server's outcome is not that the client has said BYE");
    if (failure) {
        require(server.story().find("sent ") != 0, "the server has sent what the client has not");
        return;
    }
    if (quit_) return;
    require(receiver_.written_all(), "finished without a failure, and not all is written");
    require(zeros_ == seen.abandoned, "other zeros than those that were counted");
    if (clip_.capacity >= clip_.size()) {  // else pieces were refused, or came in two parts
        require(seen.received + seen.abandoned == clip_.size(),
                "received and abandoned are not all");
        require(seen.lost == seen.recovered + seen.abandoned,
                "lost is not recovered and abandoned");
        require(data_bytes_ == seen.received + seen.duplicate + seen.late,
                "what came is not received, duplicate and late");
    }
    require(!server.bye_came() || server.stopped() || server.story().find("sent ") == 0,
            "the client has all, and the server does not know");
}

// Both ends finish at the latest so long after the network has healed: the clip from its begin (if
// the buffer is smaller than it, some round trips for what each of them holds), the longest
// patience, and the server's with a client that it cannot hear.
Duration bound(const Clip& clip) {
    Duration bound = clip.length() + clip.latency + seconds(8) + SessionTable::kSilence;
    if (clip.capacity < clip.size()) bound += seconds(2 * clip.size() / clip.capacity);
    if (clip.suspended_at != kNever) bound += clip.resumed_at - clip.suspended_at;
    return bound;
}

Ended run(Simulation& simulation, const Clip& clip) {
    ServerNode server(simulation, clip);
    ClientNode client(simulation, clip);
    simulation.attach(End::server, server);
    simulation.attach(End::client, client);
    simulation.run(bound(clip));
    client.check_end(server);
    return client.ended();
}

// A loss costs a timeout at most, which is 200 ms, and who was not heard to say BYE has lost it, or
// the answer, five times.
void run_short(Simulation& simulation, const Clip& clip) {
    const auto [ended, heard_bye] = run(simulation, clip);
    require(ended - Network::kBegin <= 16 * milliseconds(200), "a loss costs more than a timeout");
    require(heard_bye || simulation.network().lost().size() >= 5, "a BYE was not answered");
}

TEST(Problem4Patterns, OfLossEndWithTheWholeCopy) {
    const Clip clip(4'000);
    try_every_pattern(kProtocol, [&](Simulation& simulation) { run_short(simulation, clip); });
}

TEST(Problem4Patterns, OfLossEndWithAllInThePlayer) {
    Clip clip(3'000);
    clip.copy = false;
    try_every_pattern(kProtocol, [&](Simulation& simulation) { run_short(simulation, clip); });
}

Clip draw_clip(Simulation& simulation) {
    const auto one_of = [&](std::uint64_t n) { return simulation.draw(1, n) == 1; };
    Clip clip(one_of(2) ? simulation.draw(1, 10'000) : simulation.draw(10'000, 400'000));
    const Duration length = milliseconds(simulation.draw(100, 12'000));
    clip.rate = std::max(2'000.0, static_cast<double>(clip.size()) / to_seconds(length));
    clip.rate_known = !one_of(8);
    clip.copy = one_of(2);
    clip.latency = milliseconds(one_of(4) ? 100 : simulation.draw(100, 2'000));
    clip.seed = simulation.draw(1, UINT32_MAX);
    if (one_of(8)) clip.capacity = simulation.draw(10'000, 40'000);
    if (one_of(16)) clip.player_quits = simulation.draw(0, clip.size());
    if (one_of(16)) {
        clip.server_stops = simulation.now() + milliseconds(simulation.draw(0, 5'000));
    }
    if (one_of(16)) {
        clip.suspended_at = simulation.now() + milliseconds(simulation.draw(0, 5'000));
        clip.resumed_at = clip.suspended_at + milliseconds(simulation.draw(0, 10'000));
    }
    return clip;
}

TEST(Problem4Swarm, EndsWithTheMediaOrAStatedReasonInAnyNetwork) {
    try_swarm(kProtocol, [](Simulation& simulation) { run(simulation, draw_clip(simulation)); });
}

}  // namespace
}  // namespace netlab::problem4
