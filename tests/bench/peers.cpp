// SPDX-License-Identifier: MIT
#include "tests/bench/peers.hpp"

#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <thread>

#include "common/error.hpp"
#include "common/socket.hpp"
#include "tests/support/files.hpp"

namespace netlab::bench {

namespace {

using namespace netlab::testing;

std::string installed(const std::string& program) {
    for (const char* folder :
         {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/opt/homebrew/bin/"}) {
        if (::access((folder + program).c_str(), X_OK) == 0) return folder + program;
    }
    throw std::runtime_error(program + " is not installed");
}

// These programs take no port 0: one that was free a moment ago.
std::uint16_t free_port() {
    return TcpListener("127.0.0.1", 0).local_address().port();
}

void wait_until_it_listens(Peer& peer) {
    for (const TimePoint deadline = deadline_in(seconds(10)); Clock::now() < deadline;) {
        try {
            return static_cast<void>(TcpStream::connect("127.0.0.1", peer.port));
        } catch (const SystemError&) {
            std::this_thread::yield();
        }
    }
    throw std::runtime_error("it does not listen: " + peer.process.err());
}

}  // namespace

Peer::Peer(const Argv& argv, std::uint16_t listens_on, const std::string& sign)
    : port(listens_on), process(argv) {
    if (sign.empty()) {
        wait_until_it_listens(*this);
    } else {
        process.wait_for_err(sign);
    }
}

Peer::~Peer() {
    process.send_signal(SIGTERM);
    try {
        process.wait();
    } catch (const std::exception&) {
        return;  // killed by its destructor, then
    }
}

Peer start_nginx(const std::string& root, const std::string& work) {
    const std::uint16_t port = free_port();
    const std::string config = work + "/nginx.conf";
    write_file(config,
               "daemon off; worker_processes 2; user root;\n"
               "pid nginx.pid; error_log error.log;\n"
               "events { worker_connections 4096; }\n"
               "http { access_log off; sendfile on; tcp_nopush on;\n"
               "  server { listen 127.0.0.1:" +
                   std::to_string(port) + "; root " + root + "; } }\n");
    return {{installed("nginx"), "-p", work, "-c", config, "-e", work + "/error.log"}, port};
}

Peer start_redis() {
    const std::uint16_t port = free_port();
    return {{installed("redis-server"), "--port", std::to_string(port), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no"},
            port};
}

Peer start_ncat_chat() {
    const std::uint16_t port = free_port();
    return {
        {installed("ncat"), "-v", "--chat", "-m", "1000", "-l", "127.0.0.1", std::to_string(port)},
        port,
        "Listening on"};
}

}  // namespace netlab::bench
