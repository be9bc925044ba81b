// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "common/time.hpp"

// Clips to be streamed, made with ffmpeg: a moving test picture and a tone, or the tone alone.

namespace netlab::problem4 {

// Every container that is tested. "index_last.mp4" has its index behind the media.
const std::vector<std::string>& clip_names();

inline constexpr Duration kClipLength = seconds(4);
inline constexpr Duration kLongClipLength = seconds(6);  // of "long.mp4"

// The path of a clip. The first test that asks for it makes it, in this build's folder; others,
// also in other processes, wait until it is complete. Throws std::runtime_error that tells what
// ffmpeg said.
std::string clip(const std::string& name);

// Whether a server knows how long it plays. ("fragmented.mp4" says so only with each piece.)
bool has_duration(const std::string& name);

// Whether a program is found in PATH.
bool installed(const std::string& program);

}  // namespace netlab::problem4

// At the start of a test that cannot do without a program.
#define NETLAB_SKIP_WITHOUT(program)                                                        \
    if (!::netlab::problem4::installed((program))) {                                        \
        GTEST_SKIP() << (program) << " is not installed: tests/run.sh installs it, or see " \
                     << "tests/support/setup.sh for the packages";                          \
    }
