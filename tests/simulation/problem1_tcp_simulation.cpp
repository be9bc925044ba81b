// SPDX-License-Identifier: MIT
//
// Problem 1 over TCP, as it is with --impair at both ends: frames are lost, doubled, late and
// damaged on their way. Stop-and-wait and selective repeat against the server's machine.
#include <gtest/gtest.h>

#include <deque>

#include "common/error.hpp"
#include "problem1/selective_repeat.hpp"
#include "problem1/stop_and_wait.hpp"
#include "problem1/upload_receiver.hpp"
#include "tests/simulation/problem1_support.hpp"
#include "tests/simulation/search.hpp"

namespace netlab::simulation {
namespace {

using namespace problem1;
using Outcome = UploadReceiver::Outcome;

constexpr int kRetries = 30;  // 16 lost messages are no reason to give up

struct File {
    std::string name = "f";
    std::string content{};
    std::string part{};  // what the server has of an earlier attempt
};

struct Plan {
    std::vector<File> files{};
    SendOptions sending{.chunk_size = 100, .window = 1, .retries = kRetries};
    Duration timeout = milliseconds(200);
    bool resume = false;
    Duration disk{};  // how long a commit takes
};

// tcp_server: reads nothing while it commits a file, as its thread does.
class ServerNode final : public Node {
  public:
    ServerNode(Simulation& simulation, MemoryStorage& storage, const Plan& plan)
        : sink_(simulation.network(), End::server),
          receiver_(storage.storage(true),
                    [this](auto outcome, auto&) {
                        if (outcome != Outcome::starts_over) outcomes.push_back(outcome);
                    }),
          plan_(plan) {}

    void on_message(Bytes message, TimePoint now) override {
        input_.emplace_back(message.begin(), message.end());
        work(now);
    }
    void on_timer(TimePoint now) override {
        receiver_.commit(now, sink_);
        work(now);
    }
    [[nodiscard]] TimePoint next_deadline() const override {
        return receiver_.wants_commit() ? commit_at_ : kNever;
    }
    [[nodiscard]] bool finished() const override { return true; }

    UploadReceiver& receiver() noexcept { return receiver_; }

    std::vector<Outcome> outcomes;

  private:
    void work(TimePoint now) {
        while (!receiver_.wants_commit() && !input_.empty()) {
            const std::vector<std::byte> message = std::move(input_.front());
            input_.pop_front();
            const auto frame = decode_datagram(message);
            if (!frame) continue;
            const std::uint64_t before = sink_.sent();
            receiver_.on_frame(*frame, now, sink_);
            require(sink_.sent() - before <= 2, "more replies than ACK and DONE to one frame");
            if (receiver_.wants_commit()) commit_at_ = now + plan_.disk;
        }
        receiver_.flush(now);
    }

    NetworkSink sink_;
    UploadReceiver receiver_;
    const Plan& plan_;
    std::deque<std::vector<std::byte>> input_;
    TimePoint commit_at_{};
};

// What a blocking client speaks through: each wait lets the simulation go on.
class SimulatedChannel final : public FrameChannel {
  public:
    explicit SimulatedChannel(Simulation& simulation)
        : simulation_(simulation), sink_(simulation.network(), End::client) {}

    void send(const Frame& frame) override { sink_.send(frame); }
    void note(const std::string& text) override { sink_.note(text); }
    [[nodiscard]] std::optional<Frame> receive(TimePoint deadline) override {
        while (true) {
            while (simulation_.has_message()) {
                message_ = simulation_.take_message();
                if (const auto frame = decode_datagram(message_)) return frame;
            }
            if (now() >= deadline) return std::nullopt;
            simulation_.step(deadline);
        }
    }
    [[nodiscard]] TimePoint now() const override { return simulation_.now(); }

    [[nodiscard]] const NetworkSink& sink() const noexcept { return sink_; }

  private:
    Simulation& simulation_;
    NetworkSink sink_;
    std::vector<std::byte> message_;
};

// tcp_client's loop, on the simulation.
Sent send_with_window(SelectiveRepeat& sender, SimulatedChannel& channel) {
    while (!sender.done()) {
        sender.send_due(channel.now(), SIZE_MAX, channel);
        const TimePoint deadline = sender.next_deadline();
        require(deadline != kNever, "the client waits for ever");
        if (const auto frame = channel.receive(deadline)) sender.on_frame(*frame, channel.now());
    }
    return sender.result();
}

Sent send_once(const Delivery& file, SimulatedChannel& channel) {
    if (file.options.window == 1) {
        return stop_and_wait(channel, file, [](std::uint64_t) {});
    }
    SelectiveRepeat sender(file);
    return send_with_window(sender, channel);
}

void run_plan(Simulation& simulation, const Plan& plan) {
    MemoryStorage storage;
    for (const File& file : plan.files) {
        if (!file.part.empty()) storage.parts[file.name] = file.part;
    }
    ServerNode server(simulation, storage, plan);
    simulation.attach(End::server, server);
    SimulatedChannel channel(simulation);
    RttEstimator rtt(plan.timeout);

    std::uint32_t transfer = 0;
    for (const File& file : plan.files) {
        Source source(file.name, as_bytes(file.content));
        const std::uint64_t sent_before = channel.sink().sent();
        const std::uint64_t notes_before = channel.sink().notes();
        const std::uint64_t timeouts_before = channel.sink().timeouts();
        std::uint64_t causes = 0;
        Sent sent;
        for (bool resume = plan.resume;; resume = false) {
            try {
                sent = send_once({source, plan.sending, rtt, ++transfer, resume}, channel);
                causes += sent.chunks + 2;
                break;
            } catch (const Refused& refused) {
                require(resume && refused.code == ErrorInfo::Code::wrong_checksum, refused.what());
                causes += FixedChunks(source.size(), plan.sending.chunk_size).count() + 2;
            } catch (const TimeoutError& error) {
                // After its last retransmission, which was not made in a network that is well.
                const std::string limit = std::to_string(plan.sending.retries);
                require(
                    std::string(error.what()).ends_with(limit + " retransmissions") &&
                        simulation.now() - RttEstimator::kMax <= simulation.network().healed_at(),
                    std::string("gave up: ") + error.what());
                server.receiver().close(simulation.now());
                return;
            }
        }
        const std::uint64_t notes = channel.sink().notes() - notes_before;
        const std::uint64_t timeouts = channel.sink().timeouts() - timeouts_before;
        require(channel.sink().sent() - sent_before <= causes + notes,
                "a frame was sent without a cause");
        if (!plan.resume) {
            require(sent.retransmissions == timeouts, "retransmissions that were not counted");
            require(sent.bytes == source.size(), "a wrong number of bytes");
        }
        require(storage.files[file.name] == file.content, "the file is not what was sent");
        require(storage.commits[file.name] == 1, "the file was stored more than once");
        require(server.outcomes.size() == 1, "not one report for one file");
        require(server.outcomes[0] == Outcome::complete, "the server tells another story");
        server.outcomes.clear();
    }
    require(simulation.now() < simulation.network().healed_at() + seconds(200), "it took too long");
}

class Patterns : public ::testing::TestWithParam<std::uint32_t> {
  protected:
    [[nodiscard]] Plan plan() const {
        Plan plan;
        plan.sending.window = GetParam();
        return plan;
    }
};
INSTANTIATE_TEST_SUITE_P(Window, Patterns, ::testing::Values(1, 2, 4));

TEST_P(Patterns, OfLossEndWithTheWholeFile) {
    Plan plan = this->plan();
    plan.files = {{.content = make_content(350, 1)}};
    try_every_pattern(kFrames, [&](Simulation& simulation) { run_plan(simulation, plan); });
}

TEST_P(Patterns, OfLossEndWithTheWholeFileWhereOneIsContinued) {
    Plan plan = this->plan();
    plan.resume = true;
    const std::string content = make_content(350, 1);
    plan.files = {{.content = content, .part = content.substr(0, 130)}};
    try_every_pattern(kFrames, [&](Simulation& simulation) { run_plan(simulation, plan); });
}

TEST_P(Patterns, OfLossEndWithTheWholeFileWhereAnotherOneWasBegun) {
    Plan plan = this->plan();
    plan.resume = true;
    plan.files = {{.content = make_content(150, 1), .part = make_content(110, 2)}};
    try_every_pattern(kFrames, [&](Simulation& simulation) { run_plan(simulation, plan); });
}

TEST_P(Patterns, OfLossEndWithAllFilesOfAConnection) {
    Plan plan = this->plan();
    plan.files = {{"a", make_content(150, 1)}, {"empty", ""}, {"c", make_content(100, 2)}};
    try_every_pattern(kFrames, [&](Simulation& simulation) { run_plan(simulation, plan); });
}

TEST(Problem1TcpSwarm, EndsWithTheWholeFilesInAnyNetwork) {
    try_swarm(kFrames, [](Simulation& simulation) {
        Plan plan;
        plan.sending.chunk_size = static_cast<std::uint32_t>(simulation.draw(1, 300));
        plan.sending.window =
            simulation.draw(0, 3) == 0 ? 1 : static_cast<std::uint32_t>(simulation.draw(2, 64));
        plan.timeout = milliseconds(simulation.draw(1, 2000));
        plan.resume = simulation.draw(0, 3) == 0;
        plan.disk =
            simulation.draw(0, 1) == 0 ? Duration{} : milliseconds(simulation.draw(1, 8000));
        for (std::uint64_t i = simulation.draw(1, 4); i > 0; --i) {
            const std::size_t size = plan.sending.chunk_size * simulation.draw(0, 40) +
                                     simulation.draw(0, plan.sending.chunk_size - 1);
            const std::string content = make_content(size, i);
            File file{"f" + std::to_string(i), content};
            if (plan.resume) file.part = content.substr(0, simulation.draw(0, size));
            if (simulation.draw(0, 4) == 0 && !file.part.empty()) file.part[0] ^= 1;
            plan.files.push_back(std::move(file));
        }
        run_plan(simulation, plan);
    });
}

}  // namespace
}  // namespace netlab::simulation
