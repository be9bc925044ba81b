// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "common/file_descriptor.hpp"
#include "problem4/media/media_info.hpp"
#include "problem4/media/mp4_rearrangement.hpp"

namespace netlab::problem4 {

// What a server sends: the bytes of a file as they are, except that an MP4 whose index is at its
// end is read in another order, index first, so that it plays from a pipe. Its size stays what it
// was at the start. Reading is thread-safe: pread(2).
class MediaSource : public ByteSource {
  public:
    // Throws MediaError unless it is a regular file, not empty, that can be played from a pipe;
    // SystemError.
    explicit MediaSource(FileDescriptor file);

    [[nodiscard]] std::uint64_t size() const override { return file_.size(); }
    // Less than asked for also if the file has shrunk.
    [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const override;

    [[nodiscard]] const MediaInfo& info() const noexcept { return info_; }
    [[nodiscard]] bool rearranged() const noexcept { return rearrangement_.has_value(); }

  private:
    // The file as it is.
    struct File : ByteSource {
        explicit File(FileDescriptor file);
        [[nodiscard]] std::uint64_t size() const override { return length; }
        [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const override;

        FileDescriptor descriptor;
        std::uint64_t length = 0;
    };

    File file_;
    std::optional<Mp4Rearrangement> rearrangement_;
    MediaInfo info_;
};

}  // namespace netlab::problem4
