// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/lingering_streams.hpp"
#include "common/socket.hpp"
#include "common/wakeup.hpp"

namespace netlab {

// A refusal in the text protocols: "ERROR <reason>\n".
std::vector<std::byte> text_refusal(std::string_view reason);

// The thread-per-client server: the calling thread accepts, and each client is served by a thread
// of its own from its first byte to its last. A thread that has finished waits up to a second for
// the next client (at most 8 of them do), because starting one costs more than a short connection
// does. All are joined before run() returns.
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
        // What a client that cannot be served is sent, for a reason in plain words.
        std::function<std::vector<std::byte>(std::string_view reason)> refusal = text_refusal;
        // Called once it has said that it listens.
        std::function<void()> on_start = [] {};
        // Called once when a signal stops the server, or it cannot accept any more. Its clients
        // then have so long to leave before their sockets are shut down.
        std::function<void()> on_stop = [] {};
        Duration time_to_leave{};
    };

    ThreadServer(TcpListener listener, Options options, Handler handler);
    ~ThreadServer();
    ThreadServer(const ThreadServer&) = delete;
    ThreadServer& operator=(const ThreadServer&) = delete;

    // Prints "listening on 127.0.0.1:7101" and accepts, until SIGINT or SIGTERM (returns 0), or
    // with `once` until the one session is over (returns 0 or 1). Throws SystemError if accepting
    // fails for good.
    int run();

  private:
    struct Job {
        TcpStream stream;
        std::uint64_t number;
    };
    struct Worker {
        ThreadServer* server = nullptr;
        pthread_t thread{};
        unsigned number = 0;
        std::optional<Job> first;  // the client it was started for
        int serving = -1;          // descriptor of its client, for shutdown(2)
    };
    static void* worker_main(void* worker);

    void accept_clients();
    void accept_or_back_off();
    void back_off(const char* problem) noexcept;
    void dispatch(TcpStream stream);
    [[nodiscard]] int start_worker(Job& job);
    void refuse(TcpStream stream, std::string_view reason);
    void refuse_with_spare_descriptor();
    void work(Worker& self);
    void serve(Worker& self, Job& job);
    [[nodiscard]] std::optional<Job> wait_for_next_client();
    void join_finished();
    void let_clients_leave();
    void stop();
    void log(std::initializer_list<std::string_view> parts) const noexcept;

    Options options_;
    Handler handler_;
    std::optional<TcpListener> listener_;
    FileDescriptor spare_;  // given up to accept, and refuse, a client when descriptors run out
    Wakeup wake_;           // by a thread that ends, so that run() joins it
    LingeringStreams refused_;
    TimePoint accept_again_{};
    bool exhausted_ = false;  // of descriptors, or memory

    std::mutex mutex_;
    std::condition_variable next_client_;
    std::condition_variable all_gone_;
    std::list<Worker> workers_;          // guarded by mutex_
    std::list<Worker> finished_;         // guarded by mutex_; to be joined
    std::deque<Job> pending_;            // guarded by mutex_; each for one idle thread
    std::size_t idle_ = 0;               // guarded by mutex_
    std::size_t clients_ = 0;            // guarded by mutex_; served or pending
    std::uint64_t accepted_ = 0;         // guarded by mutex_
    unsigned threads_started_ = 0;       // guarded by mutex_
    bool stopping_ = false;              // guarded by mutex_
    std::optional<bool> first_outcome_;  // guarded by mutex_
};

// Raises the soft limit of open descriptors to the hard one (setrlimit(2)).
void raise_descriptor_limit() noexcept;

}  // namespace netlab
