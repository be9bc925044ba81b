// SPDX-License-Identifier: MIT
#include "problem1/storage.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

#include "common/atomic_file.hpp"
#include "common/cli.hpp"
#include "common/file_name.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::size_t kWriteSize = 256 * 1024;

class PartFile : public StoredFile {
  public:
    PartFile(const ReceiveOptions& options, const std::string& name, AtomicFile::Start start)
        : file_(options.directory, name, start), overwrite_(!options.no_overwrite) {}
    ~PartFile() override { file_.discard_if_empty(); }
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    [[nodiscard]] std::uint64_t size() const override { return file_.size(); }
    void truncate(std::uint64_t size) override { file_.truncate(size); }
    void write_at(Bytes bytes, std::uint64_t offset) override { file_.write_at(bytes, offset); }
    [[nodiscard]] std::size_t read_at(MutableBytes buffer, std::uint64_t offset) const override {
        return file_.read_at(buffer, offset);
    }
    void commit() override { file_.commit(overwrite_); }

  private:
    AtomicFile file_;
    bool overwrite_;
};

}  // namespace

void add_options(CommandLine& line, ReceiveOptions& options) {
    line.text("dir", "DIR", "where the files go, made if missing", options.directory);
    line.size("max-size", "largest file that is accepted", options.max_size);
    line.flag("no-overwrite", "refuse a file that exists already", options.no_overwrite);
}

std::unique_ptr<StoredFile> FolderStorage::open(const StartInfo& info, bool keep_part) {
    if (const auto problem = validate_name(info.name)) throw std::runtime_error(*problem);
    if (info.name.ends_with(".part")) {
        throw std::runtime_error("names that end in .part are kept for unfinished files");
    }
    if (info.file_size > options_.max_size) {
        throw std::runtime_error("file of " + std::to_string(info.file_size) +
                                 " bytes; this server takes at most " +
                                 std::to_string(options_.max_size));
    }
    if (options_.no_overwrite && AtomicFile::exists(options_.directory, info.name)) {
        throw SystemError("create", info.name, EEXIST);
    }
    using Start = AtomicFile::Start;
    const Start start = keep_part   ? Start::keep_part
                        : in_order_ ? Start::from_scratch
                                    : Start::scattered;
    return std::make_unique<PartFile>(options_, info.name, start);
}

Upload::Upload(std::unique_ptr<StoredFile> file, std::uint64_t offset)
    : file_(std::move(file)), buffer_offset_(offset) {}

void Upload::write(Bytes bytes, std::uint64_t offset) {
    const bool adjacent = offset == buffer_offset_ + buffer_.size();
    if (!adjacent || buffer_.size() >= kWriteSize) {
        flush();
        buffer_offset_ = offset;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    if (crc_end_ == offset) {
        crc_.update(bytes);
        crc_end_ += bytes.size();
    }
}

void Upload::flush() {
    if (buffer_.empty()) return;
    file_->write_at(buffer_, buffer_offset_);
    buffer_offset_ += buffer_.size();
    buffer_.clear();
}

std::uint64_t Upload::kept() const noexcept {
    try {
        return file_ ? file_->size() : 0;
    } catch (const std::exception&) {
        return 0;  // nobody knows
    }
}

// What did not come in order is read back.
std::uint32_t Upload::crc() const {
    Crc32c crc = crc_;
    std::vector<std::byte> block(kWriteSize);
    std::uint64_t offset = crc_end_;
    if (offset == file_->size()) return crc.value();
    while (const std::size_t got = file_->read_at(block, offset)) {
        crc.update(Bytes(block).first(got));
        offset += got;
    }
    return crc.value();
}

std::optional<ErrorInfo> Upload::commit(std::uint32_t expected) noexcept {
    auto error = try_commit(expected);
    file_.reset();  // before the peer is answered: its next upload of that name is not in the way
    return error;
}

std::optional<ErrorInfo> Upload::try_commit(std::uint32_t expected) noexcept {
    try {
        flush();
        if (crc() != expected) {
            return ErrorInfo{ErrorInfo::Code::wrong_checksum, "the checksum of the file is wrong",
                             kept()};
        }
        file_->commit();
        return std::nullopt;
    } catch (const NotDurable& error) {
        return ErrorInfo{ErrorInfo::Code::failed, error.what()};
    } catch (const std::exception& error) {
        return ErrorInfo{ErrorInfo::Code::failed, error.what(), kept()};
    }
}

}  // namespace netlab::problem1
