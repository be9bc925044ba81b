// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "problem4/media/media_reader.hpp"

namespace netlab::problem4 {

// The caller keeps the bytes.
inline ByteSource memory_source(Bytes bytes) {
    return {bytes.size(), [bytes](std::uint64_t offset, MutableBytes buffer) {
                const Bytes rest = bytes.subspan(std::min<std::uint64_t>(offset, bytes.size()));
                const Bytes read = rest.first(std::min(rest.size(), buffer.size()));
                std::ranges::copy(read, buffer.begin());
                return read.size();
            }};
}

}  // namespace netlab::problem4
