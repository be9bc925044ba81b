// SPDX-License-Identifier: MIT
#include "problem4/media/media_source.hpp"

#include <algorithm>

#include "common/file_descriptor.hpp"

namespace netlab::problem4 {

namespace {

constexpr const char* kName = "media file";  // in errors, which the caller prefixes with its name

}  // namespace

MediaSource::File::File(FileDescriptor file) : descriptor(std::move(file)) {
    const struct stat status = status_of(descriptor, kName);
    if (S_ISDIR(status.st_mode)) throw MediaError("is a directory");
    if (!S_ISREG(status.st_mode)) throw MediaError("is not a regular file");
    if (status.st_size == 0) throw MediaError("is empty");
    length = static_cast<std::uint64_t>(status.st_size);
}

std::size_t MediaSource::File::read_at(std::uint64_t offset, MutableBytes buffer) const {
    const std::uint64_t left = length - std::min(offset, length);
    return netlab::read_at(descriptor, buffer.first(std::min<std::uint64_t>(buffer.size(), left)),
                           offset, kName);
}

MediaSource::MediaSource(FileDescriptor file)
    : file_(std::move(file)),
      rearrangement_(Mp4Rearrangement::plan(file_)),
      info_(probe_media(file_)) {}

std::size_t MediaSource::read_at(std::uint64_t offset, MutableBytes buffer) const {
    return rearrangement_ ? rearrangement_->read_at(file_, offset, buffer)
                          : file_.read_at(offset, buffer);
}

}  // namespace netlab::problem4
