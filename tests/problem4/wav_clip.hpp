// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "common/time.hpp"
#include "tests/problem4/media_bytes.hpp"
#include "tests/support/files.hpp"

namespace netlab::problem4 {

// Noise as a WAV file: one byte a sample, `rate` bytes a second.
inline std::string wav_clip(std::uint32_t rate, Duration length) {
    const auto size = static_cast<std::uint32_t>(rate * to_seconds(length));
    return "RIFF" + little(36 + size) + "WAVEfmt " + little(16) + little(1, 2) + little(1, 2) +
           little(rate) + little(rate) + little(1, 2) + little(8, 2) + "data" + little(size) +
           testing::random_bytes(size, 4);
}

}  // namespace netlab::problem4
