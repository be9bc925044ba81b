// SPDX-License-Identifier: MIT
#include "problem5/reception.hpp"

#include <algorithm>
#include <utility>

namespace netlab::problem5 {

Reception::Verdict Reception::judge(const Address& stranger, const Packet& packet, bool engaged,
                                    TimePoint now) {
    std::erase_if(ended_, [&](const Ended& one) { return now >= one.at + kEchoes; });
    const auto over = std::find_if(ended_.begin(), ended_.end(),
                                   [&](const Ended& one) { return one.peer == stranger; });

    if (packet.kind == Packet::Kind::bye) {
        return over == ended_.end() ? Verdict::ignore : Verdict::answer_goodbye;
    }
    if (packet.kind != Packet::Kind::msg) return Verdict::ignore;
    if (packet.number == 0) {
        // Not answered, but kept in mind: the first message is right behind it.
        std::erase_if(names_, [&](const Name& one) { return one.stranger == stranger; });
        if (names_.size() >= kMostKept) names_.pop_front();
        names_.push_back({stranger, std::string(packet.text)});
    }
    if (packet.number != 1) return Verdict::ignore;
    if (engaged) return Verdict::answer_busy;
    const bool echo = over != ended_.end() && over->first_message == packet.text;
    return echo ? Verdict::ignore : Verdict::open;
}

std::string Reception::take_name(const Address& stranger) {
    const auto found = std::find_if(names_.begin(), names_.end(),
                                    [&](const Name& one) { return one.stranger == stranger; });
    if (found == names_.end()) return {};
    std::string name = std::move(found->text);
    names_.erase(found);
    return name;
}

void Reception::remember(const Address& peer, std::string first_message, TimePoint now) {
    std::erase_if(ended_, [&](const Ended& one) { return one.peer == peer; });
    if (ended_.size() >= kMostKept) ended_.pop_front();
    ended_.push_back({peer, std::move(first_message), now});
}

}  // namespace netlab::problem5
