// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/socket.hpp"

namespace netlab {

// The thread-per-client server: each client is served by a thread of its own from its first byte to
// its last. The calling thread accepts, and starts a thread for each client. A thread that has
// finished accepts for itself for up to a second (at most 8 do), since starting or waking one costs
// more than a short connection does. All are joined before run() returns.
class ThreadServer {
  public:
    struct Client {
        std::uint64_t number;  // of this connection, from 1
        unsigned thread;       // which thread serves it, from 1
    };

    // Serves one client until it leaves; true if its session went well. An exception,
    // std::bad_alloc too, ends that session alone: one log line, and the outcome is false. Runs in
    // many threads. When the server stops, the client's socket is shut down, so that reads end and
    // writes fail.
    using Handler = std::function<bool(TcpStream&, const Client&)>;

    struct Options {
        std::string program;  // for log lines
        std::size_t max_clients = 1024;
        bool once = false;       // serve one client, then return
        bool iterative = false;  // accept a client only when the one before has left
        std::size_t stack_size = 256 * 1024;
        // Encodes the reason for a client that cannot be served; nullptr: the line "ERROR
        // <reason>".
        std::function<std::vector<std::byte>(std::string_view reason)> refusal = nullptr;
        // Called once it has said that it listens.
        std::function<void()> on_start = [] {};
        // Called once when a signal stops the server. Clients then have `time_to_leave` before
        // their sockets are shut down.
        std::function<void()> on_stop = [] {};
        Duration time_to_leave{};
    };

    ThreadServer(TcpListener listener, Options options, Handler handler);
    ~ThreadServer();
    ThreadServer(ThreadServer&&) = delete;

    // Prints "listening on 127.0.0.1:7101" and accepts, until SIGINT or SIGTERM (returns 0), or
    // with `once` until the one session is over (returns 0 or 1). Throws SystemError if accepting
    // fails for good.
    int run();

  private:
    struct Worker {
        ThreadServer* server = nullptr;
        pthread_t thread{};
        unsigned number = 0;
        std::optional<TcpStream> stream;  // of the client at hand
        std::uint64_t client = 0;         // its number
        int serving = -1;       // guarded by mutex_; descriptor of its client, for shutdown(2)
        bool finished = false;  // guarded by mutex_; to be joined
    };

    void accept_clients();
    [[nodiscard]] bool accept_client();
    // Under mutex_; none of them blocks.
    void free_room(const char* problem) noexcept;
    void dispatch(TcpStream stream);
    [[nodiscard]] int start_worker(TcpStream& stream, std::uint64_t client);
    void refuse(TcpStream stream, std::string_view reason);
    void refuse_with_spare_descriptor();

    void work(Worker& self);
    [[nodiscard]] bool serve(Worker& self);
    [[nodiscard]] bool wait_for_next_client(Worker& self);
    void join_finished();
    void let_clients_leave();
    void stop();

    Options options_;
    const std::string prefix_;  // of log lines
    Handler handler_;
    std::optional<TcpListener> listener_;
    FileDescriptor spare_;  // given up to accept, and refuse, a client when descriptors run out
    Wakeup wake_;           // by a thread that ends, or is the last one to accept a client
    LingeringStreams refused_;
    std::list<Worker> workers_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable all_gone_;
    bool watching_ = false;    // the main thread accepts, since no other one is idle
    bool exhausted_ = false;   // of descriptors, or memory
    std::size_t idle_ = 0;     // threads that accept, or soon will
    std::size_t clients_ = 0;  // at the other threads
    std::uint64_t accepted_ = 0;
    unsigned threads_started_ = 0;
    bool stopping_ = false;
    std::optional<bool> first_outcome_;
};

}  // namespace netlab
