// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "problem4/media/media_reader.hpp"

namespace netlab::problem4 {

// The caller keeps the bytes.
class MemorySource : public ByteSource {
  public:
    explicit MemorySource(Bytes bytes) : bytes_(bytes) {}

    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const override {
        if (offset >= bytes_.size()) return 0;
        const Bytes rest = bytes_.subspan(offset);
        const Bytes read = rest.first(std::min(rest.size(), buffer.size()));
        std::copy(read.begin(), read.end(), buffer.begin());
        return read.size();
    }

  private:
    Bytes bytes_;
};

}  // namespace netlab::problem4
