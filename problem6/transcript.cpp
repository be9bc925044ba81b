// SPDX-License-Identifier: MIT
#include "problem6/transcript.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/error.hpp"
#include "common/server_log.hpp"
#include "common/thread.hpp"

namespace netlab::problem6 {

Transcript::Transcript(const std::string& path) : path_(path) {
    if (path.empty()) return;
    // O_NONBLOCK: open(2) does not wait for a FIFO's reader, nor write(2) until it reads.
    file_ = open_file(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK);
    thread_ = start_thread([this] { run(); });
}

bool Transcript::finish(TimePoint deadline) {
    if (thread_.joinable()) {
        deadline_ = deadline;
        queue_.close();
        thread_.join();
        if (lost_ > 0) {
            log_line({"server: ", path_, ": ", std::to_string(lost_),
                      " lines of the transcript are lost\n"});
        }
    }
    return lost_ == 0 && !failed_;
}

void Transcript::run() noexcept {
    try {
        while (true) {
            const bool closed = queue_.closed();
            if (write_waiting() && closed) break;
            if (Clock::now() >= deadline_.load()) break;
            wait();
        }
        for (Bytes rest = queue_.next(); !rest.empty(); rest = queue_.next()) {
            lost_ +=
                static_cast<std::size_t>(std::count(rest.begin(), rest.end(), std::byte{'\n'}));
            queue_.sent(rest.size(), TimePoint{});
        }
    } catch (const std::exception& error) {
        log_line({"server: ", error.what(), ": the transcript ends here\n"});
        failed_ = true;
        queue_.close();
    }
}

// False if the file takes no more now.
bool Transcript::write_waiting() {
    for (Bytes bytes = queue_.next(); !bytes.empty(); bytes = queue_.next()) {
        const ssize_t put = ::write(file_.get(), bytes.data(), bytes.size());
        if (put < 0 && errno == EAGAIN) return false;
        if (put < 0 && errno == EINTR) continue;
        queue_.sent(static_cast<std::size_t>(check(put, "write", path_)), TimePoint{});
    }
    lost_ += queue_.take_lost();
    return true;
}

void Transcript::wait() {
    const bool stuck = !queue_.next().empty();
    const bool closed = queue_.closed();
    const bool sleep = closed ? stuck : queue_.begin_wait();
    std::array<pollfd, 2> watched{
        {{stuck ? file_.get() : -1, POLLOUT, 0}, {closed ? -1 : queue_.descriptor(), POLLIN, 0}}};
    static_cast<void>(wait_for_events(watched, sleep ? deadline_.load() : TimePoint{}));
    queue_.end_wait(watched[1].revents != 0);
}

}  // namespace netlab::problem6
