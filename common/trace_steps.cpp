// SPDX-License-Identifier: MIT
#include "common/trace_steps.hpp"

#include <algorithm>
#include <cctype>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace netlab {

namespace {

using Key = std::pair<bool, std::string>;  // sent by the client; the message

// A line of text may well be said twice; what has a number in it is the same one again.
bool can_be_again(const TraceRecord& record, const std::string& message) {
    return record.type != "TEXT" &&
           std::any_of(message.begin(), message.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
}

class Steps {
  public:
    void add(TraceRecord record) {
        const bool at_client = record.end == "client";
        TraceStep step;
        step.of_client = record.dir == "in" ? !at_client : at_client;
        const Key key{step.of_client, record.message()};
        if (record.dir == "in") {
            if (arrive(key, record.t)) return;
            step.received = record.t;
        } else {
            step.sent = record.t;
        }
        step.lost = record.fate == "dropped" || record.fate == "corrupted";
        if (record.dir == "out") {
            step.again =
                can_be_again(record, key.second) && !sent_.insert({record.peer, key}).second;
            if (!step.lost) under_way_[key].push_back(steps_.size());
        }
        step.record = std::move(record);
        steps_.push_back(std::move(step));
    }

    // What one end sent and the other one, whose trace is there, never received.
    void mark_lost(bool server_is_there, bool client_is_there) {
        for (const auto& [key, indexes] : under_way_) {
            if (!(key.first ? server_is_there : client_is_there)) continue;
            for (const std::size_t index : indexes) steps_[index].lost = true;
        }
    }

    std::vector<TraceStep> take() { return std::move(steps_); }

  private:
    bool arrive(const Key& key, std::int64_t t) {
        const auto found = under_way_.find(key);
        if (found == under_way_.end() || found->second.empty()) return false;
        steps_[found->second.front()].received = t;
        found->second.pop_front();
        return true;
    }

    std::vector<TraceStep> steps_;
    std::map<Key, std::deque<std::size_t>> under_way_;
    std::set<std::pair<std::string, Key>> sent_;
};

}  // namespace

std::vector<TraceStep> steps_of(std::vector<TraceRecord> records) {
    std::stable_sort(records.begin(), records.end(),
                     [](const auto& a, const auto& b) { return a.t < b.t; });
    const auto there = [&](const char* end) {
        return std::any_of(records.begin(), records.end(),
                           [&](const auto& record) { return record.end == end; });
    };
    const bool server_is_there = there("server");
    const bool client_is_there = there("client");
    Steps steps;
    for (TraceRecord& record : records) steps.add(std::move(record));
    steps.mark_lost(server_is_there, client_is_there);
    return steps.take();
}

}  // namespace netlab
