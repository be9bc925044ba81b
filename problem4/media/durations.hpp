// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "problem4/media/media_reader.hpp"

// How long a clip plays, by container. Each parser gets a file that begins like one of its kind,
// and otherwise trusts nothing: nullopt if the file does not tell, or tells nonsense. They throw
// ProtocolError if it is cut short, SystemError if it cannot be read.

namespace netlab::problem4 {

using MediaTime = std::optional<std::chrono::microseconds>;

// `count` units of which there are `per_second`; nullopt for none, or if either makes no sense.
MediaTime media_time(auto count, auto per_second) {
    const double microseconds = static_cast<double>(count) / static_cast<double>(per_second) * 1e6;
    if (!(microseconds >= 1 && microseconds < 1e15)) return std::nullopt;  // 1e15: 31 years
    return std::chrono::microseconds(static_cast<std::int64_t>(microseconds));
}

// A header tells it, or the bit rate.
MediaTime wav_duration(MediaReader& in);
MediaTime flac_duration(MediaReader& in);
bool is_mp3(MediaReader& in);
MediaTime mp3_duration(MediaReader& in);

// The media tells the time again and again: the last less the first.
MediaTime ogg_duration(MediaReader& in);
bool is_ts(MediaReader& in);
MediaTime ts_duration(MediaReader& in);

// The index tells it (mp4.cpp). QuickTime's MOV is meant as well.
bool is_mp4(MediaReader& in);
MediaTime mp4_duration(MediaReader& in);

}  // namespace netlab::problem4
