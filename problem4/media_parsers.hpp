// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "problem4/media_reader.hpp"

// How long a clip plays, by container. Each parser is given a file that begins like one of its
// kind, and otherwise trusts nothing: nullopt where the file does not tell, or tells nonsense. They
// throw ProtocolError where it is cut short, SystemError where reading fails.

namespace netlab::problem4 {

using MediaTime = std::optional<std::chrono::microseconds>;

// `count` units of which there are `per_second`: nullopt for none, or where either makes no sense.
MediaTime media_time(double count, double per_second);

MediaTime wav_duration(MediaReader& in);
MediaTime avi_duration(MediaReader& in);
MediaTime matroska_duration(MediaReader& in);                   // and WebM
MediaTime flac_duration(MediaReader& in, std::uint64_t begin);  // of "fLaC"
MediaTime ogg_duration(MediaReader& in);
MediaTime mp3_duration(MediaReader& in, std::uint64_t begin);  // of the first frame
MediaTime adts_duration(MediaReader& in, std::uint64_t begin);
MediaTime mp4_duration(MediaReader& in);
MediaTime ts_duration(MediaReader& in);

// Whether a frame of MPEG audio (layer 1 to 3) stands there, with two more of its kind behind it
// unless the file ends before.
bool is_mp3_frame(MediaReader& in, std::uint64_t at);

// Whether a frame of AAC stands there.
bool is_adts_frame(MediaReader& in, std::uint64_t at);

// Whether packets of 188 bytes (192 as cameras write them: 4 bytes in front of each) stand there.
bool is_ts(MediaReader& in);

}  // namespace netlab::problem4
