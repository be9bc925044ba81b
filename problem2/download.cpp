// SPDX-License-Identifier: MIT
#include "problem2/download.hpp"

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "common/atomic_file.hpp"
#include "common/checksum.hpp"
#include "common/error.hpp"
#include "common/file_name.hpp"
#include "common/terminal.hpp"

namespace netlab::problem2 {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockSize = 256 * 1024;

class WrongChecksum : public std::runtime_error {
  public:
    WrongChecksum() : std::runtime_error("the checksum of the file is wrong") {}
};

// Where the file goes. Throws where a name that the server has accepted would lead out of the
// directory here.
fs::path target_of(const std::string& name, const DownloadOptions& options) {
    if (!options.output.empty()) return options.output;
    if (const auto problem = path_problem(name)) throw std::runtime_error(*problem);
    return fs::path(options.directory) / name;
}

std::uint64_t part_size(const fs::path& target) {
    std::error_code error;
    const std::uint64_t size = fs::file_size(target.string() + ".part", error);
    return error ? 0 : size;
}

Crc32 crc_of(const AtomicFile& file, std::uint64_t size) {
    Crc32 crc;
    std::vector<std::byte> block(kBlockSize);
    for (std::uint64_t offset = 0; offset < size;) {
        const std::size_t got = file.read_at(block, offset);
        if (got == 0) throw std::runtime_error(file.part_name() + " has shrunk");
        crc.update(Bytes(block).first(got));
        offset += got;
    }
    return crc;
}

// One file on its way here.
class Download {
  public:
    Download(Connection& connection, const std::string& name, const DownloadOptions& options,
             const Observer& observer)
        : connection_(connection), name_(name), options_(options), observer_(observer) {}

    DownloadResult run(std::uint64_t offset) {
        const std::uint64_t left = connection_.ask({Verb::get, name_, offset});
        result_ = {.size = offset + left, .first_byte = Clock::now()};
        observer_.expected(left);

        const fs::path target = target_of(name_, options_);
        const std::string directory = target.parent_path().string();
        AtomicFile file(
            directory.empty() ? "." : directory, target.filename().string(),
            offset > 0 ? AtomicFile::Start::keep_part : AtomicFile::Start::from_scratch);
        if (file.size() != offset) throw std::runtime_error(file.part_name() + " has changed");
        try {
            receive(file, offset);
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(std::string(error.what()) + "; " +
                                     std::to_string(offset + result_.received) + " of " +
                                     std::to_string(result_.size) + " bytes are kept in " +
                                     escaped(target.string()) + ".part");
        }
        if (options_.verify || offset > 0) verify();
        file.commit(true);
        return result_;
    }

  private:
    void receive(AtomicFile& file, std::uint64_t offset) {
        if (options_.verify || offset > 0) crc_ = crc_of(file, offset);
        while (offset < result_.size) {
            const Bytes piece = connection_.content(result_.size - offset);
            file.write_at(piece, offset);
            if (options_.verify || options_.resume) crc_.update(piece);
            offset += piece.size();
            result_.received += piece.size();
            observer_.received(piece.size());
        }
        result_.finished = Clock::now();
    }

    void verify() {
        if (connection_.sum(name_) != crc_.value()) throw WrongChecksum();
        result_.verified = true;
    }

    Connection& connection_;
    const std::string& name_;
    const DownloadOptions& options_;
    const Observer& observer_;
    DownloadResult result_;
    Crc32 crc_;
};

}  // namespace

DownloadResult download(Connection& connection, const std::string& name,
                        const DownloadOptions& options, const Observer& observer,
                        const std::function<void(const std::string&)>& note) {
    Download file(connection, name, options, observer);
    const std::uint64_t offset = options.resume ? part_size(target_of(name, options)) : 0;
    if (offset == 0) return file.run(0);
    try {
        return file.run(offset);
    } catch (const Refused& refused) {
        note(std::string("server: ") + refused.what());
    } catch (const WrongChecksum&) {
        note("the .part was not its beginning");
    }
    return file.run(0);
}

}  // namespace netlab::problem2
