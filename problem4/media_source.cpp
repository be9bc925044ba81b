// SPDX-License-Identifier: MIT
#include "problem4/media_source.hpp"

#include "common/file_name.hpp"

namespace netlab::problem4 {

namespace {

constexpr const char* kName = "media file";  // in errors, which the caller prefixes with its name

// The file as it is.
class FileSource : public ByteSource {
  public:
    FileSource(const FileDescriptor& file, std::uint64_t size) : file_(file), size_(size) {}

    [[nodiscard]] std::uint64_t size() const override { return size_; }
    [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const override {
        if (offset >= size_) return 0;
        const std::uint64_t most = std::min<std::uint64_t>(buffer.size(), size_ - offset);
        return netlab::read_at(file_, buffer.first(most), offset, kName);
    }

  private:
    const FileDescriptor& file_;
    std::uint64_t size_;
};

}  // namespace

MediaSource::MediaSource(FileDescriptor file) : file_(std::move(file)) {
    const struct stat status = status_of(file_, kName);
    if (S_ISDIR(status.st_mode)) throw MediaError("is a directory");
    if (!S_ISREG(status.st_mode)) throw MediaError("is not a regular file");
    if (status.st_size == 0) throw MediaError("is empty");
    size_ = static_cast<std::uint64_t>(status.st_size);

    const FileSource source(file_, size_);
    rearrangement_ = Mp4Rearrangement::plan(source);
    info_ = probe_media(source);
}

std::size_t MediaSource::read_at(std::uint64_t offset, MutableBytes buffer) const {
    const FileSource source(file_, size_);
    return rearrangement_ ? rearrangement_->read_at(source, offset, buffer)
                          : source.read_at(offset, buffer);
}

}  // namespace netlab::problem4
