// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/io.hpp"

namespace netlab::problem1 {

// The receiver's half of selective repeat: chunks arrive in any order and more than once, and leave
// once each and in order. Early ones wait in memory, at most a window of them. Pure.
class ReceiveWindow {
  public:
    ReceiveWindow(std::uint64_t first, std::uint64_t capacity)
        : next_(first), capacity_(capacity) {}

    enum class Arrival { fresh, duplicate, beyond_window };
    // A chunk has arrived. Those that are now in order are handed to `deliver(Bytes)`, this one
    // first. Acknowledge it if it is fresh or a duplicate: of a duplicate, the first ACK was lost.
    template <typename Deliver>
    Arrival accept(std::uint64_t number, Bytes payload, Deliver deliver) {
        if (number < next_ || early_.contains(number)) return Arrival::duplicate;
        if (number - next_ >= capacity_) return Arrival::beyond_window;
        if (number > next_) {
            early_.emplace(number, std::vector<std::byte>(payload.begin(), payload.end()));
            return Arrival::fresh;
        }
        deliver(payload);
        ++next_;
        while (!early_.empty() && early_.begin()->first == next_) {
            deliver(Bytes(early_.begin()->second));
            early_.erase(early_.begin());
            ++next_;
        }
        return Arrival::fresh;
    }

    // The first chunk that has not been delivered.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

  private:
    std::uint64_t next_;
    std::uint64_t capacity_;
    std::map<std::uint64_t, std::vector<std::byte>> early_;
};

}  // namespace netlab::problem1
