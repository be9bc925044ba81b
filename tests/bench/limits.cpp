// SPDX-License-Identifier: MIT
#include "tests/bench/limits.hpp"
#include "common/screen.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <vector>

#include "common/error.hpp"
#include "common/socket.hpp"
#include "tests/bench/comparison.hpp"
#include "tests/support/raw.hpp"

namespace netlab::bench {

namespace {

constexpr std::size_t kPiece = 256 * 1024;

// Another process, which ends with the work; waited for at the end.
class Child {
  public:
    explicit Child(const std::function<void()>& work) : pid_(check(::fork(), "fork")) {
        if (pid_ != 0) return;
        try {
            work();
        } catch (const std::exception& error) {
            print_error(std::string(error.what()) + "\n");
            ::_exit(1);
        }
        ::_exit(0);
    }
    ~Child() { wait(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void wait() {
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

  private:
    pid_t pid_;
};

}  // namespace

double tcp_ping_pong(int rounds, std::size_t size) {
    TcpListener listener("127.0.0.1", 0);
    Child echo([&] {
        TcpStream stream = testing::accept_one(listener);
        std::vector<std::byte> message(size);
        while (stream.read_exact(message, kNever)) stream.write_all(message, kNever);
    });
    TcpStream stream = TcpStream::connect("127.0.0.1", listener.local_address().port());
    std::vector<std::byte> message(size);
    const TimePoint start = Clock::now();
    for (int round = 0; round < rounds; ++round) {
        stream.write_all(message, kNever);
        if (!stream.read_exact(message, kNever)) throw ProtocolError("the echo has ended");
    }
    const double rate = per_second(rounds, start);
    stream.shutdown_write();
    return rate;
}

double udp_ping_pong(int rounds, std::size_t size) {
    UdpSocket server = UdpSocket::bind("127.0.0.1", 0);
    Child echo([&] {
        std::vector<std::byte> message(size);
        Address peer;
        // An empty datagram is the end.
        while (server.receive(message, kNever, &peer).value_or(0) > 0) {
            server.send_to(message, peer);
        }
    });
    UdpSocket socket = UdpSocket::connect("127.0.0.1", server.local_address().port());
    std::vector<std::byte> message(size);
    const TimePoint start = Clock::now();
    for (int round = 0; round < rounds; ++round) {
        socket.send(message);
        if (!socket.receive(message, deadline_in(seconds(5)))) throw TimeoutError("no echo");
    }
    const double rate = per_second(rounds, start);
    socket.send({});
    return rate;
}

double tcp_copy(const std::string& from, const std::string& to) {
    TcpListener listener("127.0.0.1", 0);
    const TimePoint start = Clock::now();
    Child receiver([&] {
        const FileDescriptor file = open_file(to, O_WRONLY | O_CREAT | O_TRUNC);
        TcpStream stream = testing::accept_one(listener);
        std::vector<std::byte> piece(kPiece);
        while (const auto got = stream.read_some(piece)) {
            if (*got == 0) return;
            write_all(file.get(), Bytes(piece).first(*got), to);
        }
    });
    {
        TcpStream stream = TcpStream::connect("127.0.0.1", listener.local_address().port());
        const FileDescriptor file = open_file(from, O_RDONLY);
        std::vector<std::byte> piece(kPiece);
        std::uint64_t offset = 0;
        while (const std::size_t got = read_at(file, piece, offset, from)) {
            stream.write_all(Bytes(piece).first(got), kNever);
            offset += got;
        }
    }
    receiver.wait();
    return per_second(static_cast<double>(std::filesystem::file_size(from)) / 1e6, start);
}

}  // namespace netlab::bench
