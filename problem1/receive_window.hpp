// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "common/io.hpp"

namespace netlab::problem1 {

// The receiver's half of selective repeat: chunks arrive in any order and more than once, and leave
// once each and in order. Early ones wait in memory: a window of chunks at most, and none if all
// arrives in order.
class ReceiveWindow {
  public:
    // Chunks from `first` to `last`, each of `chunk_size` bytes but for the last, which may be
    // shorter.
    ReceiveWindow(std::uint64_t first, std::uint64_t last, std::uint64_t capacity,
                  std::size_t chunk_size)
        : next_(first),
          last_(last),
          capacity_(std::min(capacity, last - first + 1)),
          chunk_size_(chunk_size) {}

    enum class Arrival { fresh, duplicate, beyond_window };
    // A chunk has arrived. Those that are now in order are handed to `deliver(Bytes)`, this one
    // first. Acknowledge it if it is fresh or a duplicate: the first ACK may be lost.
    template <typename Deliver>
    Arrival on_chunk(std::uint64_t number, Bytes payload, Deliver deliver) {
        if (number < next_) return Arrival::duplicate;
        if (number - next_ >= capacity_) return Arrival::beyond_window;
        if (number > next_) return keep(number, payload);
        deliver(payload);
        ++next_;
        while (waiting_ > 0 && arrived_[place(next_)]) {
            const std::size_t size = next_ == last_ ? last_size_ : chunk_size_;
            deliver(Bytes(&early_[place(next_) * chunk_size_], size));
            arrived_[place(next_)] = false;
            --waiting_;
            ++next_;
        }
        return Arrival::fresh;
    }

    // The first chunk that has not been delivered.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
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
        if (number == last_) last_size_ = payload.size();
        arrived_[place(number)] = true;
        ++waiting_;
        return Arrival::fresh;
    }

    std::uint64_t next_;
    std::uint64_t last_;
    std::uint64_t capacity_;
    std::size_t chunk_size_;
    std::size_t last_size_ = 0;
    std::uint64_t waiting_ = 0;           // for an earlier one
    std::unique_ptr<std::byte[]> early_;  // a ring: chunk n stands at n modulo the capacity
    std::vector<bool> arrived_;           // which places of it are taken
};

}  // namespace netlab::problem1
