// SPDX-License-Identifier: MIT
#include "problem4/media/media.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "common/io.hpp"

namespace netlab::problem4 {

namespace {

constexpr const char* kName = "media file";  // in errors, which the caller prefixes with its name

ByteSource bytes_of(FileDescriptor file, const struct stat& status) {
    if (S_ISDIR(status.st_mode)) throw MediaError("is a directory");
    if (!S_ISREG(status.st_mode)) throw MediaError("is not a regular file");
    if (status.st_size == 0) throw MediaError("is empty");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const auto shared = std::make_shared<const FileDescriptor>(std::move(file));
    return {size, [shared, size](std::uint64_t offset, MutableBytes buffer) {
                const std::uint64_t left = size - std::min(offset, size);
                const auto count = std::min<std::uint64_t>(buffer.size(), left);
                return read_at(*shared, buffer.first(count), offset, kName);
            }};
}

}  // namespace

std::shared_ptr<const Media> OpenMedia::open(FileDescriptor file) {
    const struct stat status = status_of(file, kName);
    std::erase_if(clips_, [](const auto& entry) { return entry.second.expired(); });
    auto& clip = clips_[{status.st_dev, status.st_ino, status.st_size, status.st_mtime}];
    auto media = clip.lock();
    if (media == nullptr) {
        ByteSource bytes = bytes_of(std::move(file), status);
        const MediaInfo info = probe_media(bytes);
        clip = media = std::make_shared<const Media>(Media{index_first(std::move(bytes)), info});
    }
    return media;
}

}  // namespace netlab::problem4
