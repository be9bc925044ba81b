// SPDX-License-Identifier: MIT
#include "tests/bench/limits.hpp"
#include "common/screen.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "common/error.hpp"
#include "common/socket.hpp"
#include "tests/bench/comparison.hpp"
#include "tests/support/raw.hpp"

namespace netlab::bench {

namespace {

constexpr std::size_t kPiece = 256 * 1024;

// Another process, on a core of its own; killed where this ends, unless it was waited for.
class Child {
  public:
    Child(const std::optional<int>& core, const std::function<void()>& work) {
        const Pinned pinned(core);
        pid_ = check(::fork(), "fork");
        if (pid_ != 0) return;
        try {
            work();
        } catch (const std::exception& error) {
            print_error(std::string(error.what()) + "\n");
            ::_exit(1);
        }
        ::_exit(0);
    }
    ~Child() {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        wait();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void wait() {
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

  private:
    pid_t pid_ = -1;
};

}  // namespace

double tcp_ping_pong(const Cores& cores, int rounds, std::size_t size) {
    TcpListener listener("127.0.0.1", 0);
    const Child echo(cores.server, [&] {
        TcpStream stream = testing::accept_one(listener);
        std::vector<std::byte> message(size);
        while (testing::read_exact(stream, message, kNever)) stream.write_all(message, kNever);
    });
    const Pinned pinned(cores.client);
    TcpStream stream = TcpStream::connect("127.0.0.1", listener.local_address().port());
    std::vector<std::byte> message(size);
    const TimePoint start = Clock::now();
    for (int round = 0; round < rounds; ++round) {
        stream.write_all(message, kNever);
        if (!testing::read_exact(stream, message, kNever))
            throw ProtocolError("the echo has ended");
    }
    return per_second(rounds, start);
}

double udp_ping_pong(const Cores& cores, int rounds, std::size_t size) {
    const UdpSocket server = UdpSocket::bind("127.0.0.1", 0);
    const Child echo(cores.server, [&] {
        std::vector<std::byte> message(size);
        sockaddr_storage peer{};
        auto* const address = reinterpret_cast<sockaddr*>(&peer);
        socklen_t length = sizeof peer;
        const int fd = server.descriptor().get();
        while (true) {
            check(::recvfrom(fd, message.data(), size, 0, address, &length), "recvfrom");
            check(::sendto(fd, message.data(), size, 0, address, length), "sendto");
        }
    });
    const Pinned pinned(cores.client);
    const UdpSocket socket = UdpSocket::connect("127.0.0.1", server.local_address().port());
    const int fd = socket.descriptor().get();
    std::vector<std::byte> message(size);
    const TimePoint start = Clock::now();
    for (int round = 0; round < rounds; ++round) {
        check(::send(fd, message.data(), size, 0), "send");
        check(::recv(fd, message.data(), size, 0), "recv");
    }
    return per_second(rounds, start);
}

double tcp_copy(const Cores& cores, const std::string& from, const std::string& to) {
    TcpListener listener("127.0.0.1", 0);
    const TimePoint start = Clock::now();
    Child receiver(cores.server, [&] {
        const FileDescriptor file = open_file(to, O_WRONLY | O_CREAT | O_TRUNC);
        TcpStream stream = testing::accept_one(listener);
        std::vector<std::byte> piece(kPiece);
        while (const auto got = stream.read_some(piece)) {
            if (*got == 0) return;
            write_all(file.get(), Bytes(piece).first(*got), to);
        }
    });
    {
        const Pinned pinned(cores.client);
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
