// SPDX-License-Identifier: MIT
#include "problem5/chat.hpp"

#include <fcntl.h>

#include <utility>

#include "common/io.hpp"
#include "common/terminal.hpp"

namespace netlab::problem5 {

FileDescriptor open_transcript(const ChatOptions& options) {
    if (options.transcript.empty()) return {};
    return open_file(options.transcript, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK);
}

Chat::Chat(std::string program, const ChatOptions& options, FileDescriptor transcript,
           const Conversation::Role& role)
    : program_(std::move(program)),
      options_(options),
      transcript_(std::move(transcript)),
      conversation_(role, options.name, console_.on_terminal()) {}

void Chat::read_keyboard() {
    console_.read();
    while (conversation_.may_type()) {
        auto line = console_.next_line();
        if (!line) break;
        // Whoever types it wants to go now; in a script it stands for the place where it is.
        if (*line == "/quit" && console_.on_terminal()) report_unsent();
        conversation_.type(std::move(*line));
    }
    if (!console_.at_end() || hung_up_) return;
    if (!console_.on_terminal()) return conversation_.end_of_input();
    hung_up_ = true;
    report_unsent();
    conversation_.type("/quit");
}

void Chat::show() {
    for (const auto& [kind, text] : conversation_.take_screen()) {
        switch (kind) {
            case Conversation::Line::Kind::message:
                print_out(text + '\n');
                break;
            case Conversation::Line::Kind::notice:
                if (!options_.common.quiet) print_error("* " + escaped(text) + '\n');
                break;
            case Conversation::Line::Kind::error:
                print_error(program_ + ": " + escaped(text) + '\n');
                break;
        }
    }
    console_.set_prompt(conversation_.prompt());
    const std::string lines = conversation_.take_transcript();
    if (transcript_.valid()) write_all(transcript_.get(), as_bytes(lines), options_.transcript);
}

void Chat::report_unsent() {
    // Of a script, also the lines that nobody has read so far; a bounded number of them.
    const auto follows = [this] {
        const int keyboard = console_.watched()[0].fd;
        return !console_.on_terminal() && keyboard >= 0 && wait_readable(keyboard, TimePoint{});
    };
    while (conversation_.may_type() && follows()) {
        console_.read();
        while (auto line = console_.next_line()) conversation_.type(std::move(*line));
    }
    const std::size_t count = conversation_.drop_typed();
    if (count == 0) return;
    conversation_.error(count_lines(count) + (count == 1 ? " was" : " were") + " not sent" +
                        (follows() ? ", nor was what follows them" : ""));
}

}  // namespace netlab::problem5
