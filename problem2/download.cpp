// SPDX-License-Identifier: MIT
#include "problem2/download.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
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

// Where the file goes. Throws if the name, though the server has accepted it, would lead out of
// the directory here.
fs::path target_of(const std::string& name, const DownloadOptions& options) {
    if (!options.output.empty()) return options.output;
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

// The first `offset` bytes are in NAME.part already.
DownloadResult download_from(std::uint64_t offset, Connection& connection, const std::string& name,
                             const DownloadOptions& options, const OnProgress& on_progress) {
    const std::uint64_t left = parse_ok(connection.reply_to({Verb::get, name, offset}));
    DownloadResult result{.size = offset + left, .verified = options.verify || offset > 0};
    on_progress(left, 0);
    const fs::path target = target_of(name, options);
    const std::string directory = target.parent_path().string();
    AtomicFile file(directory.empty() ? "." : directory, target.filename().string(),
                    offset > 0 ? AtomicFile::Start::keep_part : AtomicFile::Start::from_scratch);
    if (file.size() != offset) throw std::runtime_error(file.part_name() + " has changed");

    Crc32 crc;
    std::uint32_t sum = 0;  // the server's
    try {
        if (result.verified) crc = crc_of(file, offset);
        while (result.received < left) {
            const Bytes piece = connection.content(left - result.received);
            file.write_at(piece, offset + result.received);
            if (result.verified) crc.update(piece);
            result.received += piece.size();
            on_progress(left, result.received);
        }
        result.finished = Clock::now();
        if (result.verified) sum = parse_sum(connection.reply_to({Verb::sum, name}));
    } catch (const std::exception& error) {
        throw std::runtime_error(std::string(error.what()) + "; " +
                                 std::to_string(offset + result.received) + " of " +
                                 std::to_string(result.size) + " bytes are kept in " +
                                 escaped(target.string()) + ".part for --resume");
    }
    if (result.verified && sum != crc.value()) {
        throw Refused(offset > 0 ? "the .part was not its beginning"
                                 : "the checksum of the file is wrong");
    }
    file.commit(true);
    return result;
}

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
    const auto from = [&](std::uint64_t offset) {
        return download_from(offset, connection, name, options, on_progress);
    };
    const std::uint64_t offset = options.resume ? part_size(target_of(name, options)) : 0;
    try {
        return from(offset);
    } catch (const Refused& refused) {
        if (offset == 0) throw;
        on_restart(refused.what());
        return from(0);
    }
}

}  // namespace netlab::problem2
