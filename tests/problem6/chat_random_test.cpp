// SPDX-License-Identifier: MIT
//
// The chat, driven by random events from seeds: clients that come, speak, stop reading and go, an
// operator with a script, and time that passes. One thread plays them all, and each of them acts
// only when it has been woken, as the real threads do: whom the chat forgets to wake sleeps on, and
// the test sees it. CHAT_SEED=N plays one seed alone.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <random>

#include "problem6/dialogues.hpp"
#include "problem6/room.hpp"
#include "tests/support/timeout.hpp"

namespace netlab::problem6 {
namespace {

const std::uint64_t kSeeds = netlab::testing::sanitized() ? 200 : 2000;
constexpr std::size_t kOutboxLimit = 600;
constexpr std::size_t kMaxClients = 6;

// A thread that sleeps in poll(2) until its outbox wakes it.
class Sleeper {
  public:
    explicit Sleeper(Outbox& outbox) : outbox_(outbox) {}

    [[nodiscard]] bool awake() const { return !asleep_; }
    [[nodiscard]] pollfd watched() const {
        return {asleep_ ? outbox_.descriptor() : -1, POLLIN, 0};
    }
    // By its outbox, or by something else: bytes from the client, a timer, the keyboard.
    void wake(bool by_outbox) {
        if (asleep_) outbox_.end_wait(by_outbox);
        asleep_ = false;
    }
    void sleep() { asleep_ = outbox_.begin_wait(); }

  private:
    Outbox& outbox_;
    bool asleep_ = false;
};

struct Client {
    Outbox outbox{kOutboxLimit};
    Sleeper thread{outbox};
    Chat::Input input;
    bool reads = true;  // the other end of the connection
    bool congested = false;
    std::string read;                  // lines that are not whole yet
    std::string last_line;             // that it has read
    std::deque<std::string> messages;  // sent, and not yet seen by the operator
    std::deque<std::string> replies;   // that the operator has given, and it has not yet read
    std::vector<std::string> heard;    // in the room, and not yet compared
    std::size_t compared = 0;          // how much of what was said there
};

class Play {
  public:
    Play(std::uint64_t seed, bool room)
        : random_(seed),
          room_(room),
          chat_(open_chat({.room = room, .quiet = chance(50), .auto_reply = {}})) {}

    void run() {
        for (int steps = number(20, 120); steps > 0; --steps) {
            now_ += milliseconds(number(0, 50));
            step();
            settle();
            if (::testing::Test::HasFailure()) return;
        }
        finish();
    }

  private:
    std::unique_ptr<Chat> open_chat(const ChatOptions& options) {
        if (room_) return std::make_unique<Room>(options, tracer_);
        return std::make_unique<Dialogues>(options, tracer_);
    }

    int number(int least, int most) {
        return least + static_cast<int>(random_() % static_cast<unsigned>(most - least + 1));
    }
    bool chance(int percent) { return number(1, 100) <= percent; }

    // --- what happens

    void step() {
        const int what = number(1, 100);
        if (what <= 15 && clients_.size() < kMaxClients) return join();
        if (what <= 60) {
            script_.push_back(script_line());
            return desk_.wake(false);
        }
        if (clients_.empty()) return;
        auto chosen = clients_.begin();
        std::advance(chosen, number(0, static_cast<int>(clients_.size()) - 1));
        auto& [id, client] = *chosen;
        client->thread.wake(false);
        if (what <= 90) return speak(*client, client->input.ended ? "" : random_lines(*client));
        if (what <= 93) return chat_->announce(id, now_);
        if (what <= 96) {
            client->reads = !client->reads;
        } else if (what <= 98) {
            client->input.ended = true;
        } else {
            leave(id, chance(50) ? "reset" : "");
        }
    }

    void join() {
        auto client = std::make_unique<Client>();
        client->compared = said_.size();
        const ClientId id = chat_->join(client->outbox, "127.0.0.1:1", now_);
        ASSERT_EQ(id, ++last_id_);
        clients_[id] = std::move(client);
    }

    void leave(ClientId id, std::string_view why) {
        chat_->leave(id, why, now_);
        const auto gone = clients_.extract(id);
        Outbox& outbox = gone.mapped()->outbox;
        std::size_t left_over = 0;
        for (Bytes bytes = outbox.next(); !bytes.empty(); bytes = outbox.next()) {
            left_over += bytes.size();
            outbox.sent(bytes.size(), now_);
        }
        ASSERT_LE(left_over, kOutboxLimit);
    }

    std::string random_lines(Client& client) {
        std::string lines;
        for (int i = number(1, 4); i > 0; --i) {
            const int kind = number(1, 10);
            lines += kind == 1   ? "/nick n" + std::to_string(number(1, 4))
                     : kind == 2 ? "/who"
                     : kind == 3 ? "/nonsense"
                                 : message(client);
            lines += '\n';
        }
        return lines;
    }

    std::string message(Client& client) {
        client.messages.push_back("m" + std::to_string(++messages_));
        return client.messages.back();
    }

    static void speak(Client& client, std::string_view lines) {
        const Bytes bytes = as_bytes(lines);
        std::copy(bytes.begin(), bytes.end(), client.input.lines.prepare(bytes.size()).begin());
        client.input.lines.commit(bytes.size());
    }

    std::string script_line() {
        const std::string text = "r" + std::to_string(++messages_);
        const std::string whom = chance(20)
                                     ? "n" + std::to_string(number(1, 4))
                                     : std::to_string(number(1, static_cast<int>(last_id_) + 1));
        const int kind = number(1, 12);
        if (kind == 1) return "/all " + text;
        if (kind == 2) return "/kick " + whom;
        if (kind == 3) return "/list";
        return kind <= 8 ? "@" + whom + " " + text : text;
    }

    // --- who is awake acts, until all sleep

    void settle() {
        for (int turns = 0;; ++turns) {
            ASSERT_LT(turns, 1000) << "they keep each other awake for ever";
            wake_up();
            std::vector<ClientId> awake;
            for (const auto& [id, client] : clients_) {
                if (client->thread.awake()) awake.push_back(id);
            }
            for (const ClientId id : awake) act(id, *clients_.at(id));
            const bool desk = desk_.awake();
            if (desk) act_desk();
            if (::testing::Test::HasFailure()) return;
            if (awake.empty() && !desk) return expect_that_nobody_has_slept_on();
        }
    }

    // All whose outboxes say so. One poll(2) for all: one for each would take most of the time.
    void wake_up() {
        std::vector<Sleeper*> threads{&desk_};
        for (const auto& [id, client] : clients_) threads.push_back(&client->thread);
        std::vector<pollfd> watched;
        for (const Sleeper* thread : threads) watched.push_back(thread->watched());
        static_cast<void>(wait_for_events(watched, TimePoint{}));
        for (std::size_t i = 0; i < threads.size(); ++i) {
            if (watched[i].revents != 0) threads[i]->wake(true);
        }
    }

    // As Session does it, but for the socket.
    void act(ClientId id, Client& client) {
        if (client.reads) read(client);
        const Chat::Taken taken = take_lines(id, client);
        if (taken.more && !taken.congested) return;
        client.congested = taken.congested;

        const Bytes rest = client.outbox.next();
        ASSERT_LE(rest.size(), kOutboxLimit);
        const bool over = client.input.ended && !client.input.held && client.input.lines.empty() &&
                          !chat_->owes_reply(id) && rest.empty();
        if (client.outbox.take_lost() > 0) return leave(id, "does not read");
        if (client.outbox.closed() || over) return leave(id, "");
        client.thread.sleep();
    }

    Chat::Taken take_lines(ClientId id, Client& client) {
        if (!client.input.held && client.input.lines.empty()) return {};
        return chat_->take_lines(id, client.input, now_);
    }

    void read(Client& client) {
        for (Bytes bytes = client.outbox.next(); !bytes.empty(); bytes = client.outbox.next()) {
            client.read += as_text(bytes);
            client.outbox.sent(bytes.size(), now_);
        }
        for (std::size_t end; (end = client.read.find('\n')) != std::string::npos;) {
            client.last_line = client.read.substr(0, end);
            client.read.erase(0, end + 1);
            const ServerLine line = parse_server_line(client.last_line);
            if (line.kind == ServerLine::Kind::reply) {
                expect_next(client.replies, client.last_line);
            } else if (line.kind == ServerLine::Kind::room && !contains(line.text, " to ")) {
                client.heard.push_back(client.last_line);
            }
        }
    }

    static bool contains(std::string_view text, std::string_view part) {
        return text.find(part) != std::string_view::npos;
    }

    static void expect_next(std::deque<std::string>& expected, const std::string& came) {
        ASSERT_FALSE(expected.empty()) << came;
        ASSERT_EQ(came, expected.front());
        expected.pop_front();
    }

    // One order for all: what the operator has seen, without what this client said itself.
    void compare(Client& client) {
        for (const std::string& line : std::exchange(client.heard, {})) {
            skip_own(client);
            ASSERT_LT(client.compared, said_.size()) << line;
            ASSERT_EQ(line, said_[client.compared++].first);
        }
        skip_own(client);
    }
    void skip_own(Client& client) const {
        const auto is_own = [&](std::size_t i) { return said_[i].second == &client; };
        while (client.compared < said_.size() && is_own(client.compared)) ++client.compared;
    }

    // As Operator does it, with its lines from a pipe.
    void act_desk() {
        Outbox& outbox = chat_->operator_outbox();
        for (Bytes bytes = outbox.next(); !bytes.empty(); bytes = outbox.next()) {
            std::string_view lines = as_text(bytes);
            while (!lines.empty()) {
                if (lines.front() == Chat::kMessage)
                    see(std::string(lines.substr(1, lines.find('\n') - 1)));
                lines.remove_prefix(lines.find('\n') + 1);
            }
            outbox.sent(bytes.size(), now_);
        }
        while (!script_.empty() && attempt(script_.front())) script_.pop_front();
        static_cast<void>(chat_->prompt());  // throws where it names one who is gone
        desk_.sleep();
    }

    // "[3 name] m17" or "<name> m17". A client that has left meanwhile is not looked for.
    void see(const std::string& line) {
        const std::string text = line.substr(line.rfind(' ') + 1);
        for (auto& [id, client] : clients_) {
            if (std::find(client->messages.begin(), client->messages.end(), text) ==
                client->messages.end()) {
                continue;
            }
            expect_next(client->messages, text);
            if (!room_) {
                ASSERT_TRUE(line.starts_with("[" + std::to_string(id) + " ")) << line;
                ASSERT_EQ(std::count(waiting_.begin(), waiting_.end(), id), 0) << "not its turn";
                waiting_.push_back(id);
            }
            if (room_) said_.emplace_back(line, client.get());
            return;
        }
        if (room_) said_.emplace_back(line, nullptr);
    }

    // Who waits for a reply, in the order in which they asked.
    void forget_those_who_left() {
        std::erase_if(waiting_, [this](ClientId id) { return !chat_->owes_reply(id); });
    }

    bool attempt(const std::string& line) {
        forget_those_who_left();
        const std::deque<ClientId> before = waiting_;
        const bool command = line.starts_with('/');
        const bool addressed = line.starts_with('@');
        if (room_ && !command && !addressed) said_.emplace_back("<server> " + line, nullptr);
        const Chat::Outcome outcome = chat_->operator_line(line, now_);
        forget_those_who_left();

        const std::string text = line.substr(line.find(' ') + 1);
        if (room_ || command) return outcome == Chat::Outcome::done;
        if (outcome != Chat::Outcome::done) {
            EXPECT_EQ(waiting_, before);
            EXPECT_TRUE(addressed || before.empty()) << "somebody waits: " << line;
            return false;
        }
        EXPECT_LE(before.size() - waiting_.size(), 1u);
        for (const ClientId id : before) {
            if (std::count(waiting_.begin(), waiting_.end(), id) > 0) continue;
            EXPECT_TRUE(addressed || id == before.front()) << "not the oldest";
            clients_.at(id)->replies.push_back(text);
        }
        return true;
    }

    void expect_that_nobody_has_slept_on() {
        if (!script_.empty()) {
            ASSERT_FALSE(attempt(script_.front())) << "the script slept: " << script_.front();
        }
        for (auto& [id, client] : clients_) {
            compare(*client);
            if (client->congested) continue;
            const auto before = client->input.lines.size() + client->input.held.has_value();
            static_cast<void>(take_lines(id, *client));
            ASSERT_EQ(client->input.lines.size() + client->input.held.has_value(), before)
                << "client " << id << " slept";
        }
    }

    // --- the end: all read again, and everything is said and answered

    void finish() {
        for (int i = 0; i < 500 && !script_.empty(); ++i) {
            help(script_.front());
            everybody_goes_on();
            if (::testing::Test::HasFailure()) return;
        }
        ASSERT_TRUE(script_.empty()) << "never carried out: " << script_.front();
        everybody_goes_on();
        for (auto& [id, client] : clients_) {
            ASSERT_TRUE(client->replies.empty()) << client->replies.front();
            ASSERT_TRUE(!room_ || client->compared == said_.size());
            ASSERT_TRUE(!room_ || client->messages.empty());
        }

        chat_->close_all(now_);
        wake_up();
        for (auto& [id, client] : clients_) {
            ASSERT_TRUE(client->thread.awake());
            ASSERT_TRUE(client->outbox.closed());
            read(*client);
            ASSERT_EQ(client->last_line, kClosingNotice);
        }
        ASSERT_TRUE(desk_.awake());
    }

    // What the line at the front of the script waits for.
    void help(const std::string& line) {
        const std::string whom = line.starts_with('@') ? line.substr(1, line.find(' ') - 1) : "";
        if (whom.starts_with('n') || clients_.empty()) join();
        if (whom.starts_with('n')) speak(*clients_.rbegin()->second, "/nick " + whom + "\n");
        while (!whom.empty() && !whom.starts_with('n') && last_id_ < std::stoul(whom)) join();
        for (auto& [id, client] : clients_) {
            if (!client->input.ended) speak(*client, message(*client) + "\n");
        }
    }

    void everybody_goes_on() {
        do {
            now_ += seconds(2);
            for (auto& [id, client] : clients_) {
                client->reads = true;
                client->congested = false;
                client->thread.wake(false);
            }
            settle();
        } while (!::testing::Test::HasFailure() &&
                 std::any_of(clients_.begin(), clients_.end(),
                             [](const auto& one) { return one.second->congested; }));
    }

    std::mt19937_64 random_;
    const bool room_;
    const Tracer tracer_;
    const std::unique_ptr<Chat> chat_;
    Sleeper desk_{chat_->operator_outbox()};
    std::map<ClientId, std::unique_ptr<Client>> clients_;
    ClientId last_id_ = 0;
    std::deque<std::string> script_;
    std::deque<ClientId> waiting_;                             // dialogues
    std::vector<std::pair<std::string, const Client*>> said_;  // room: and by whom
    int messages_ = 0;
    TimePoint now_{seconds(1000)};
};

void play_all(bool room) {
    const char* const given = std::getenv("CHAT_SEED");
    const std::uint64_t first = given == nullptr ? 1 : std::stoull(given);
    const std::uint64_t last = given == nullptr ? kSeeds : first;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        SCOPED_TRACE("CHAT_SEED=" + std::to_string(seed));
        Play(seed, room).run();
        if (::testing::Test::HasFailure()) return;
    }
}

TEST(Problem6ChatRandom, DialoguesKeepTheirTurnsAndTheScriptNeverSticks) {
    play_all(false);
}

TEST(Problem6ChatRandom, ARoomHasOneOrderForAll) {
    play_all(true);
}

}  // namespace
}  // namespace netlab::problem6
