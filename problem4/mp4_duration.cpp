// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>

#include "problem4/media_parsers.hpp"
#include "problem4/mp4_box.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::size_t kMaxTracks = 64;

// Most boxes here begin with a version (1 byte) and flags (3). Where they come in two versions,
// times have 8 bytes in the second one, 4 in the first.
bool long_times(MediaReader& in, const Box& box) {
    return in.big_endian(box.body, 1) == 1;
}

std::uint64_t flags_of(MediaReader& in, const Box& box) {
    return in.big_endian(box.body + 1, 3);
}

// All ones stand for "not known".
std::uint64_t time_at(MediaReader& in, std::uint64_t at, bool long_time) {
    const std::uint64_t time = in.big_endian(at, long_time ? 8 : 4);
    return time == (long_time ? UINT64_MAX : UINT32_MAX) ? 0 : time;
}

struct Header {
    std::uint64_t timescale = 0;  // units in a second
    std::uint64_t duration = 0;   // 0: not known
};

// `mvhd` and `mdhd` begin alike: two dates, the time scale, the duration.
Header header_of(MediaReader& in, const Box& box) {
    const bool longer = long_times(in, box);
    const std::uint64_t at = box.body + (longer ? 20 : 12);
    return {in.big32(at), time_at(in, at + 4, longer)};
}

struct Track {
    std::uint64_t timescale = 0;
    std::uint64_t sample_duration = 0;  // unless a fragment says otherwise
    std::uint64_t end = 0;              // of its last fragment so far
};

// What an MP4 knows of its length: the whole of it in `moov`, or, recorded in fragments, a piece
// of it in each `moof`.
class Movie {
  public:
    explicit Movie(MediaReader& in) : in_(in) {}

    MediaTime duration() {
        for_each_box(in_, 0, in_.size(), [&](const Box& box) {
            if (box.is("moov")) read_index(box);
            if (box.is("moof") && fragmented_ && told_ == 0) read_fragment(box);
        });
        if (!fragmented_ && told_ == 0) told_ = movie_.duration;
        if (told_ > 0) return time(told_, movie_.timescale);

        MediaTime longest = time(movie_.duration, movie_.timescale);
        for (const auto& [id, track] : tracks_) {
            longest = std::max(longest, time(track.end, track.timescale));
        }
        return longest;
    }

  private:
    static MediaTime time(std::uint64_t units, std::uint64_t per_second) {
        return media_time(static_cast<double>(units), static_cast<double>(per_second));
    }

    void read_index(const Box& index) {
        for_each_box(in_, index.body, index.end, [&](const Box& box) {
            if (box.is("mvhd")) movie_ = header_of(in_, box);
            if (box.is("trak")) read_track(box);
            if (box.is("mvex")) read_fragment_defaults(box);
        });
    }

    void read_track(const Box& trak) {
        std::uint32_t id = 0;
        Header media;
        static constexpr std::string_view kTrackHeader[] = {"tkhd"};
        for_each_below(in_, trak, kTrackHeader, [&](const Box& box) {
            id = in_.big32(box.body + (long_times(in_, box) ? 20 : 12));
        });
        static constexpr std::string_view kMediaHeader[] = {"mdia", "mdhd"};
        for_each_below(in_, trak, kMediaHeader,
                       [&](const Box& box) { media = header_of(in_, box); });
        if (tracks_.size() == kMaxTracks) return;
        tracks_[id].timescale = media.timescale;
        tracks_[id].end = media.duration;
    }

    // `mehd` tells the duration of all fragments; `trex`, for each track, that of a sample.
    void read_fragment_defaults(const Box& mvex) {
        fragmented_ = true;
        for_each_box(in_, mvex.body, mvex.end, [&](const Box& box) {
            if (box.is("mehd")) told_ = time_at(in_, box.body + 4, long_times(in_, box));
            if (!box.is("trex") || tracks_.size() == kMaxTracks) return;
            tracks_[in_.big32(box.body + 4)].sample_duration = in_.big32(box.body + 12);
        });
    }

    void read_fragment(const Box& moof) {
        static constexpr std::string_view kTrackFragment[] = {"traf"};
        for_each_below(in_, moof, kTrackFragment, [&](const Box& traf) {
            Track* track = nullptr;
            std::uint64_t sample_duration = 0;
            for_each_box(in_, traf.body, traf.end, [&](const Box& box) {
                if (box.is("tfhd")) {
                    const auto found = tracks_.find(in_.big32(box.body + 4));
                    track = found == tracks_.end() ? nullptr : &found->second;
                    if (track != nullptr) sample_duration = default_duration(box, *track);
                }
                if (track == nullptr) return;
                if (box.is("tfdt")) track->end = time_at(in_, box.body + 4, long_times(in_, box));
                if (box.is("trun")) track->end += run_duration(box, sample_duration);
            });
        });
    }

    // `tfhd`: track, then fields that its flags announce: 8 bytes, 4 bytes, and the duration.
    std::uint64_t default_duration(const Box& tfhd, const Track& track) {
        const std::uint64_t flags = flags_of(in_, tfhd);
        if ((flags & 8) == 0) return track.sample_duration;
        return in_.big32(tfhd.body + 8 + ((flags & 1) != 0 ? 8 : 0) + ((flags & 2) != 0 ? 4 : 0));
    }

    // `trun`: the number of samples, two fields of 4 bytes that flags announce, then for each
    // sample up to four such fields, the first of which is its duration.
    std::uint64_t run_duration(const Box& trun, std::uint64_t sample_duration) {
        const std::uint64_t flags = flags_of(in_, trun);
        const std::uint64_t count = in_.big32(trun.body + 4);
        if ((flags & 0x100) == 0) return count * sample_duration;

        std::uint64_t sample_size = 0;
        for (std::uint64_t flag = 0x100; flag <= 0x800; flag <<= 1) {
            if ((flags & flag) != 0) sample_size += 4;
        }
        std::uint64_t at = trun.body + 8 + ((flags & 1) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 4 : 0);
        std::uint64_t sum = 0;
        for (std::uint64_t i = 0; i < count && at + sample_size <= trun.end; ++i) {
            sum += in_.big32(at);
            at += sample_size;
        }
        return sum;
    }

    MediaReader& in_;
    Header movie_;
    std::uint64_t told_ = 0;  // the duration of the whole, in units of movie_.timescale
    bool fragmented_ = false;
    std::map<std::uint32_t, Track> tracks_;
};

}  // namespace

MediaTime mp4_duration(MediaReader& in) {
    return Movie(in).duration();
}

}  // namespace netlab::problem4
