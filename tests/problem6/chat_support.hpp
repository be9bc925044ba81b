// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "problem6/chat.hpp"

namespace netlab::problem6 {

using Lines = std::vector<std::string>;
using Outcome = Chat::Outcome;

// A chat of one mode with three clients, and what comes out of it. take...() hands it out and
// begins anew.
template <typename Mode>
class ChatTest : public ::testing::Test {
  protected:
    explicit ChatTest(const ChatOptions& options = {.transcript = true}) : chat_(options, tracer_) {
        for (int i = 0; i < 3; ++i) join();
    }

    void join() {
        const ClientId client = outboxes_.size() + 1;
        EXPECT_EQ(chat_.join(outboxes_[client], "127.0.0.1:1", now_), client);
    }
    // False if it is not that client's turn.
    bool say(ClientId client, const std::string& line) {
        Chat::Input& input = inputs_[client];
        std::ranges::copy(as_bytes(line + "\n"), input.lines.prepare(line.size() + 1).begin());
        input.lines.commit(line.size() + 1);
        static_cast<void>(chat_.take_lines(client, input, now_));
        return !input.held;
    }
    Outcome type(std::string_view line) { return chat_.operator_line(line, now_); }
    void announce(ClientId client) { chat_.announce(client, now_); }
    void leave(ClientId client, std::string_view why) { chat_.leave(client, why, now_); }

    Lines take(ClientId client) { return take_from(outboxes_.at(client)); }
    Lines take_shown() { return take_operators(Chat::kMessage); }
    Lines take_notices() { return take_operators(Chat::kNotice); }
    [[nodiscard]] bool disconnected(ClientId client) const { return outboxes_.at(client).closed(); }
    Lines take_transcript() { return take_operators(Chat::kRecord); }

    const TimePoint now_{seconds(1000)};
    const Tracer tracer_;
    std::map<ClientId, Outbox> outboxes_;
    Mode chat_;

  private:
    static Lines take_from(Outbox& outbox) {
        Lines lines;
        std::string_view rest = as_text(outbox.next());
        const std::size_t size = rest.size();
        for (; !rest.empty(); rest.remove_prefix(lines.back().size() + 1)) {
            lines.emplace_back(rest.substr(0, rest.find('\n')));
        }
        outbox.sent(size, TimePoint{});
        return lines;
    }
    Lines take_operators(char kind) {
        for (std::string& line : take_from(chat_.operator_outbox())) {
            if (!line.empty()) operators_[line.front()].push_back(line.substr(1));
        }
        return std::exchange(operators_[kind], {});
    }

    std::map<ClientId, Chat::Input> inputs_;
    std::map<char, Lines> operators_;
};

}  // namespace netlab::problem6
