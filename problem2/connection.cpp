// SPDX-License-Identifier: MIT
#include "problem2/connection.hpp"

#include <algorithm>

#include "common/error.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"

namespace netlab::problem2 {

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

}  // namespace netlab::problem2
