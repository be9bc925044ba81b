// SPDX-License-Identifier: MIT
#include "common/impairment.hpp"

#include <algorithm>
#include <chrono>

#include "common/number.hpp"
#include "common/text.hpp"

namespace netlab {

namespace {

double parse_probability(std::string_view text) {
    const bool percent = text.ends_with('%');
    if (percent) text.remove_suffix(1);
    const double value = parse_decimal(text) / (percent ? 100 : 1);
    if (value < 0 || value > 1) throw UsageError("not a probability (10% or 0.1)");
    return value;
}

std::vector<std::uint64_t> parse_numbers(std::string_view text) {
    std::vector<std::uint64_t> numbers;
    while (true) {
        const std::size_t plus = text.find('+');
        numbers.push_back(parse_number<std::uint64_t>(text.substr(0, plus), 1, UINT64_MAX));
        if (plus == std::string_view::npos) return numbers;
        text.remove_prefix(plus + 1);
    }
}

void parse_part(ImpairmentSpec& spec, std::string_view key, std::string_view value) {
    if (key == "loss")
        spec.loss = parse_probability(value);
    else if (key == "duplicate")
        spec.duplicate = parse_probability(value);
    else if (key == "reorder")
        spec.reorder = parse_probability(value);
    else if (key == "corrupt")
        spec.corrupt = parse_probability(value);
    else if (key == "delay")
        spec.delay = parse_duration(value);
    else if (key == "jitter")
        spec.jitter = parse_duration(value);
    else if (key == "seed")
        spec.seed = parse_number<std::uint64_t>(value, 0, UINT64_MAX);
    else if (key == "drop")
        spec.drop = parse_numbers(value);
    else
        throw UsageError("not one of loss, duplicate, reorder, corrupt, delay, jitter, seed, drop");
}

}  // namespace

ImpairmentSpec ImpairmentSpec::parse(std::string_view text) {
    ImpairmentSpec spec;
    if (text.ends_with(',')) throw UsageError("nothing behind the last ','");
    while (!text.empty()) {
        const std::string_view part = take_word(text, ',');
        const std::size_t equals = part.find('=');
        try {
            if (equals == std::string_view::npos) throw UsageError("no '='");
            parse_part(spec, part.substr(0, equals), part.substr(equals + 1));
        } catch (const UsageError& error) {
            throw UsageError("'" + escaped(part) + "': " + error.what());
        }
    }
    return spec;
}

bool ImpairmentSpec::active() const noexcept {
    return loss > 0 || duplicate > 0 || reorder > 0 || corrupt > 0 || delay > Duration{} ||
           jitter > Duration{} || !drop.empty();
}

bool Impairment::chance(double probability) {
    // Not std::bernoulli_distribution: its use of the generator differs between libraries, and the
    // same seed should mean the same fate everywhere. 53 bits make a double in [0, 1).
    return static_cast<double>(random_() >> 11) * 0x1p-53 < probability;
}

Impairment::Fate Impairment::submit(Bytes message, std::size_t corruptible_from, TimePoint now) {
    // Every message draws the same number of random values, whatever happens to it, so that
    // changing one probability leaves the other fates as they were.
    Fate fate;
    ++count_;
    const bool chosen = std::find(spec_.drop.begin(), spec_.drop.end(), count_) != spec_.drop.end();
    fate.dropped = chance(spec_.loss) || chosen;
    fate.duplicated = chance(spec_.duplicate);
    // Not two in a row: were the one that is to overtake held back too, the order would stay.
    reordered_ = chance(spec_.reorder) && !reordered_;
    fate.corrupted = chance(spec_.corrupt) && message.size() > corruptible_from;
    const std::uint64_t position = random_();
    const double unit = static_cast<double>(random_() >> 11) * 0x1p-53;

    const Duration spread = std::chrono::duration_cast<Duration>(spec_.jitter * (2 * unit - 1));
    const TimePoint due =
        now + std::max(Duration{}, spec_.delay + spread) + (reordered_ ? kHold : Duration{});
    fate.delayed = due > now;
    if (fate.dropped) return fate;

    Message copy(message.begin(), message.end());
    if (fate.corrupted) {
        const std::uint64_t bit = position % ((copy.size() - corruptible_from) * 8);
        copy[corruptible_from + bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    }
    if (fate.duplicated) waiting_.emplace(due, copy);
    waiting_.emplace(due, std::move(copy));
    return fate;
}

std::vector<Impairment::Message> Impairment::take_due(TimePoint now) {
    std::vector<Message> due;
    const auto end = waiting_.upper_bound(now);
    for (auto one = waiting_.begin(); one != end; one = waiting_.erase(one)) {
        due.push_back(std::move(one->second));
    }
    return due;
}

TimePoint Impairment::next_deadline() const {
    return waiting_.empty() ? kNever : waiting_.begin()->first;
}

std::string_view name_of(const Impairment::Fate& fate) noexcept {
    if (fate.dropped) return "dropped";
    if (fate.corrupted) return "corrupted";
    if (fate.duplicated) return "duplicated";
    if (fate.delayed) return "delayed";
    return "";
}

}  // namespace netlab
