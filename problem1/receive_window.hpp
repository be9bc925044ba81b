// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "problem1/frame.hpp"

namespace netlab::problem1 {

// The receiver's half of selective repeat: chunks arrive in any order and more than once, and leave
// once each and in order. Early ones wait in memory: a window of chunks at most, and none if all
// arrives in order.
class ReceiveWindow {
  public:
    // The chunks of a file from `first` on.
    ReceiveWindow(const StartInfo& info, std::uint64_t first)
        : chunks_(info.chunks()),
          chunk_size_(info.chunk_size),
          next_(first),
          last_(info.chunk_count),
          capacity_(std::min<std::uint64_t>(info.window, last_ - first + 1)) {}

    enum class Arrival { fresh, duplicate, beyond_window };
    // A chunk has arrived. Those that are now in order are handed to `deliver(Bytes, offset)`, this
    // one first. Acknowledge it if it is fresh or a duplicate: the first ACK may be lost.
    template <typename Deliver>
    Arrival on_chunk(std::uint64_t number, Bytes payload, Deliver deliver) {
        if (number < next_) return Arrival::duplicate;
        if (number - next_ >= capacity_) return Arrival::beyond_window;
        if (number > next_) return keep(number, payload);
        deliver(payload, chunks_.range(next_).offset);
        ++next_;
        while (!arrived_.empty() && arrived_[place(next_)]) {
            const auto [offset, length] = chunks_.range(next_);
            deliver(Bytes(&early_[place(next_) * chunk_size_], length), offset);
            arrived_[place(next_)] = false;
            ++next_;
        }
        return Arrival::fresh;
    }

    [[nodiscard]] bool complete() const noexcept { return next_ > last_; }

  private:
    [[nodiscard]] std::size_t place(std::uint64_t number) const { return number % capacity_; }

    Arrival keep(std::uint64_t number, Bytes payload) {
        if (!early_) {
            early_ = std::make_unique_for_overwrite<std::byte[]>(capacity_ * chunk_size_);
            arrived_.resize(capacity_);
        }
        if (arrived_[place(number)]) return Arrival::duplicate;
        std::memcpy(&early_[place(number) * chunk_size_], payload.data(), payload.size());
        arrived_[place(number)] = true;
        return Arrival::fresh;
    }

    FixedChunks chunks_;
    std::size_t chunk_size_;
    std::uint64_t next_;  // the first chunk that has not been delivered
    std::uint64_t last_;
    std::uint64_t capacity_;
    std::unique_ptr<std::byte[]> early_;  // a ring: chunk n stands at n modulo the capacity
    std::vector<bool> arrived_;           // which places of it are taken
};

}  // namespace netlab::problem1
