// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <random>
#include <stdexcept>
#include <string>

#include "tests/simulation/network.hpp"

namespace netlab::simulation {

// What must hold did not.
class Violation : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& what) {
    if (!holds) throw Violation(what);
}

// A machine at one end of the network: what its driver would do with a socket and a clock.
class Node {
  public:
    Node() = default;
    virtual ~Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    virtual void on_message(Bytes message, TimePoint now) = 0;
    virtual void on_timer(TimePoint now) = 0;  // at next_deadline(), or later
    [[nodiscard]] virtual TimePoint next_deadline() const = 0;
    [[nodiscard]] virtual bool finished() const = 0;
};

// Two nodes and the network between them. A step is the nearer of the next arrival and the next
// deadline.
class Simulation {
  public:
    Simulation(const Faults& faults, Network::Protocol protocol)
        : network_(faults, std::move(protocol)), random_(faults.seed ^ 0x5DEECE66DU) {}

    [[nodiscard]] Network& network() noexcept { return network_; }
    [[nodiscard]] TimePoint now() const noexcept { return network_.now(); }

    // For what a scenario draws beside the faults: sizes, windows, timeouts.
    [[nodiscard]] std::mt19937_64& random() noexcept { return random_; }
    [[nodiscard]] std::uint64_t draw(std::uint64_t least, std::uint64_t most) {
        return least + random_() % (most - least + 1);
    }

    // A blocking program has no node: it calls step() itself, and gets what take() returns.
    void attach(End end, Node& node) noexcept { nodes_[end == End::client ? 0 : 1] = &node; }

    // Lets the next thing happen, at `until` at the latest: then only the time has changed. Throws
    // Violation if time stands still for ever.
    void step(TimePoint until);

    // A message for an end without a node.
    [[nodiscard]] bool has_message() const noexcept { return !inbox_.empty(); }
    [[nodiscard]] std::vector<std::byte> take_message();

    // Until both nodes have finished. Throws Violation if nobody waits for anything while one has
    // not finished, or if it takes longer than `bound` once the network has healed.
    void run(Duration bound);
    // The same until one node has finished, and then for the time that is given.
    void run_for(Duration time);

  private:
    Network network_;
    std::mt19937_64 random_;
    std::array<Node*, 2> nodes_{};
    std::vector<std::vector<std::byte>> inbox_;
    int steps_at_once_ = 0;
};

}  // namespace netlab::simulation
