// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>

#include "problem1/frame.hpp"
#include "problem1/storage.hpp"
#include "tests/simulation/simulation.hpp"

// Problem 1 without sockets and disks: files in memory, frames through a simulated network.

namespace netlab::simulation {

inline const Network::Protocol kFrames{
    .describe =
        [](Bytes message) {
            const auto frame = problem1::decode_datagram(message);
            return frame ? problem1::describe(*frame) : std::string("(no intact frame)");
        },
    .corruptible_from = problem1::kHeaderSize,
};

// The content of a file: the same for the same seed, with a newline now and then.
std::string make_content(std::size_t size, std::uint64_t seed);

// Files that are being received, and those that are complete.
struct MemoryStorage {
    // in_order: TCP promises that a part is always a prefix.
    [[nodiscard]] problem1::Storage storage(bool in_order);

    std::map<std::string, std::string> parts;
    std::map<std::string, std::string> files;
    std::map<std::string, int> commits;  // how often a file of that name was completed
};

// Puts frames on the network, and counts them.
class NetworkSink : public problem1::FrameSink {
  public:
    NetworkSink(Network& network, End end) : network_(network), end_(end) {}
    void send(const problem1::Frame& frame) override {
        ++sent_;
        network_.send(end_, problem1::encoded(frame));
    }
    void note(const std::string& text) override {
        ++notes_;
        if (text.starts_with("timeout")) ++timeouts_;
        network_.note(end_, text);
    }
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
    // Timers that have fired, and those among them behind which may be a loss.
    [[nodiscard]] std::uint64_t notes() const noexcept { return notes_; }
    [[nodiscard]] std::uint64_t timeouts() const noexcept { return timeouts_; }

  private:
    Network& network_;
    End end_;
    std::uint64_t sent_ = 0;
    std::uint64_t notes_ = 0;
    std::uint64_t timeouts_ = 0;
};

}  // namespace netlab::simulation
