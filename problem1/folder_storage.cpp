// SPDX-License-Identifier: MIT
#include "problem1/folder_storage.hpp"

#include <cerrno>
#include <stdexcept>

#include "common/atomic_file.hpp"
#include "common/file_name.hpp"

namespace netlab::problem1 {

namespace {

class PartFile : public StoredFile {
  public:
    PartFile(const ReceiveOptions& options, const std::string& name, AtomicFile::Start start)
        : file_(options.directory, name, start), overwrite_(!options.no_overwrite) {}

    [[nodiscard]] std::uint64_t size() const override { return file_.size(); }
    void truncate(std::uint64_t size) override { file_.truncate(size); }
    void write_at(Bytes bytes, std::uint64_t offset) override { file_.write_at(bytes, offset); }
    [[nodiscard]] std::size_t read_at(MutableBytes buffer, std::uint64_t offset) const override {
        return file_.read_at(buffer, offset);
    }
    void commit() override { file_.commit(overwrite_); }
    void discard_if_empty() noexcept override { file_.discard_if_empty(); }

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

}  // namespace netlab::problem1
