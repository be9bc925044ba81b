// SPDX-License-Identifier: MIT
#include "tests/simulation/network.hpp"

#include <algorithm>
#include <cstdio>
#include <random>

namespace netlab::simulation {

namespace {

// SplitMix64: a stream of random numbers for each message, whatever happened to those before it.
class MessageRandom {
  public:
    MessageRandom(std::uint64_t seed, std::uint64_t message)
        : state_(seed * 0x9E3779B97F4A7C15U ^ message * 0xD1B54A32D192ED03U) {
        static_cast<void>(next());
    }

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31);
    }
    double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    bool chance(double probability) { return unit() < probability; }

  private:
    std::uint64_t state_;
};

std::size_t index(End end) {
    return end == End::client ? 0 : 1;
}

double in_milliseconds(Duration d) {
    return to_seconds(d) * 1000;
}

}  // namespace

Faults Faults::draw(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
    const auto rate = [&](double most) { return random() % 2 == 0 ? 0 : unit() * most; };
    Faults faults;
    faults.seed = seed;
    faults.loss = rate(0.4);
    faults.duplicate = rate(0.4);
    faults.reorder = rate(0.4);
    faults.corrupt = rate(0.4);
    faults.delay = from_seconds(random() % 2 == 0 ? 0.0005 : unit() * 0.1);
    faults.jitter = from_seconds(rate(0.05));
    if (random() % 4 == 0) faults.queue = 1 + random() % 20;
    if (random() % 4 == 0) {
        faults.hole_begin = from_seconds(unit() * 2);
        faults.hole_end = faults.hole_begin + from_seconds(unit() * 4);
    }
    faults.heals_at = from_seconds(5 + unit() * 20);
    return faults;
}

std::string describe(const Faults& faults) {
    char text[320];
    std::snprintf(text, sizeof text,
                  "seed %llu: loss %.0f%%, duplicate %.0f%%, reorder %.0f%%, corrupt %.0f%%, delay "
                  "%.1f ms, jitter 0..%.1f ms, queue %s, hole %.1f..%.1f s, heals at %.1f s",
                  static_cast<unsigned long long>(faults.seed), faults.loss * 100,
                  faults.duplicate * 100, faults.reorder * 100, faults.corrupt * 100,
                  in_milliseconds(faults.delay), in_milliseconds(faults.jitter),
                  faults.queue == SIZE_MAX ? "unbounded" : std::to_string(faults.queue).c_str(),
                  to_seconds(faults.hole_begin), to_seconds(faults.hole_end),
                  to_seconds(faults.heals_at));
    return text;
}

Network::Network(Faults faults, Protocol protocol)
    : faults_(std::move(faults)), protocol_(std::move(protocol)) {}

void Network::send(End from, Bytes message) {
    const std::uint64_t number = ++count_;
    const std::uint64_t number_of_end = ++count_by_end_[index(from)];
    MessageRandom random(faults_.seed, number);

    // Every message draws the same numbers, so that a fault less leaves all others as they were.
    const bool by_chance = random.chance(faults_.loss);
    const bool duplicated = random.chance(faults_.duplicate);
    const bool reordered = random.chance(faults_.reorder);
    const bool corrupted = random.chance(faults_.corrupt);
    const double late = random.unit();
    const double later = random.unit();
    const std::uint64_t position = random.next();

    const Duration age = now_ - kBegin;
    const bool healed = age >= faults_.heals_at;
    const bool in_hole = faults_.hole_begin <= age && age < faults_.hole_end;
    const bool full = under_way_[index(from)] >= faults_.queue;
    const bool dropped = faults_.lost.contains(number) || by_chance || in_hole || full ||
                         (corrupted && protocol_.corruptible_from == kNoChecksum);
    const bool damaged = corrupted && message.size() > protocol_.corruptible_from;

    std::string fate = "arrives";
    if (dropped && !healed) {
        lost_.insert(number);
        lost_by_end_[index(from)].push_back(number_of_end);
        fate = "LOST";
    } else {
        std::vector<std::byte> copy(message.begin(), message.end());
        Duration delay =
            faults_.delay + std::chrono::duration_cast<Duration>(faults_.jitter * late);
        if (!healed) {
            if (damaged) {
                const std::size_t bits = (copy.size() - protocol_.corruptible_from) * 8;
                const std::size_t bit = position % bits;
                copy[protocol_.corruptible_from + bit / 8] ^= std::byte{1}
                                                              << static_cast<int>(bit % 8);
                fate = "CORRUPT";
            }
            if (duplicated) {
                schedule(other(from), copy,
                         delay + std::chrono::duration_cast<Duration>(Faults::kHeldBack * later));
                fate += ", TWICE";
            }
            if (reordered) {
                delay += Faults::kHeldBack;
                fate += ", LATE";
            }
        }
        schedule(other(from), std::move(copy), delay);
    }
    if (story_kept_) story_.push_back({now_, from, protocol_.describe(message), fate});
}

void Network::schedule(End to, std::vector<std::byte> message, Duration delay) {
    ++under_way_[index(other(to))];
    arrivals_.emplace(now_ + delay, Arrival{to, std::move(message)});
}

TimePoint Network::next_arrival() const {
    return arrivals_.empty() ? kNever : arrivals_.begin()->first;
}

Network::Arrival Network::take_arrival() {
    Arrival arrival = std::move(arrivals_.begin()->second);
    arrivals_.erase(arrivals_.begin());
    --under_way_[index(other(arrival.to))];
    return arrival;
}

void Network::note(End end, const std::string& text) {
    if (story_kept_) story_.push_back({now_, end, text, "", true});
}

std::string Network::ladder() const {
    constexpr std::size_t kMaxSteps = 400;
    std::string text = "       time   client                                        server\n";
    std::uint64_t number = 0;
    std::size_t shown = 0;
    for (const Step& step : story_) {
        if (!step.note) ++number;
        if (++shown > kMaxSteps) return text + "   ...\n";
        char head[48];
        std::snprintf(head, sizeof head, "%11.3f   ", in_milliseconds(step.at - kBegin));
        text += head;
        if (step.note) {
            text += std::string(step.from == End::client ? 0 : 46, ' ') + "* " + step.text + "\n";
            continue;
        }
        const std::string what = "#" + std::to_string(number) + " " + step.text +
                                 (step.fate == "arrives" ? "" : " [" + step.fate + "]");
        const bool lost = step.fate == "LOST";
        if (step.from == End::client) {
            text += what + std::string(what.size() < 42 ? 42 - what.size() : 1, ' ') +
                    (lost ? "--x" : "-->");
        } else {
            text += std::string(42, ' ') + (lost ? "x-- " : "<-- ") + what;
        }
        text += '\n';
    }
    return text;
}

std::string Network::impairment() const {
    std::string text;
    for (const End end : {End::client, End::server}) {
        text += end == End::client ? "  client: " : "  server: ";
        std::string numbers;
        for (const std::uint64_t number : lost_by_end_[index(end)]) {
            numbers += (numbers.empty() ? "--impair drop=" : "+") + std::to_string(number);
        }
        text += (numbers.empty() ? "no losses" : numbers) + "\n";
    }
    return text;
}

}  // namespace netlab::simulation
