// SPDX-License-Identifier: MIT
#include "tests/simulation/search.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <random>

#include "tests/support/timeout.hpp"

namespace netlab::simulation {

namespace {

// Sanitizers make each run ten times slower: a fixed part of all is enough for them.
const unsigned kPatternMessages = netlab::testing::sanitized() ? 10 : 16;
const std::uint64_t kSeeds = netlab::testing::sanitized() ? 200 : 2000;
constexpr Duration kPatternHeals = seconds(200);  // patterns lose nothing but what they name

struct Outcome {
    std::optional<std::string> problem;
    std::uint64_t sent = 0;
    std::set<std::uint64_t> lost;
    std::string story;  // if it was to be kept
};

class Search {
  public:
    Search(const Network::Protocol& protocol, const Scenario& scenario)
        : protocol_(protocol), scenario_(scenario) {}

    Outcome run(const Faults& faults, bool keep_story = false) {
        ++runs_;
        Simulation simulation(faults, protocol_);
        if (keep_story) simulation.network().keep_story();
        Outcome outcome;
        try {
            scenario_(simulation);
        } catch (const std::exception& problem) {
            outcome.problem = problem.what();
        }
        outcome.sent = simulation.network().sent();
        outcome.lost = simulation.network().lost();
        if (keep_story) {
            outcome.story = simulation.network().ladder() +
                            "nearest to it in the real programs:\n" +
                            simulation.network().impairment();
        }
        return outcome;
    }

    // True if all is well; else the failure of the smallest faults that still fail is reported.
    bool check(const Faults& faults, Outcome& outcome) {
        outcome = run(faults);
        if (!outcome.problem) return true;
        const Faults smallest = reduce(faults, outcome);
        const Outcome last = run(smallest, true);
        ADD_FAILURE() << *outcome.problem << "\n  " << describe(faults) << "\nreduced to "
                      << smallest.lost.size() << " losses: " << last.problem.value_or("?") << "\n  "
                      << describe(smallest) << "\n"
                      << last.story << replay_hint(faults);
        return false;
    }

    [[nodiscard]] std::uint64_t runs() const noexcept { return runs_; }

  private:
    // Fewer faults that fail as well: kinds of faults first, then losses one by one.
    Faults reduce(const Faults& faults, const Outcome& first) {
        Faults best = faults;
        best.loss = 0;
        best.queue = SIZE_MAX;
        best.hole_begin = best.hole_end = {};
        best.lost = first.lost;
        if (!run(best).problem) return faults;  // losses alone are not it: keep what fails

        const auto keep_if_failing = [&](auto change) {
            Faults fewer = best;
            change(fewer);
            if (run(fewer).problem) best = fewer;
        };
        keep_if_failing([](Faults& f) { f.duplicate = 0; });
        keep_if_failing([](Faults& f) { f.reorder = 0; });
        keep_if_failing([](Faults& f) { f.corrupt = 0; });
        keep_if_failing([](Faults& f) { f.jitter = {}; });
        keep_if_failing([](Faults& f) { f.lost.clear(); });
        for (bool again = true; again;) {
            again = false;
            for (const std::uint64_t number : std::set(best.lost)) {
                const std::size_t before = best.lost.size();
                keep_if_failing([&](Faults& f) { f.lost.erase(number); });
                again = again || best.lost.size() < before;
            }
        }
        return best;
    }

    static std::string replay_hint(const Faults& faults) {
        if (faults.seed == 0) return "";
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        return "again: SIM_SEED=" + std::to_string(faults.seed) + " ctest --test-dir build -R " +
               test->test_suite_name() + "." + test->name() + "\n";
    }

    const Network::Protocol& protocol_;
    const Scenario& scenario_;
    std::uint64_t runs_ = 0;
};

std::optional<std::uint64_t> number_from_environment(const char* name) {
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0') return std::nullopt;
    return std::strtoull(text, nullptr, 10);
}

std::uint64_t fresh_seed() {
    std::random_device source;
    return (std::uint64_t{source()} << 20 ^ source()) | 1;
}

// The patterns that begin with `faults.lost` and lose more, each once. False at the first failure.
bool try_patterns_from(Search& search, Faults& faults, unsigned first) {
    Outcome outcome;
    if (!search.check(faults, outcome)) return false;
    const auto end = static_cast<unsigned>(std::min<std::uint64_t>(kPatternMessages, outcome.sent));
    for (unsigned message = first; message <= end; ++message) {
        faults.lost.insert(message);
        const bool well = try_patterns_from(search, faults, message + 1);
        faults.lost.erase(message);
        if (!well) return false;
    }
    return true;
}

}  // namespace

void try_every_pattern(const Network::Protocol& protocol, const Scenario& scenario) {
    Search search(protocol, scenario);
    Faults faults;
    faults.heals_at = kPatternHeals;
    static_cast<void>(try_patterns_from(search, faults, 1));
    std::printf("%llu networks\n", static_cast<unsigned long long>(search.runs()));
}

void try_swarm(const Network::Protocol& protocol, const Scenario& scenario) {
    Search search(protocol, scenario);
    Outcome outcome;
    if (const auto seed = number_from_environment("SIM_SEED")) {
        static_cast<void>(search.check(Faults::draw(*seed), outcome));
        return;
    }
    if (const auto limit = number_from_environment("SIM_SECONDS")) {
        const TimePoint end = deadline_in(seconds(static_cast<long>(*limit)));
        while (Clock::now() < end && search.check(Faults::draw(fresh_seed()), outcome)) continue;
    } else {
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
            if (!search.check(Faults::draw(seed), outcome)) return;
        }
        const std::uint64_t fresh = fresh_seed();
        std::printf("fresh seed %llu\n", static_cast<unsigned long long>(fresh));
        static_cast<void>(search.check(Faults::draw(fresh), outcome));
    }
    std::printf("%llu networks\n", static_cast<unsigned long long>(search.runs()));
}

void try_faults(const Network::Protocol& protocol, const Scenario& scenario, const Faults& faults) {
    Search search(protocol, scenario);
    Outcome outcome;
    static_cast<void>(search.check(faults, outcome));
}

}  // namespace netlab::simulation
