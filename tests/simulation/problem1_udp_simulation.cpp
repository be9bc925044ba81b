// SPDX-License-Identifier: MIT
//
// Problem 1 over UDP: the client's half of a transfer in datagrams against the server's table of
// sessions, with repair and without.
#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "common/error.hpp"
#include "problem1/datagram_sessions.hpp"
#include "problem1/paced_sender.hpp"
#include "tests/simulation/problem1_support.hpp"
#include "tests/simulation/search.hpp"

namespace netlab::simulation {
namespace {

using namespace problem1;

struct Plan {
    std::string content{};
    PacedSender::Options sending{.chunk_size = 100, .repair = true, .rate = 1e6};
    Duration idle_timeout = seconds(3);
    Duration disk{};  // how long a commit takes
};

class ClientNode final : public Node {
  public:
    ClientNode(Simulation& simulation, Source& source, const Plan& plan)
        : sink_(simulation.network(), End::client),
          transfer_(source, plan.sending, 1, simulation.now()) {}

    void on_message(Bytes message, TimePoint now) override {
        const auto frame = decode_datagram(message);
        if (!frame || finished()) return;
        guarded([&] { transfer_.on_frame(*frame, now); });
    }
    void on_timer(TimePoint now) override {
        guarded([&] { transfer_.send_due(now, sink_); });
    }
    [[nodiscard]] TimePoint next_deadline() const override {
        return problem_ ? kNever : transfer_.next_deadline();
    }
    [[nodiscard]] bool finished() const override { return problem_ || transfer_.done(); }

    [[nodiscard]] const std::optional<std::string>& problem() const noexcept { return problem_; }
    [[nodiscard]] const NetworkSink& sink() const noexcept { return sink_; }
    [[nodiscard]] Sent result() const { return transfer_.result(); }

  private:
    template <typename Action>
    void guarded(Action action) {
        try {
            action();
        } catch (const Violation&) {
            throw;
        } catch (const std::exception& error) {
            problem_ = error.what();
        }
    }

    NetworkSink sink_;
    PacedSender transfer_;
    std::optional<std::string> problem_;
};

// udp_server, --once. Each file is committed while frames still come.
class ServerNode final : public Node {
  public:
    ServerNode(Simulation& simulation, MemoryStorage& storage, const Plan& plan)
        : sink_(simulation.network(), End::server),
          plan_(plan),
          sessions_(storage.storage(false), {.idle_timeout = plan.idle_timeout, .once = true},
                    {.reply = [this](const Address&, const Frame& frame) { reply(frame); },
                     .commit =
                         [this](DatagramUpload& file) {
                             commits_.emplace_back(now_ + plan_.disk, &file);
                         },
                     .result = [this](const std::string& text) { results += text; },
                     .problem = [this](const std::string& text) { problems += text + "\n"; },
                     .random = [] { return 0xABCDEF; }}) {}

    void on_message(Bytes message, TimePoint now) override {
        const auto frame = decode_datagram(message);
        if (!frame) return;
        now_ = now;
        received_bytes_ += message.size();
        replies_ = 0;
        if (frame->type == FrameType::end && EndInfo::decode(frame->payload).token == 0xABCDEF) {
            proved_ = true;
        }
        // What comes before the announcement, or after the end, is nobody's.
        begun_ = begun_ || frame->type == FrameType::start;
        const bool chunk = frame->type == FrameType::data || frame->type == FrameType::line;
        if (chunk && begun_ && !outcome()) arrived.insert(frame->sequence);
        sessions_.on_frame(peer_, *frame, now);
        require(replies_ <= 1, "more than one reply to a frame");
    }
    void on_timer(TimePoint now) override {
        while (!commits_.empty() && commits_.front().first <= now) {
            DatagramUpload& file = *commits_.front().second;
            commits_.pop_front();
            sessions_.on_committed(file, file.upload->commit(file.end->crc), now);
        }
        sessions_.on_timer(now);
        ended_ = sessions_.ended(now);
    }
    [[nodiscard]] TimePoint next_deadline() const override {
        if (ended_) return kNever;
        const TimePoint disk = commits_.empty() ? kNever : commits_.front().first;
        return std::min(disk, sessions_.next_deadline());
    }
    [[nodiscard]] bool finished() const override { return ended_ || !sessions_.first_outcome(); }
    [[nodiscard]] std::optional<bool> outcome() const { return sessions_.first_outcome(); }

    std::string results;
    std::string problems;
    std::set<std::uint64_t> arrived;  // chunks or lines of the file

  private:
    void reply(const Frame& frame) {
        ++replies_;
        sent_bytes_ += kFrameOverhead + frame.payload.size();
        require(plan_.sending.repair, "a reply to a client that does not repair");
        require(proved_ || sent_bytes_ <= 3 * received_bytes_,
                "more than three times the bytes for an address that is not proved");
        sink_.send(frame);
    }

    NetworkSink sink_;
    const Plan& plan_;
    const Address peer_;
    DatagramSessions sessions_;
    std::deque<std::pair<TimePoint, DatagramUpload*>> commits_;
    TimePoint now_{};
    std::uint64_t received_bytes_ = 0;
    std::uint64_t sent_bytes_ = 0;
    int replies_ = 0;
    bool begun_ = false;
    bool proved_ = false;
    bool ended_ = false;
};

// The numbers that "missing chunk 3" and "missing lines 5-7" name.
std::set<std::uint64_t> named_as_missing(const std::string& text) {
    std::set<std::uint64_t> numbers;
    for (std::size_t at = 0; (at = text.find("missing ", at)) != std::string::npos; ++at) {
        const std::size_t begin = text.find_first_of("0123456789", at);
        std::size_t length = 0;
        const std::uint64_t first = std::stoull(text.substr(begin), &length);
        const bool range = text[begin + length] == '-';
        const std::uint64_t last = range ? std::stoull(text.substr(begin + length + 1)) : first;
        for (std::uint64_t n = first; n <= last; ++n) numbers.insert(n);
    }
    return numbers;
}

void run_plan(Simulation& simulation, const Plan& plan) {
    MemoryStorage storage;
    Source source("f", as_bytes(plan.content));
    ClientNode client(simulation, source, plan);
    ServerNode server(simulation, storage, plan);
    simulation.attach(End::client, client);
    simulation.attach(End::server, server);
    simulation.run(seconds(120));

    const std::uint64_t chunks = client.result().chunks;
    const bool stored = storage.files.contains("f");
    if (stored) require(storage.files["f"] == plan.content, "the file is not what was sent");
    require(storage.commits["f"] <= 1, "the file was stored more than once");
    require(stored == server.outcome().value_or(false), "the server's outcome is not the truth");
    if (!stored && server.outcome()) {
        std::set<std::uint64_t> missing;
        for (std::uint64_t n = 1; n <= chunks; ++n) {
            if (!server.arrived.contains(n)) missing.insert(n);
        }
        require(named_as_missing(server.results) == missing,
                "not exactly what is missing is named");
    }
    if (!plan.sending.repair) {
        require(!client.problem(), "a client that asks nothing can only be done");
        require(client.sink().sent() == chunks + 2 * PacedSender::kCopies,
                "not one datagram a chunk, and copies of START and END");
        return;
    }
    // A server that has heard nothing for its idle timeout has given up, and says so.
    const bool given_up = server.problems.find("incomplete") != std::string::npos ||
                          server.problems.find("END was lost") != std::string::npos;
    if (client.problem()) require(given_up, "the client failed: " + *client.problem());
    if (!client.problem()) require(stored, "the client is content, and the file is not there");
}

Plan repaired(std::size_t size, bool lines) {
    Plan plan;
    plan.content = lines ? "one\ntwo\n\nfour" : make_content(size, 1);
    plan.sending.lines = lines;
    plan.idle_timeout = seconds(60);
    return plan;
}

class UdpPatterns : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Lines, UdpPatterns, ::testing::Bool());

TEST_P(UdpPatterns, OfLossEndWithTheWholeFileWithRepair) {
    const Plan plan = repaired(350, GetParam());
    try_every_pattern(kFrames, [&](Simulation& simulation) { run_plan(simulation, plan); });
}

TEST_P(UdpPatterns, OfLossAreNamedExactlyWithoutRepair) {
    Plan plan = repaired(350, GetParam());
    plan.sending.repair = false;
    plan.idle_timeout = seconds(3);
    try_every_pattern(kFrames, [&](Simulation& simulation) { run_plan(simulation, plan); });
}

TEST(Problem1UdpSwarm, EndsWithTheWholeFileOrTellsWhatIsMissingInAnyNetwork) {
    try_swarm(kFrames, [](Simulation& simulation) {
        Plan plan;
        plan.sending.chunk_size = static_cast<std::uint32_t>(simulation.draw(1, 300));
        plan.sending.lines = simulation.draw(0, 2) == 0;
        plan.sending.repair = simulation.draw(0, 2) != 0;
        plan.sending.rate = static_cast<double>(simulation.draw(1000, 10'000'000));
        if (simulation.draw(0, 3) == 0) {  // large chunks, so that they fill several windows
            plan.sending.rate = PacedSender::kUnlimited;
            plan.sending.chunk_size *= 100;
        }
        plan.idle_timeout = seconds(simulation.draw(3, 60));
        plan.disk =
            simulation.draw(0, 1) == 0 ? Duration{} : milliseconds(simulation.draw(1, 20'000));
        plan.content = make_content(simulation.draw(0, 40) * plan.sending.chunk_size +
                                        simulation.draw(0, plan.sending.chunk_size - 1),
                                    simulation.draw(1, 1000));
        run_plan(simulation, plan);
    });
}

}  // namespace
}  // namespace netlab::simulation
