// SPDX-License-Identifier: MIT
#include "common/thread_server.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

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
constexpr std::size_t kRoom = 4 * 1024 * 1024;

bool out_of_resources(int code) {
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

}  // namespace

std::vector<std::byte> text_refusal(std::string_view reason) {
    const std::string line = "ERROR " + std::string(reason) + "\n";
    const Bytes bytes = as_bytes(line);
    return {bytes.begin(), bytes.end()};
}

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

ThreadServer::ThreadServer(TcpListener listener, Options options, Handler handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      listener_(std::move(listener)),
      spare_(open_file("/dev/null", O_RDONLY)) {
    raise_descriptor_limit();
}

ThreadServer::~ThreadServer() {
    stop();
}

int ThreadServer::run() {
    print_out("listening on " + listener_->local_address().to_string() + "\n");
    options_.on_start();
    try {
        accept_clients();
    } catch (...) {
        let_clients_leave();
        throw;
    }
    if (signal_received()) {
        let_clients_leave();
        stop();
        return 0;
    }
    stop();
    return first_outcome_.value_or(false) ? 0 : 1;
}

void ThreadServer::accept_clients() {
    while (true) {
        bool busy = false;
        {
            const std::lock_guard lock(mutex_);
            if (options_.once && first_outcome_) return;
            // One client was enough: from now on a second one is refused by the kernel.
            if (options_.once && accepted_ > 0) listener_.reset();
            busy = options_.iterative && clients_ > 0;
        }
        const bool accepting = listener_ && !busy && Clock::now() >= accept_again_;
        std::array<pollfd, 3> watched{{
            {accepting ? listener_->descriptor().get() : -1, POLLIN, 0},
            {signal_descriptor(), POLLIN, 0},
            {wake_.descriptor(), POLLIN, 0},
        }};
        TimePoint deadline = refused_.next_deadline();
        if (listener_ && !busy && !accepting) deadline = std::min(deadline, accept_again_);
        static_cast<void>(wait_for_events(watched, deadline));

        refused_.drain(Clock::now());
        if (watched[1].revents != 0) return;
        if (watched[2].revents != 0) join_finished();
        if (watched[0].revents != 0) accept_or_back_off();
    }
}

void ThreadServer::accept_or_back_off() {
    try {
        if (auto stream = listener_->accept()) dispatch(std::move(*stream));
        exhausted_ = false;
    } catch (const std::bad_alloc& error) {
        back_off(error.what());  // the client that was being accepted is dropped
    } catch (const SystemError& error) {
        if (!out_of_resources(error.code())) throw;
        back_off(error.what());
        refuse_with_spare_descriptor();
    }
}

// The listener stays readable while a client waits: without a pause this would spin.
void ThreadServer::back_off(const char* problem) noexcept {
    if (!std::exchange(exhausted_, true)) log({problem});
    accept_again_ = deadline_in(kBackOff);
    refused_.clear();
}

void ThreadServer::dispatch(TcpStream stream) {
    std::unique_lock lock(mutex_);
    ++accepted_;
    if (clients_ >= options_.max_clients) {
        if (!first_outcome_) first_outcome_ = false;
        lock.unlock();
        return refuse(std::move(stream), "server is full");
    }
    Job job{std::move(stream), accepted_};
    if (idle_ > pending_.size()) {
        pending_.push_back(std::move(job));
        ++clients_;
        lock.unlock();
        return next_client_.notify_one();
    }
    if (const int error = start_worker(job); error != 0) {
        if (!first_outcome_) first_outcome_ = false;
        lock.unlock();
        log({"pthread_create: ", error_text(error)});
        return refuse(std::move(job.stream), "server has no thread left");
    }
    ++clients_;
}

// Returns 0, or the error number of pthread_create(3), with `job` left as it was. Under mutex_.
int ThreadServer::start_worker(Job& job) {
    // With little address space (ulimit -v), stacks must not take the last of it: the C library
    // keeps them when their threads have ended, up to 40 MiB, and later clients need memory too.
    void* const room = ::mmap(nullptr, kRoom, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return errno;
    ::munmap(room, kRoom);

    Worker& worker = workers_.emplace_back();
    worker.server = this;
    worker.number = ++threads_started_;
    worker.first = std::move(job);

    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    const auto least = static_cast<std::size_t>(PTHREAD_STACK_MIN);
    ::pthread_attr_setstacksize(&attributes, std::max(options_.stack_size, least));
    const int error = ::pthread_create(&worker.thread, &attributes, worker_main, &worker);
    ::pthread_attr_destroy(&attributes);
    if (error != 0) {
        job = std::move(*worker.first);
        workers_.pop_back();
    }
    return error;
}

// Never blocks.
void ThreadServer::refuse(TcpStream stream, std::string_view reason) {
    log({"refused ", stream.peer_name(), ": ", reason});
    try {
        static_cast<void>(stream.write_some(options_.refusal(reason)));
    } catch (const SystemError&) {
        return;  // gone already
    }
    refused_.add(std::move(stream), Clock::now());
}

void ThreadServer::refuse_with_spare_descriptor() {
    spare_.close();
    try {
        if (auto stream = listener_->accept()) {
            static_cast<void>(stream->write_some(options_.refusal("server is out of descriptors")));
            stream->shutdown_write();
            std::size_t most = 1 << 20;
            while (stream->drop_input(most) && wait_readable(stream->descriptor().get(), {})) {
            }
        }
    } catch (const std::exception&) {
        // Another thread took the descriptor first: this client waits in the queue.
    }
    spare_ = FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void* ThreadServer::worker_main(void* worker) {
    Worker& self = *static_cast<Worker*>(worker);
    self.server->work(self);
    return nullptr;
}

void ThreadServer::work(Worker& self) {
    std::optional<Job> job = std::move(self.first);
    while (job) {
        serve(self, *job);
        job.reset();  // closes the connection before the wait
        job = wait_for_next_client();
    }

    const std::lock_guard lock(mutex_);
    const auto me = std::find_if(workers_.begin(), workers_.end(),
                                 [&](const Worker& one) { return &one == &self; });
    finished_.splice(finished_.end(), workers_, me);
    next_client_.notify_all();  // stop() waits for the last one
    wake_.wake();
}

void ThreadServer::serve(Worker& self, Job& job) {
    TcpStream& stream = job.stream;
    {
        const std::lock_guard lock(mutex_);
        self.serving = stream.descriptor().get();
        if (stopping_) ::shutdown(self.serving, SHUT_RDWR);
    }

    bool outcome = false;
    try {
        outcome = handler_(stream, {job.number, self.number});
    } catch (const std::exception& error) {
        // Nothing here needs memory: it may be what has run out.
        const std::string_view problem = error.what();
        const bool names_peer = problem.find(stream.peer_name()) != std::string_view::npos;
        names_peer ? log({problem}) : log({stream.peer_name(), ": ", problem});
    }

    const std::lock_guard lock(mutex_);
    self.serving = -1;  // before the descriptor is closed and its number used again
    if (--clients_ == 0) all_gone_.notify_all();
    if (!first_outcome_) first_outcome_ = outcome;
    if (options_.once || options_.iterative) wake_.wake();
}

std::optional<ThreadServer::Job> ThreadServer::wait_for_next_client() {
    std::unique_lock lock(mutex_);
    if (stopping_ || options_.once || idle_ >= kMaxIdle) return std::nullopt;
    ++idle_;
    next_client_.wait_for(lock, kIdleWait, [this] { return stopping_ || !pending_.empty(); });
    --idle_;
    if (pending_.empty()) return std::nullopt;
    std::optional<Job> job = std::move(pending_.front());
    pending_.pop_front();
    return job;
}

void ThreadServer::join_finished() {
    wake_.clear();
    std::list<Worker> finished;
    {
        const std::lock_guard lock(mutex_);
        finished.swap(finished_);
    }
    for (Worker& worker : finished) ::pthread_join(worker.thread, nullptr);
}

// Also one that was accepted just now, and has not yet been served.
void ThreadServer::let_clients_leave() {
    options_.on_stop();
    std::unique_lock lock(mutex_);
    all_gone_.wait_for(lock, options_.time_to_leave, [this] { return clients_ == 0; });
}

void ThreadServer::stop() {
    {
        std::unique_lock lock(mutex_);
        stopping_ = true;
        // shutdown, not close: the number still belongs to the thread that serves it.
        for (Worker& worker : workers_) {
            if (worker.serving >= 0) ::shutdown(worker.serving, SHUT_RDWR);
        }
        clients_ -= std::min(clients_, pending_.size());
        pending_.clear();
        next_client_.notify_all();
        next_client_.wait(lock, [this] { return workers_.empty(); });
    }
    join_finished();
}

void ThreadServer::log(std::initializer_list<std::string_view> parts) const noexcept {
    try {
        std::string text = options_.program + ": ";
        for (const std::string_view part : parts) text += part;
        log_line({text, "\n"});
    } catch (const std::bad_alloc&) {
        log_line({options_.program, ": out of memory\n"});
    }
}

}  // namespace netlab
