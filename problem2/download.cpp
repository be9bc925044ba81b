// SPDX-License-Identifier: MIT
#include "problem2/download.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/atomic_file.hpp"
#include "common/checksum.hpp"
#include "common/error.hpp"
#include "common/file_name.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"

namespace netlab::problem2 {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockSize = 256 * 1024;

// Where --output leads to, if it is no regular file: written to as it is, and never replaced.
struct Special {
    FileDescriptor descriptor;
    bool is_stdout = false;
};

// nullopt if `path` is no device, no FIFO, and not what stdout is.
std::optional<Special> open_special(const std::string& path) {
    struct stat named {};
    struct stat out {};
    if (path.empty() || ::stat(path.c_str(), &named) < 0) return std::nullopt;
    if (::fstat(STDOUT_FILENO, &out) == 0 && out.st_dev == named.st_dev &&
        out.st_ino == named.st_ino) {
        const int fd = check(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0), "fcntl", path);
        return Special{FileDescriptor(fd), true};
    }
    if (S_ISREG(named.st_mode)) return std::nullopt;
    while (true) {
        FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
        if (fd.valid()) return Special{std::move(fd)};
        if (errno != ENXIO || !S_ISFIFO(named.st_mode)) throw SystemError("open", path);
        // A FIFO has no reader yet. An open(2) that waits for one could not be ended by Ctrl+C.
        static_cast<void>(wait_or_interrupt({}, deadline_in(milliseconds(50))));
    }
}

// A link that the user names is followed: the file behind it is replaced, and the link stays.
fs::path follow_links(fs::path path) {
    constexpr int kMaxLinks = 40;
    for (int links = 0; fs::is_symlink(fs::symlink_status(path)); ++links) {
        if (links == kMaxLinks) throw SystemError("open", path.string(), ELOOP);
        path = path.parent_path() / fs::read_symlink(path);
    }
    return path;
}

// Where the file goes. Throws if the name, though the server has accepted it, would lead out of
// the directory here.
fs::path target_of(const std::string& name, const DownloadOptions& options) {
    if (!options.output.empty()) return follow_links(options.output);
    if (const auto problem = validate_path(name)) throw std::runtime_error(*problem);
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

// One download over a connection.
class Download {
  public:
    Download(Connection& connection, const std::string& name, const DownloadOptions& options,
             const OnProgress& on_progress)
        : connection_(connection), name_(name), options_(options), on_progress_(on_progress) {}

    DownloadResult to_special(const Special& special) {
        request(0);
        result_.on_stdout = special.is_stdout;
        receive(0, [&](Bytes piece, std::uint64_t) {
            write_all(special.descriptor.get(), piece, options_.output, wait_or_interrupt);
        });
        if (verify_) verify();
        return result_;
    }

    // The first `offset` bytes are in NAME.part already.
    DownloadResult to_file(std::uint64_t offset) {
        request(offset);
        const fs::path target = target_of(name_, options_);
        const std::string directory = target.parent_path().string();
        AtomicFile file(
            directory.empty() ? "." : directory, target.filename().string(),
            offset > 0 ? AtomicFile::Start::keep_part : AtomicFile::Start::from_scratch);
        if (file.size() != offset) throw std::runtime_error(file.part_name() + " has changed");
        try {
            if (verify_) crc_ = crc_of(file, offset);
            receive(offset, [&](Bytes piece, std::uint64_t at) { file.write_at(piece, at); });
        } catch (const std::exception& error) {
            throw std::runtime_error(std::string(error.what()) + "; " +
                                     std::to_string(offset + result_.received) + " of " +
                                     std::to_string(result_.size) + " bytes are kept in " +
                                     escaped(target.string()) + ".part for --resume");
        }
        if (verify_) verify();
        file.commit(true);
        return result_;
    }

  private:
    void request(std::uint64_t offset) {
        const std::uint64_t left = parse_ok(connection_.reply_to({Verb::get, name_, offset}));
        result_ = {.size = offset + left};
        verify_ = options_.verify || offset > 0;
        on_progress_(left, 0);
    }

    template <typename Write>
    void receive(std::uint64_t offset, Write write) {
        const std::uint64_t expected = result_.size - offset;
        while (result_.received < expected) {
            const Bytes piece = connection_.content(expected - result_.received);
            write(piece, offset + result_.received);
            if (verify_) crc_.update(piece);
            result_.received += piece.size();
            on_progress_(expected, result_.received);
        }
        result_.finished = Clock::now();
        if (verify_) sum_ = parse_sum(connection_.reply_to({Verb::sum, name_}));
    }

    void verify() {
        if (sum_ != crc_.value()) {
            throw Refused(result_.received < result_.size ? "the .part was not its beginning"
                                                          : "the checksum of the file is wrong");
        }
        result_.verified = true;
    }

    Connection& connection_;
    const std::string& name_;
    const DownloadOptions& options_;
    const OnProgress& on_progress_;
    DownloadResult result_;
    bool verify_ = false;
    Crc32 crc_;
    std::uint32_t sum_ = 0;  // the server's
};

}  // namespace

Connection::Connection(const std::string& host, std::uint16_t port, Duration patience,
                       const Tracer& tracer)
    : stream_(TcpStream::connect(host, port, TcpStream::kConnectTimeout, wait_or_interrupt)),
      replies_(stream_, kMaxLine, patience),
      patience_(patience),
      tracer_(tracer) {}

std::string Connection::reply_to(const Request& request) {
    const std::string line = encode(request);
    if (tracer_.on()) tracer_.sent(escaped(line.substr(0, line.size() - 1)), stream_.peer_name());
    stream_.write_all(as_bytes(line), deadline_in(patience_));

    const auto reply = replies_.read_line(deadline_in(patience_));
    if (!reply) throw ProtocolError(stream_.peer_name() + " closed the connection without a reply");
    if (tracer_.on()) tracer_.received(escaped(*reply), stream_.peer_name());
    return std::string(*reply);
}

Bytes Connection::content(std::uint64_t left) {
    const Bytes piece =
        replies_.read_content(std::min<std::uint64_t>(left, SIZE_MAX), deadline_in(patience_));
    if (tracer_.on()) {
        tracer_.received(std::to_string(piece.size()) + " bytes", stream_.peer_name());
    }
    if (piece.empty()) throw ProtocolError(stream_.peer_name() + " closed before the end");
    return piece;
}

DownloadResult download(Connection& connection, const std::string& name,
                        const DownloadOptions& options, const OnProgress& on_progress,
                        const OnRestart& on_restart) {
    Download file(connection, name, options, on_progress);
    if (const auto special = open_special(options.output)) return file.to_special(*special);
    const std::uint64_t offset = options.resume ? part_size(target_of(name, options)) : 0;
    try {
        if (offset > 0) return file.to_file(offset);
    } catch (const Refused& refused) {
        on_restart(refused.what());
    }
    return file.to_file(0);
}

}  // namespace netlab::problem2
