// SPDX-License-Identifier: MIT
#include "tests/simulation/simulation.hpp"

#include <algorithm>

namespace netlab::simulation {

namespace {

constexpr int kMaxStepsAtOnce = 100'000;

}  // namespace

void Simulation::step(TimePoint until) {
    const TimePoint before = now();
    TimePoint deadline = kNever;
    for (const Node* node : nodes_) {
        if (node != nullptr) deadline = std::min(deadline, node->next_deadline());
    }
    const TimePoint arrival = network_.next_arrival();
    const TimePoint next = std::max(before, std::min({arrival, deadline, until}));
    require(next != kNever, "nobody waits for anything, and not all is done");
    network_.advance(next);

    if (arrival <= next) {
        Network::Arrival arrived = network_.take_arrival();
        Node* node = nodes_[arrived.to == End::client ? 0 : 1];
        if (node != nullptr) {
            node->on_message(arrived.message, next);
        } else {
            inbox_.push_back(std::move(arrived.message));
        }
    } else if (deadline <= next) {
        for (Node* node : nodes_) {
            if (node != nullptr && node->next_deadline() <= next) node->on_timer(next);
        }
    }
    steps_at_once_ = now() == before ? steps_at_once_ + 1 : 0;
    require(steps_at_once_ < kMaxStepsAtOnce, "time stands still: a deadline that has passed");
}

std::vector<std::byte> Simulation::take_message() {
    std::vector<std::byte> message = std::move(inbox_.front());
    inbox_.erase(inbox_.begin());
    return message;
}

void Simulation::run(Duration bound) {
    const TimePoint latest = network_.healed_at() + bound;
    while (!nodes_[0]->finished() || !nodes_[1]->finished()) {
        step(kNever);
        require(now() <= latest,
                "not finished " + show_duration(bound) + " after the network healed");
    }
}

void Simulation::run_for(Duration time) {
    const TimePoint end = now() + time;
    while (now() < end) step(end);
}

}  // namespace netlab::simulation
