// SPDX-License-Identifier: MIT
#include "problem1/storage.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

#include "common/atomic_file.hpp"
#include "common/file_name.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::size_t kWriteSize = 256 * 1024;

struct PartFile final : Upload {
    PartFile(const ReceiveOptions& options, const std::string& name, AtomicFile::Start start)
        : Upload(options.directory + "/" + name),
          file(options.directory, name, start),
          overwrite(!options.no_overwrite) {}
    ~PartFile() override { file.discard_if_empty(); }

    [[nodiscard]] std::uint64_t size() const override { return file.size(); }
    void write_at(Bytes bytes, std::uint64_t offset) override { file.write_at(bytes, offset); }
    [[nodiscard]] std::size_t read_at(MutableBytes buffer, std::uint64_t offset) const override {
        return file.read_at(buffer, offset);
    }
    void publish() override { file.commit(overwrite); }

    AtomicFile file;
    bool overwrite;
};

}  // namespace

void add_options(CommandLine& line, ReceiveOptions& options) {
    line.text("dir", "DIR", "where the files go, made if missing", options.directory);
    line.size("max-size", "largest file that is accepted", options.max_size);
    line.flag("no-overwrite", "refuse a file that exists already", options.no_overwrite);
}

Storage folder_storage(const ReceiveOptions& options, bool in_order) {
    return [&options, in_order](const StartInfo& info) {
        if (const auto problem = validate_name(info.name)) throw std::runtime_error(*problem);
        if (info.name.ends_with(".part")) {
            throw std::runtime_error("names that end in .part are kept for unfinished files");
        }
        if (info.file_size > options.max_size) {
            throw std::runtime_error("file of " + std::to_string(info.file_size) +
                                     " bytes; this server takes at most " +
                                     std::to_string(options.max_size));
        }
        if (options.no_overwrite && AtomicFile::exists(options.directory, info.name)) {
            throw SystemError("create", info.name, EEXIST);
        }
        const auto start = in_order ? AtomicFile::Start::keep_part : AtomicFile::Start::scattered;
        auto part = std::make_unique<PartFile>(options, info.name, start);
        if (in_order) part->file.truncate(info.resumed_at(part->size()));
        return part;
    };
}

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
    write_at(buffer_, buffer_offset_);
    buffer_offset_ += buffer_.size();
    buffer_.clear();
}

std::uint64_t Upload::keep() noexcept {
    try {
        flush();
    } catch (const std::exception&) {
        // What has been written is kept all the same.
    }
    try {
        return visible_ ? 0 : size();
    } catch (const std::exception&) {
        return 0;  // nobody knows
    }
}

std::optional<ErrorInfo> Upload::commit(std::uint32_t crc) noexcept {
    try {
        flush();
        // What did not come in order is read back.
        std::vector<std::byte> block(crc_end_ < size() ? kWriteSize : 0);
        while (const std::size_t got = read_at(block, crc_end_)) {
            crc_.update(Bytes(block).first(got));
            crc_end_ += got;
        }
        if (crc_.value() != crc) {
            return ErrorInfo{ErrorInfo::Code::wrong_checksum, "the checksum of the file is wrong"};
        }
        publish();
        visible_ = true;
        return std::nullopt;
    } catch (const NotDurable& error) {
        visible_ = true;
        return ErrorInfo{ErrorInfo::Code::failed, error.what()};
    } catch (const std::exception& error) {
        return ErrorInfo{ErrorInfo::Code::failed, error.what()};
    }
}

}  // namespace netlab::problem1
