// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "problem6/chat.hpp"

namespace netlab::problem6 {

using Lines = std::vector<std::string>;

// Keeps what a Chat decides. take...() hands it out and begins anew.
class Recorder : public ChatOutput {
  public:
    explicit Recorder(std::set<ClientId> present = {}) : present_(std::move(present)) {}

    void send(ClientId to, std::string_view line) override { sent_[to].emplace_back(line); }
    void send_to_all(std::string_view line, ClientId but) override {
        for (const ClientId one : present_) {
            if (one != but) send(one, line);
        }
    }
    void disconnect(ClientId client) override { disconnected.insert(client); }
    void show(std::string message) override { shown_.push_back(std::move(message)); }
    void notify(std::string notice) override { notices_.push_back(std::move(notice)); }
    void notify_unless_quiet(std::string notice) override { notify(std::move(notice)); }
    void record(std::string_view line) override { transcript.emplace_back(line); }
    void stop_server() override { stopped = true; }

    Lines take(ClientId client) { return std::exchange(sent_[client], {}); }
    Lines take_shown() { return std::exchange(shown_, {}); }
    Lines take_notices() { return std::exchange(notices_, {}); }

    std::set<ClientId> disconnected;
    Lines transcript;
    bool stopped = false;

  private:
    std::set<ClientId> present_;
    std::map<ClientId, Lines> sent_;
    Lines shown_;
    Lines notices_;
};

}  // namespace netlab::problem6
