// SPDX-License-Identifier: MIT
#include "common/thread_server.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "common/error.hpp"
#include "common/screen.hpp"
#include "common/server_log.hpp"
#include "common/signals.hpp"

namespace netlab {

namespace {

constexpr std::size_t kMaxIdle = 8;
constexpr Duration kIdleWait = seconds(1);
constexpr Duration kBackOff = milliseconds(50);
constexpr std::size_t kMinFreeMemory = 4 * 1024 * 1024;

bool out_of_resources(int code) {
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

std::vector<std::byte> error_line(std::string_view reason) {
    const std::string line = "ERROR " + std::string(reason) + "\n";
    const Bytes bytes = as_bytes(line);
    return {bytes.begin(), bytes.end()};
}

}  // namespace

ThreadServer::ThreadServer(TcpListener listener, Options options, Handler handler)
    : options_(std::move(options)),
      prefix_(options_.program + ": "),
      handler_(std::move(handler)),
      listener_(std::move(listener)),
      spare_(open_file("/dev/null", O_RDONLY)) {
    if (!options_.refusal) options_.refusal = error_line;
    raise_descriptor_limit();
    listener_->wait_in_accept(kIdleWait);
}

ThreadServer::~ThreadServer() {
    stop();
}

int ThreadServer::run() {
    print_out("listening on " + listener_->local_address().to_string() + "\n");
    options_.on_start();
    accept_clients();
    const bool signalled = signal_received();
    if (signalled) let_clients_leave();
    stop();
    return signalled || first_outcome_.value_or(false) ? 0 : 1;
}

void ThreadServer::accept_clients() {
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (options_.once && first_outcome_) return;
            // One client was enough: from now on a second one is refused by the kernel.
            if (options_.once && accepted_ > 0) listener_.reset();
            watching_ = listener_ && idle_ == 0 && !(options_.iterative && clients_ > 0);
        }
        std::array<pollfd, 3> watched{{
            {watching_ ? listener_->descriptor().get() : -1, POLLIN, 0},
            {signal_descriptor(), POLLIN, 0},
            {wake_.descriptor(), POLLIN, 0},
        }};
        static_cast<void>(wait_for_events(watched, refused_.next_deadline()));

        refused_.drain(Clock::now());
        if (watched[1].revents != 0) return;
        if (watched[2].revents != 0) join_finished();
        if (watched[0].revents == 0 || accept_client()) continue;
        // The listener stays readable while a client waits: without a pause this would spin.
        static_cast<void>(wait_readable(signal_descriptor(), deadline_in(kBackOff)));
    }
}

// False if there is no room for a client.
bool ThreadServer::accept_client() {
    // While it is held no thread becomes idle: nobody else takes the client, and accept() does not
    // wait.
    const std::lock_guard lock(mutex_);
    if (idle_ > 0 || !wait_readable(listener_->descriptor().get(), TimePoint{})) return true;
    try {
        if (auto stream = listener_->accept()) dispatch(std::move(*stream));
        return true;
    } catch (const std::bad_alloc& error) {
        free_room(error.what());  // the client that was being accepted is dropped
    } catch (const SystemError& error) {
        if (!out_of_resources(error.code())) throw;
        free_room(error.what());
        refuse_with_spare_descriptor();
    }
    return false;
}

void ThreadServer::free_room(const char* problem) noexcept {
    if (!std::exchange(exhausted_, true)) log_line({prefix_, problem, "\n"});
    refused_.clear();
}

void ThreadServer::dispatch(TcpStream stream) {
    exhausted_ = false;
    const std::uint64_t client = ++accepted_;
    if (clients_ >= options_.max_clients) return refuse(std::move(stream), "server is full");
    if (const int error = start_worker(stream, client); error != 0) {
        log_line({prefix_, "pthread_create: ", error_text(error), "\n"});
        return refuse(std::move(stream), "server has no thread left");
    }
    ++clients_;
}

// Returns 0, or the error number of pthread_create(3), with `stream` left as it was.
int ThreadServer::start_worker(TcpStream& stream, std::uint64_t client) {
    // With little address space (ulimit -v), stacks must not take the last of it: the C library
    // keeps them when their threads have ended, up to 40 MiB, and later clients need memory too.
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void* const room = ::mmap(nullptr, kMinFreeMemory, PROT_NONE, flags, -1, 0);
    if (room == MAP_FAILED) return errno;
    ::munmap(room, kMinFreeMemory);

    Worker& worker =
        workers_.emplace_back(Worker{this, {}, ++threads_started_, std::move(stream), client});

    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    const auto least = static_cast<std::size_t>(PTHREAD_STACK_MIN);
    ::pthread_attr_setstacksize(&attributes, std::max(options_.stack_size, least));
    const auto run = [](void* argument) -> void* {
        Worker& self = *static_cast<Worker*>(argument);
        self.server->work(self);
        return nullptr;
    };
    const int error = ::pthread_create(&worker.thread, &attributes, run, &worker);
    ::pthread_attr_destroy(&attributes);
    if (error != 0) {
        stream = std::move(*worker.stream);
        workers_.pop_back();
    }
    return error;
}

void ThreadServer::refuse(TcpStream stream, std::string_view reason) {
    if (!first_outcome_) first_outcome_ = false;
    log_line({prefix_, "refused ", stream.peer_name(), ": ", reason, "\n"});
    refused_.add(std::move(stream), Clock::now(), options_.refusal(reason));
}

void ThreadServer::refuse_with_spare_descriptor() {
    spare_.close();
    try {
        if (auto stream = listener_->accept()) {
            static_cast<void>(stream->write_some(options_.refusal("server is out of descriptors")));
            stream->close_gracefully(TimePoint{});
        }
    } catch (const std::exception&) {
        // Another thread took the descriptor first: this client waits in the queue.
    }
    spare_ = FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void ThreadServer::work(Worker& self) {
    bool more = true;
    while (more) {
        more = serve(self);
        self.stream.reset();  // closes the connection before the wait
        more = more && wait_for_next_client(self);
    }

    const std::lock_guard lock(mutex_);
    self.finished = true;
    if (--idle_ + clients_ == 0) all_gone_.notify_all();
    wake_.wake();
}

// True if the thread may wait for one more.
bool ThreadServer::serve(Worker& self) {
    TcpStream& stream = *self.stream;
    {
        const std::lock_guard lock(mutex_);
        self.serving = stream.descriptor().get();
        if (stopping_) ::shutdown(self.serving, SHUT_RDWR);
    }

    bool outcome = false;
    try {
        outcome = handler_(stream, {self.client, self.number});
    } catch (const std::exception& error) {
        // Nothing here needs memory: it may be what has run out.
        const std::string_view problem = error.what();
        const std::string_view peer = stream.peer_name();
        const bool named = problem.find(peer) != std::string_view::npos;
        log_line({prefix_, named ? "" : peer, named ? "" : ": ", problem, "\n"});
    }

    const std::lock_guard lock(mutex_);
    self.serving = -1;  // before the descriptor is closed and its number used again
    --clients_;
    ++idle_;
    if (!first_outcome_) first_outcome_ = outcome;
    return !stopping_ && !options_.once && idle_ <= kMaxIdle;
}

// Leader and followers: a client wakes, of the idle threads, the one that serves it. True if one
// came.
bool ThreadServer::wait_for_next_client(Worker& self) {
    try {
        self.stream = listener_->accept();
    } catch (const std::bad_alloc& error) {
        log_line({prefix_, error.what(), "\n"});
    } catch (const SystemError&) {
        // The main thread will get the same error, and handles it.
    }
    if (!self.stream) return false;

    const std::lock_guard lock(mutex_);
    exhausted_ = false;
    self.client = ++accepted_;
    ++clients_;
    if (--idle_ == 0 && !watching_) wake_.wake();
    return true;
}

void ThreadServer::join_finished() {
    wake_.clear();
    const std::lock_guard lock(mutex_);
    workers_.remove_if([](const Worker& worker) {
        return worker.finished && ::pthread_join(worker.thread, nullptr) == 0;
    });
}

// A client that was accepted just now counts too: its thread is idle until it serves.
void ThreadServer::let_clients_leave() {
    if (listener_) listener_->shut_down();
    options_.on_stop();
    std::unique_lock lock(mutex_);
    all_gone_.wait_for(lock, options_.time_to_leave, [this] { return clients_ + idle_ == 0; });
}

void ThreadServer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        // shutdown, not close: the number still belongs to the thread that serves it.
        for (const Worker& worker : workers_) {
            if (worker.serving >= 0) ::shutdown(worker.serving, SHUT_RDWR);
        }
    }
    for (const Worker& worker : workers_) ::pthread_join(worker.thread, nullptr);
    workers_.clear();
}

}  // namespace netlab
