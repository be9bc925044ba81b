// SPDX-License-Identifier: MIT
// Problem 6, the server: a thread for each client, which shows its line and waits for the
// operator's reply. The main thread reads the operator's lines and hands them to who has waited
// longest.
#include <condition_variable>
#include <deque>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>

#include "net.hpp"

struct Client {
    int fd = -1;
    std::string reply;
    bool replied = false;
};

// The reply should be sent by the client's own thread: it may have to wait until the client reads.
const bool kOperatorSends =
    kFault == Fault::waits_for_frozen_readers || kFault == Fault::talks_out_of_turn;

static std::mutex mutex;
static std::condition_variable changed;
static std::deque<std::shared_ptr<Client>> waiting;

// Shows what a client says, and waits for the reply.
static std::string ask_operator(std::shared_ptr<Client> client, int number,
                                const std::string& line) {
    std::unique_lock lock(mutex);
    std::printf("[%d] %s\n", number, line.c_str());
    waiting.push_back(client);
    changed.notify_all();
    if (kFault == Fault::talks_out_of_turn) return "";
    changed.wait(lock, [&] { return client->replied; });
    client->replied = false;
    return client->reply;
}

static void serve_client(int fd, int number) {
    auto client = std::make_shared<Client>();
    client->fd = fd;
    LineReader reader(fd);
    std::string line;
    while (reader.next(line)) {
        const std::string reply = ask_operator(client, number, line);
        if (!kOperatorSends && !send_all(fd, reply + "\n")) break;
    }
    close(fd);
}

static void read_operator() {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [] { return !waiting.empty(); });
        const bool newest = kFault == Fault::answers_the_newest;
        const auto client = newest ? waiting.back() : waiting.front();
        newest ? waiting.pop_back() : waiting.pop_front();
        if (kOperatorSends) {
            const bool waits = kFault == Fault::waits_for_frozen_readers;
            send(client->fd, (line + "\n").data(), line.size() + 1, waits ? 0 : MSG_DONTWAIT);
        }
        client->reply = line;
        client->replied = true;
        changed.notify_all();
    }
}

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7601);
    const int listener = serve(SOCK_STREAM, line.address);
    std::thread(read_operator).detach();
    for (int number = 1;; ++number) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd < 0) die("accept");
        if (kFault == Fault::one_at_a_time) {
            serve_client(fd, number);
        } else {
            std::thread(serve_client, fd, number).detach();
        }
    }
}
