// SPDX-License-Identifier: MIT
#include "problem4/media/media.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "common/io.hpp"
#include "common/time.hpp"
#include "problem4/media/durations.hpp"

namespace netlab::problem4 {

namespace {

// Bytes a second. To believe a duration with fewer would be to send for ever.
constexpr double kMinRate = 16;

struct Container {
    std::string_view name;
    bool (*is)(MediaReader&);
    MediaTime (*duration)(MediaReader&);
};

// Those come last that are recognized by the least. Of all others the player alone sets the pace.
constexpr Container kContainers[] = {
    {"wav", [](MediaReader& in) { return in.has(8, "WAVE"); }, wav_duration},
    {"ogg", [](MediaReader& in) { return in.has(0, "OggS"); }, ogg_duration},
    {"flac", [](MediaReader& in) { return in.has(0, "fLaC"); }, flac_duration},
    {"mpegts", is_ts, ts_duration},
    {"mp4", is_mp4, mp4_duration},
    {"mp3", is_mp3, mp3_duration},
};

// ID3v2 tags, in front of some MP3 and FLAC files: "ID3", version (2 bytes), flags (1), size
// (4 bytes of 7 bits each).
void skip_id3(MediaReader& in) {
    while (in.has(0, "ID3")) {
        std::uint64_t size = 0;
        for (std::uint64_t i = 6; i < 10; ++i) size = size << 7 | (in.big_endian(i, 1) & 0x7F);
        in.begin_at(10 + size);
    }
}

constexpr const char* kName = "media file";  // in errors, which the caller prefixes with its name

class FileSource : public ByteSource {
  public:
    explicit FileSource(FileDescriptor file) : file_(std::move(file)) {
        const struct stat status = status_of(file_, kName);
        if (S_ISDIR(status.st_mode)) throw MediaError("is a directory");
        if (!S_ISREG(status.st_mode)) throw MediaError("is not a regular file");
        if (status.st_size == 0) throw MediaError("is empty");
        size_ = static_cast<std::uint64_t>(status.st_size);
    }

    [[nodiscard]] std::uint64_t size() const override { return size_; }

    [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const override {
        const std::uint64_t left = size_ - std::min(offset, size_);
        return netlab::read_at(file_, buffer.first(std::min<std::uint64_t>(buffer.size(), left)),
                               offset, kName);
    }

  private:
    FileDescriptor file_;
    std::uint64_t size_ = 0;
};

}  // namespace

MediaInfo probe_media(const ByteSource& source) {
    MediaReader in(source);
    MediaInfo info;
    try {
        skip_id3(in);
        for (const auto& [name, is, duration] : kContainers) {
            if (!is(in)) continue;
            info.container = name;
            info.duration = duration(in);
            break;
        }
    } catch (const ProtocolError&) {
        // Cut short: what it is may be known, how long it plays is not.
    }
    const auto size = static_cast<double>(source.size());
    if (info.duration && size < kMinRate * to_seconds(*info.duration)) info.duration.reset();
    return info;
}

Media open_media(FileDescriptor file) {
    auto source = std::make_unique<FileSource>(std::move(file));
    const MediaInfo info = probe_media(*source);
    return {index_first(std::move(source)), info};
}

Media OpenMedia::open(FileDescriptor file) {
    const struct stat status = status_of(file, kName);
    Clip& clip = clips_[{status.st_dev, status.st_ino, status.st_size, status.st_mtime}];
    Media media{clip.bytes.lock(), clip.info};
    if (media.bytes == nullptr) media = open_media(std::move(file));
    clip = {media.bytes, media.info};
    std::erase_if(clips_, [](const auto& entry) { return entry.second.bytes.expired(); });
    return media;
}

}  // namespace netlab::problem4
