// SPDX-License-Identifier: MIT
#pragma once

// What a student writes once and uses in all six problems: the command line, the first socket
// calls, lines. Bare sockets, nothing of this suite.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "fault.hpp"

[[noreturn]] inline void die(const char* call) {
    std::perror(call);
    std::exit(1);
}

struct CommandLine {
    sockaddr_in address{};
    std::string player;
    std::vector<std::string> operands;
};

// --host and --port, --player in problem 4; a negative number is an operand.
inline CommandLine parse(int argc, char** argv, int default_port) {
    CommandLine line;
    line.address.sin_family = AF_INET;
    line.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    line.address.sin_port = htons(static_cast<unsigned short>(default_port));
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const bool has_value = i + 1 < argc;
        if (word == "--host" && has_value) {
            inet_pton(AF_INET, argv[++i], &line.address.sin_addr);
        } else if (word == "--port" && has_value) {
            line.address.sin_port = htons(static_cast<unsigned short>(std::atoi(argv[++i])));
        } else if (word == "--player" && has_value) {
            line.player = argv[++i];
        } else {
            line.operands.push_back(word);
        }
    }
    return line;
}

inline sockaddr* as_sockaddr(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

inline void say_where(const sockaddr_in& address) {
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
    if (kFault != Fault::keeps_silent)
        std::printf("listening on %s:%d\n", text, ntohs(address.sin_port));
}

// A socket that listens (TCP) or is bound (UDP); says so.
inline int serve(int kind, sockaddr_in& address) {
    if (kFault != Fault::dies_of_sigpipe) std::signal(SIGPIPE, SIG_IGN);
    const int fd = socket(AF_INET, kind, 0);
    const int yes = 1;
    if (kind == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, as_sockaddr(address), sizeof(address)) < 0) die("bind");
    if (kind == SOCK_STREAM && listen(fd, 128) < 0) die("listen");
    say_where(address);
    return fd;
}

inline int connect_to(int kind, sockaddr_in& address) {
    const int fd = socket(AF_INET, kind, 0);
    if (connect(fd, as_sockaddr(address), sizeof(address)) < 0) die("connect");
    return fd;
}

// All of it, or false.
inline bool send_all(int fd, const void* data, std::size_t size) {
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t sent = send(fd, at, size, 0);
        if (sent <= 0) return kFault == Fault::dies_of_sigpipe;  // sic: goes on to the next send()
        at += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

inline bool send_all(int fd, const std::string& text) {
    return send_all(fd, text.data(), text.size());
}

// All `size` bytes, or false at the end of the stream.
inline bool receive_all(int fd, void* data, std::size_t size) {
    char* at = static_cast<char*>(data);
    while (size > 0) {
        const ssize_t got = recv(fd, at, size, 0);
        if (got <= 0) return false;
        at += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

// Takes lines from a connection; recv() may return half of one, or two.
class LineReader {
  public:
    explicit LineReader(int fd) : fd_(fd) {}

    // The next line, without its end. False at the end of the stream.
    bool next(std::string& line) {
        if (kFault == Fault::takes_recv_for_a_message) return next_recv(line);
        std::size_t end;
        while ((end = waiting_.find('\n')) == std::string::npos) {
            char some[4096];
            const ssize_t got = recv(fd_, some, sizeof(some), 0);
            if (got <= 0) return false;
            waiting_.append(some, static_cast<std::size_t>(got));
        }
        line = waiting_.substr(0, end);
        waiting_.erase(0, end + 1);
        return true;
    }

    // What came behind the last line already.
    std::string& rest() { return waiting_; }

  private:
    bool next_recv(std::string& line) {
        char some[4096];
        const ssize_t got = recv(fd_, some, sizeof(some), 0);
        if (got <= 0) return false;
        line.assign(some, static_cast<std::size_t>(got));
        while (!line.empty() && line.back() == '\n') line.pop_back();
        return true;
    }

    int fd_;
    std::string waiting_;
};
