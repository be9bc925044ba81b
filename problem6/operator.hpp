// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/console.hpp"
#include "common/error.hpp"
#include "common/server_log.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "common/thread.hpp"
#include "problem6/chat.hpp"

namespace netlab::problem6 {

// The operator at the server's keyboard, in a thread of its own: shows what clients say, appends it
// to the transcript, and takes the operator's lines. Neither waits for the other: a line is carried
// out although nobody reads the screen. A line that has to wait (nobody has asked anything yet)
// waits here; from a pipe all that follow wait behind it, so that a script is carried out in its
// order. If stdout or stdin fails it says so, once, and the chat goes on without it; if it cannot
// even wait any more, it stops the server.
class Operator {
  public:
    // Starts the thread, which waits for begin(). No path: no transcript is kept. Throws
    // SystemError, also if the transcript cannot be opened, or is a FIFO without a reader.
    Operator(Chat& chat, Console& console, const std::string& transcript)
        : chat_(chat),
          console_(console),
          transcript_path_(transcript),
          transcript_(open_transcript(transcript)),
          thread_(start_thread([this] {
              begun_.wait(false);
              run();
          })) {}
    ~Operator() { stop(); }

    // The server listens, and has said so.
    void begin() noexcept {
        begun_ = true;
        begun_.notify_one();
    }

    // Closes the chat, and waits until what was said before is shown, for 500 ms at most, and
    // written to the transcript.
    void stop() {
        begin();
        chat_.close_all(Clock::now());
        if (thread_.joinable()) thread_.join();
    }

    // Whether stdout, stdin or the transcript has failed. After stop().
    [[nodiscard]] bool failed() const noexcept {
        return input_failed_ || screen_failed_ || transcript_failed_;
    }

  private:
    static constexpr std::size_t kMaxAtOnce = 64 * 1024;
    static constexpr std::size_t kPiece = 4096;  // of the transcript: the reader has time for each
    static constexpr int kBackOff = 50;          // ms

    static FileDescriptor open_transcript(const std::string& path) {
        if (path.empty()) return {};
        // O_NONBLOCK: open(2) does not wait for a FIFO's reader.
        return open_file(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK);
    }

    static void complain(std::string_view problem) { log_line({"server: ", problem, "\n"}); }

    void run() noexcept {
        bool told = false;
        while (true) {
            try {
                if (chat_.operator_outbox().closed()) return finish();
                turn();
                told = false;
            } catch (const std::bad_alloc& error) {
                // Clients have gone, or will go, and their memory is free again.
                if (!std::exchange(told, true)) complain(error.what());
                ::poll(nullptr, 0, kBackOff);
            } catch (const std::exception& error) {
                complain(error.what());
                screen_failed_ = true;
                return request_stop();
            }
        }
    }

    void turn() {
        show_waiting();
        take_lines();
        console_.set_prompt(chat_.prompt());
        wait();
    }

    // Shows what is left, for kReaderPatience at most; the transcript gets all of it. A screen that
    // nobody reads is no failure of a server that was told to stop.
    void finish() {
        const TimePoint deadline = deadline_in(kReaderPatience);
        bool read = true;
        for (show_waiting(); !block_.empty(); show_waiting()) {
            if (wait_writable(screen(), deadline)) continue;
            read = false;
            block_.clear();  // the transcript still gets what comes behind it
        }
        if (read) return;
        complain("write stdout: nobody reads it");
        if (!signal_received()) screen_failed_ = true;
    }

    // As much as goes without a wait. If poll(2) sees room in a pipe, PIPE_BUF bytes go in at once
    // (pipe(7)); a terminal gets whole lines, above its prompt.
    void show_waiting() {
        while (!block_.empty() || take_block()) {
            const std::size_t most = ::isatty(screen()) != 0 ? block_.size() : PIPE_BUF;
            std::string_view rest = block_;
            while (!rest.empty() && wait_writable(screen(), TimePoint{})) {
                const std::string_view piece = rest.substr(0, most);
                print(piece);
                rest.remove_prefix(piece.size());
            }
            block_.erase(0, block_.size() - rest.size());
            if (!block_.empty()) return;
        }
        if (const std::size_t lost = chat_.operator_outbox().take_lost()) {
            transcript_failed_ |= transcript_.valid();
            complain("lines came faster than they could be shown: left out: " +
                     std::to_string(lost));
        }
    }

    // Neighbours of one kind go together: a write each would be slow. Not too many, since speakers
    // wait for a screen that they see move. False if there are none.
    [[nodiscard]] bool take_block() {
        Outbox& outbox = chat_.operator_outbox();
        const std::string_view lines = as_text(outbox.next());
        if (lines.empty()) return false;
        std::string block;
        std::string records;
        char kind = 0;
        std::size_t size = 0;
        while (size < lines.size() && size < kMaxAtOnce) {
            const bool record = lines[size] == Chat::kRecord;
            if (!record && !block.empty() && lines[size] != kind) break;
            if (!record) kind = lines[size];
            const std::size_t end = lines.find('\n', size) + 1;
            (record ? records : block) += lines.substr(size + 1, end - size - 1);
            size = end;
        }
        kind_ = kind;
        block_ = std::move(block);
        outbox.sent(size, Clock::now());
        write_transcript(records);
        return true;
    }

    // A full disk, or a FIFO that nobody reads, ends the transcript, and nothing else.
    void write_transcript(std::string_view records) {
        if (!transcript_.valid()) return;
        try {
            for (; !records.empty(); records.remove_prefix(std::min(records.size(), kPiece))) {
                const TimePoint deadline = deadline_in(kReaderPatience);
                if (signal_received()) stop_by_ = std::min(stop_by_, deadline);
                write_all(transcript_.get(), as_bytes(records.substr(0, kPiece)), transcript_path_,
                          wait_for_events, std::min(stop_by_, deadline));
            }
        } catch (const std::exception& error) {
            log_line({"server: ", error.what(), ": the transcript ends here\n"});
            transcript_.close();
            transcript_failed_ = true;
        }
    }

    [[nodiscard]] int screen() const noexcept {
        return kind_ == Chat::kMessage ? STDOUT_FILENO : STDERR_FILENO;
    }

    void print(std::string_view text) {
        if (kind_ == Chat::kNotice) return print_error(text);
        try {
            print_out(text);
        } catch (const SystemError& error) {
            if (!std::exchange(screen_failed_, true)) complain(error.what());
        }
    }

    void take_lines() {
        try {
            console_.read();
        } catch (const SystemError& error) {
            if (!std::exchange(input_failed_, true)) complain(error.what());
        }
        std::erase_if(held_, [this](const std::string& line) { return attempt(line, false); });
        // From a pipe one at a time: what cannot be done yet stays in the pipe.
        while (console_.on_terminal() || held_.empty()) {
            auto line = console_.next_line();
            if (!line) return;
            if (!attempt(*line, true)) held_.push_back(std::move(*line));
        }
    }

    // True if the line is dealt with, false if it has to be tried again.
    [[nodiscard]] bool attempt(const std::string& line, bool first_time) {
        const bool typed = console_.on_terminal();
        switch (chat_.operator_line(line, Clock::now())) {
            case Chat::Outcome::done:
                return true;
            case Chat::Outcome::wait:
                if (first_time && typed)
                    complain("not yet: the line waits for the client's message");
                return false;
            case Chat::Outcome::absent:
                break;
        }
        std::string_view rest = line;
        const std::string whom = escaped(take_word(rest).substr(1));
        // A script may have been written before its clients came; a user has mistyped a name.
        if (typed) complain("nobody is called " + whom + ": not sent: " + escaped(line));
        if (first_time && !typed) complain("waiting for a client called " + whom);
        return typed;
    }

    void wait() {
        Outbox& outbox = chat_.operator_outbox();
        // While the screen takes nothing, the outbox is full of news: it is looked at now and then.
        const bool stuck = !block_.empty();
        const bool sleep = stuck || outbox.begin_wait();
        std::array<pollfd, 3> watched{{console_.watched(),
                                       {outbox.descriptor(), POLLIN, 0},
                                       {stuck ? screen() : -1, POLLOUT, 0}}};
        if (!console_.on_terminal() && !held_.empty()) watched[0].fd = -1;
        static_cast<void>(wait_for_events(watched, stuck   ? deadline_in(milliseconds(kBackOff))
                                                   : sleep ? kNever
                                                           : TimePoint{}));
        outbox.end_wait(watched[1].revents != 0);
    }

    Chat& chat_;
    Console& console_;
    std::string block_;  // of lines of one kind, not printed yet
    char kind_ = Chat::kMessage;
    std::vector<std::string> held_;
    const std::string transcript_path_;
    FileDescriptor transcript_;   // not valid: none is kept
    TimePoint stop_by_ = kNever;  // once a signal has come: no reader is waited for any more
    bool input_failed_ = false;
    bool screen_failed_ = false;
    bool transcript_failed_ = false;
    std::atomic<bool> begun_ = false;
    std::thread thread_;
};

}  // namespace netlab::problem6
