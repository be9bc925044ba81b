// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <functional>
#include <unordered_map>
#include <utility>

#include "common/time.hpp"

namespace netlab {

// What is still known of peers, transfers or sessions that are over, so that a late or repeated
// message of theirs gets its answer again and does not begin anything: as TIME_WAIT in TCP (RFC
// 9293, section 3.6.1). Bounded by number and by age; the oldest are forgotten first.
// Not thread-safe.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class RecentMap {
  public:
    explicit RecentMap(std::size_t max_entries, Duration max_age = Duration::max())
        : max_entries_(max_entries), max_age_(max_age) {}

    void remember(const Key& key, Value value, TimePoint now) {
        entries_.insert_or_assign(key, Entry{std::move(value), now});
        order_.emplace_back(now, key);
        while (order_.size() > max_entries_) forget_oldest();
    }

    // nullptr if it is not known, or not any more. Valid until remember() or the next find().
    [[nodiscard]] const Value* find(const Key& key, TimePoint now) {
        while (!order_.empty() && now - order_.front().first >= max_age_) forget_oldest();
        const auto found = entries_.find(key);
        return found == entries_.end() ? nullptr : &found->second.value;
    }

  private:
    struct Entry {
        Value value;
        TimePoint since{};
    };

    void forget_oldest() {
        const auto& [since, key] = order_.front();
        const auto found = entries_.find(key);
        // Unless it was remembered again: then its later place counts.
        if (found != entries_.end() && found->second.since == since) entries_.erase(found);
        order_.pop_front();
    }

    std::size_t max_entries_;
    Duration max_age_;
    std::unordered_map<Key, Entry, Hash> entries_;
    std::deque<std::pair<TimePoint, Key>> order_;
};

}  // namespace netlab
