// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "common/file_descriptor.hpp"
#include "problem4/byte_source.hpp"
#include "problem4/media_info.hpp"
#include "problem4/mp4_rearrangement.hpp"

namespace netlab::problem4 {

// What a server sends: the bytes of a file as they are, except that an MP4 whose index is at its
// end is read in another order, index first, so that it plays from a pipe. Its size is what it was
// at the start.
class MediaSource : public ByteSource {
  public:
    // Throws MediaError unless it is a regular file, not empty, that can be played from a pipe;
    // SystemError where reading fails.
    explicit MediaSource(FileDescriptor file);

    [[nodiscard]] std::uint64_t size() const override { return size_; }

    // May return less than asked for where the file has shrunk.
    [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const override;

    [[nodiscard]] const MediaInfo& info() const noexcept { return info_; }
    [[nodiscard]] bool rearranged() const noexcept { return rearrangement_.has_value(); }

  private:
    FileDescriptor file_;
    std::uint64_t size_ = 0;
    MediaInfo info_;
    std::optional<Mp4Rearrangement> rearrangement_;
};

}  // namespace netlab::problem4
