// SPDX-License-Identifier: MIT
#include "tests/bench/peers.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <thread>

#include "common/error.hpp"
#include "common/socket.hpp"
#include "tests/bench/comparison.hpp"
#include "tests/support/files.hpp"

namespace netlab::bench {

namespace {

using namespace netlab::testing;

std::string installed(const std::string& program) {
    for (const char* folder :
         {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/opt/homebrew/bin/"}) {
        if (::access((folder + program).c_str(), X_OK) == 0) return folder + program;
    }
    throw NotAvailable("`" + program + "` is not installed (`tests/bench/run.sh --install-peers`)");
}

// These programs take no port 0: one that was free a moment ago.
std::uint16_t free_port() {
    return TcpListener("127.0.0.1", 0).local_address().port();
}

void wait_until(const std::function<bool()>& it_listens) {
    const TimePoint deadline = deadline_in(seconds(10));
    while (!it_listens()) {
        if (Clock::now() > deadline) throw std::runtime_error("the peer does not listen");
        std::this_thread::yield();
    }
}

bool takes_connections(std::uint16_t port) {
    try {
        TcpStream::connect("127.0.0.1", port);
        return true;
    } catch (const SystemError&) {
        return false;
    }
}

// proc(5): the addresses of UDP sockets, in hexadecimal.
bool is_bound(std::uint16_t port) {
    char local[8];
    std::snprintf(local, sizeof local, ":%04X ", port);
    return read_file("/proc/net/udp").find(local) != std::string::npos;
}

// How fast `client` brings the file to `server`, which ends up as `copy`.
double upload(const Cores& cores, const Argv& server, std::uint16_t port, const Argv& client,
              const std::string& file, const std::string& copy) {
    std::filesystem::remove(copy);
    const Subprocess process = start_on(cores.server, [&] { return Subprocess(server); });
    wait_until([&] { return is_bound(port); });
    const Pinned pinned(cores.client);
    const TimePoint start = Clock::now();
    const Finished finished = run(client, {}, seconds(60));
    const double rate = per_second(megabytes(file), start);
    if (finished.code != 0 || !std::filesystem::exists(copy) ||
        megabytes(copy) != megabytes(file)) {
        throw std::runtime_error(client[0] + ": the file has not arrived: " + finished.err);
    }
    return rate;
}

}  // namespace

Peer::Peer(const Argv& argv, std::uint16_t listens_on, const std::string& sign)
    : port(listens_on), process(argv) {
    if (sign.empty()) {
        wait_until([&] { return takes_connections(port); });
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

Peer start_nginx(const Cores& cores, const std::string& root, const std::string& work) {
    const Pinned pinned(cores.server);
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

Peer start_redis(const Cores& cores) {
    const Pinned pinned(cores.server);
    const std::uint16_t port = free_port();
    return {{installed("redis-server"), "--port", std::to_string(port), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no"},
            port};
}

Peer start_ncat_chat(const Cores& cores) {
    const Pinned pinned(cores.server);
    const std::uint16_t port = free_port();
    return {
        {installed("ncat"), "-v", "--chat", "-m", "1000", "-l", "127.0.0.1", std::to_string(port)},
        port,
        "Listening on"};
}

double upload_tftp(const Cores& cores, const std::string& file, const std::string& folder) {
    if (::getuid() != 0) throw NotAvailable("`in.tftpd` has to be started by root");
    const std::uint16_t port = free_port();
    const std::string number = std::to_string(port);
    const std::string copy = folder + "/tftp";
    return upload(
        cores,
        {installed("in.tftpd"), "-L", "-a", "127.0.0.1:" + number, "-c", "-u", "root", folder},
        port, {installed("tftp"), "127.0.0.1", number, "-m", "octet", "-c", "put", file, copy},
        file, copy);
}

double upload_uftp(const Cores& cores, const std::string& file, const std::string& folder) {
    const std::uint16_t port = free_port();
    const std::string copy = folder + "/uftp";
    const auto with_options = [&](const std::string& program, const Argv& more) {
        Argv argv{installed(program), "-q", "-p", std::to_string(port), "-I", "lo", "-B",
                  "4194304"};
        argv.insert(argv.end(), more.begin(), more.end());
        return argv;
    };
    return upload(cores, with_options("uftpd", {"-d", "-D", folder}), port,
                  with_options("uftp", {"-M", "127.0.0.1", "-R", "-1", "-D", "uftp", file}), file,
                  copy);
}

}  // namespace netlab::bench
