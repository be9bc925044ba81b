// SPDX-License-Identifier: MIT
//
// The streaming server as it is run by hand, with clients that speak its protocol packet by packet,
// and with a crowd of light ones.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "common/error.hpp"
#include "tests/problem4/light_client.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem4 {
namespace {

using namespace netlab::testing;

constexpr std::uint32_t kRate = 37'500;  // 300 kbit/s
constexpr Duration kLength = seconds(5);
constexpr Duration kSilence = milliseconds(300);  // in which an answer would have come
constexpr std::uint64_t kNonce = 0x0102030405060708;

std::string bytes_of(const Packet& packet) {
    return std::string(as_text(encode(packet)));
}

// A client that says what the test tells it.
class Peer {
  public:
    explicit Peer(std::uint16_t port) : udp_(port) {}

    void say(std::uint64_t to, const Body& body) { udp_.send(bytes_of({to, body})); }
    void say_bytes(std::string_view bytes) { udp_.send(bytes); }

    // The next packet: a description of it ("" for silence). Throws where it is none.
    std::string hear(Duration timeout = kPatience) {
        const auto datagram = udp_.receive(timeout);
        if (!datagram) return "";
        heard_bytes += datagram->size();
        const auto packet = decode(as_bytes(*datagram));
        if (!packet) throw ProtocolError("the server sent something that is no packet");
        session = packet->session;
        last_body = packet->body.index();
        return describe(*packet);
    }

    // REQUEST, CHALLENGE, START: returns the answer to it.
    std::string start(const std::string& name) {
        say(0, Request{kNonce, name});
        EXPECT_EQ(hear(), "CHALLENGE");
        say(session, Start{kNonce, 2000, 0, name});
        return hear();
    }

    void report() { say(session, Report{++reports_, 0, 0, 0, {}}); }

    // The next packet of that kind ("DATA"): what comes before is passed over.
    std::string hear_next(const std::string& kind) {
        for (std::string text = hear(); !text.empty(); text = hear()) {
            if (text.starts_with(kind)) return text;
        }
        return "";
    }

    std::uint64_t session = 0;
    std::size_t heard_bytes = 0;
    std::size_t last_body = 0;

  private:
    RawUdp udp_;
    std::uint32_t reports_ = 0;
};

class Problem4Server : public ::testing::Test {
  protected:
    Problem4Server() : clip_(wav_clip(kRate, kLength)) { write_file(dir_ / "tone.wav", clip_); }

    Server serve(Argv args = {}) {
        args.insert(args.begin(), {"--root", dir_.path()});
        return Server("problem4/server", args);
    }

    // What a client is told that asks for this name.
    static std::string answer(Server& server, const std::string& name) {
        return Peer(server.port()).start(name);
    }

    TempDir dir_;
    std::string clip_;
};

TEST_F(Problem4Server, DeliversAClipByteForByteAtTheSpeedAtWhichItIsPlayed) {
    Server server = serve({"--once"});
    std::vector<LightClient> clients;
    clients.emplace_back(server.port(), "tone.wav", clip_, kRate);
    run_all(clients, seconds(30));
    EXPECT_EQ(clients[0].error(), "");
    EXPECT_EQ(clients[0].starved(), Duration{});
    EXPECT_EQ(server.process().wait().code, 0);
    const std::string summary =
        "sent tone.wav to 127\\.0\\.0\\.1:[0-9]+: 187544 bytes in [0-9]+ "
        "datagrams, 0 resent, ([0-9.]+) s, [0-9.]+ [kM]?B/s\n";
    const Match line = server.process().wait_for_out(matching(summary));
    EXPECT_NEAR(std::stod(line.groups[1]), to_seconds(kLength), 1);
}

TEST_F(Problem4Server, GivesASpoofedRequestNoMoreBytesThanItHas) {
    Server server = serve();
    Peer victim(server.port());
    std::size_t sent = 0;
    for (const std::string& name :
         {std::string(), std::string("tone.wav"), std::string(1000, 'x')}) {
        const Packet request{0, Request{kNonce, name}};
        sent += encode(request).size();
        victim.say(0, request.body);
        EXPECT_EQ(victim.hear(), "CHALLENGE");
        EXPECT_LE(victim.heard_bytes, sent);
    }
    // Whoever spoofed them never sees the session, and cannot guess it.
    for (const std::uint64_t guess : {std::uint64_t{1}, kNonce, victim.session + 1}) {
        victim.say(guess, Start{kNonce, 2000, 0, "tone.wav"});
    }
    Peer attacker(server.port());
    attacker.say(victim.session, Start{kNonce, 2000, 0, "tone.wav"});
    EXPECT_EQ(victim.hear(kSilence), "");
    EXPECT_EQ(attacker.hear(milliseconds(1)), "");
}

TEST_F(Problem4Server, AnswersGarbageWithSilenceAndGoesOn) {
    Server server = serve();
    Peer peer(server.port());
    peer.say_bytes("");
    peer.say_bytes("GET / HTTP/1.1\r\n\r\n");
    peer.say_bytes(random_bytes(60'000, 7));
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        peer.say_bytes(random_bytes(seed, seed));
        std::string damaged = bytes_of({0, Request{kNonce, "tone.wav"}});
        damaged[seed % damaged.size()] ^= static_cast<char>(1 << seed % 8);
        peer.say_bytes(damaged);
        peer.say_bytes(bytes_of({0, Request{kNonce, "tone.wav"}}).substr(0, seed % 24));
    }
    for (const Body& body : {Body(Report{1, 0, 0, Report::kEcho, {}}), Body(Bye{}), Body(Alive{}),
                             Body(Error{"boo"}), Body(Info{}), Body(Challenge{})}) {
        peer.say(kNonce, body);
    }
    EXPECT_EQ(peer.hear(kSilence), "");
    EXPECT_EQ(answer(server, "tone.wav").find("INFO"), 0U);
}

TEST_F(Problem4Server, RefusesNamesThatLeadOutOfItsRootAndWhatIsNoMediaFile) {
    write_file(dir_ / "empty.wav", "");
    std::filesystem::create_directory(dir_ / "folder");
    std::filesystem::create_symlink("tone.wav", dir_ / "link.wav");
    ASSERT_EQ(::mkfifo((dir_ / "fifo.wav").c_str(), 0600), 0);
    Server server = serve();
    const std::vector<std::pair<std::string, std::string>> refused{
        {"none.wav", "ERROR none.wav: No such file or directory"},
        {"", "ERROR empty name"},
        {"../tone.wav", "ERROR ../tone.wav: '.' and '..' are not allowed"},
        {"folder/../tone.wav", "ERROR folder/../tone.wav: '.' and '..' are not allowed"},
        {"/etc/passwd", "ERROR /etc/passwd: not a relative name"},
        {"tone.wav\n", "ERROR tone.wav\\x0a: control character in name"},
        {"empty.wav", "ERROR empty.wav: is empty"},
        {"folder", "ERROR folder: is a directory"},
        {"fifo.wav", "ERROR fifo.wav: is not a regular file"},
        {"link.wav", "ERROR link.wav: Too many levels of symbolic links"},
    };
    for (const auto& [name, expected] : refused) EXPECT_EQ(answer(server, name), expected);
    for (const auto& [name, expected] : refused) {
        server.process().wait_for_err(": " + expected.substr(6) + "\n");
    }
    EXPECT_EQ(answer(server, "tone.wav").find("INFO"), 0U);
}

TEST_F(Problem4Server, ForgetsASilentClientAfterFiveSeconds) {
    Server server = serve();
    Peer peer(server.port());
    peer.start("tone.wav");
    peer.report();
    const TimePoint start = Clock::now();
    server.process().wait_for_err(": tone.wav: nothing heard for 5 s\n");
    EXPECT_NEAR(to_seconds(Clock::now() - start), 5, 0.5);
    while (peer.last_body != Body(Error{}).index()) ASSERT_NE(peer.hear(), "");
    EXPECT_EQ(peer.hear(kSilence), "") << "and sends no more";
}

TEST_F(Problem4Server, SaysByeToItsClientsWhenItIsEnded) {
    Server server = serve();
    Peer first(server.port());
    Peer second(server.port());
    first.start("tone.wav");
    second.start("tone.wav");
    server.process().send_signal(SIGTERM);
    EXPECT_EQ(first.hear(), "BYE contiguous=0");
    EXPECT_EQ(second.hear(), "BYE contiguous=0");
    EXPECT_EQ(server.process().wait().code, 0);
}

TEST_F(Problem4Server, ExitsWithTheOutcomeOfItsOnlyClient) {
    Server missing = serve({"--once"});
    answer(missing, "none.wav");
    EXPECT_EQ(missing.process().wait().code, 1);

    Server left = serve({"--once"});
    Peer peer(left.port());
    peer.start("tone.wav");
    EXPECT_EQ(answer(left, "tone.wav"), "ERROR tone.wav: this server serves one client only");
    peer.say(peer.session, Bye{0});
    EXPECT_EQ(left.process().wait().code, 0);
}

TEST_F(Problem4Server, DrawsTheSameSizesForTheSameSeed) {
    const auto sizes = [&](const std::string& seed) {
        Server server = serve({"--seed", seed});
        Peer peer(server.port());
        peer.start("tone.wav");
        peer.report();
        std::string all;
        for (int i = 0; i < 5; ++i) all += peer.hear_next("DATA") + "\n";
        return all;
    };
    const std::string seven = sizes("7");
    EXPECT_EQ(sizes("7"), seven);
    EXPECT_NE(sizes("8"), seven);
}

TEST_F(Problem4Server, TracesEveryPacketOnALine) {
    Server server = serve({"--trace"});
    answer(server, "tone.wav");
    for (const char* line :
         {" ms  <- REQUEST name=tone.wav peer=127.0.0.1:", " ms  -> CHALLENGE peer=127.0.0.1:",
          " ms  <- START latency=2 s name=tone.wav peer=127.0.0.1:",
          " ms  -> INFO size=187544 duration_us=5000000 container=wav peer="}) {
        server.process().wait_for_err(line);
    }
}

TEST_F(Problem4Server, RefusesABadCommandLineAndWhatItCannotServe) {
    const auto server = [](const Argv& args) {
        Argv argv{program("problem4/server")};
        argv.insert(argv.end(), args.begin(), args.end());
        return run(argv);
    };
    for (const Argv& args :
         {Argv{"--seed", "x"}, Argv{"--rate", "0"}, Argv{"--rate", "999"}, Argv{"--rate", "1G"},
          Argv{"--max-clients", "0"}, Argv{"operand"}, Argv{"--port", "65536"}}) {
        const Finished bad = server(args);
        EXPECT_EQ(bad.code, 2) << bad.err;
        EXPECT_NE(bad.err.find("usage: server"), std::string::npos) << bad.err;
    }
    const Finished no_root = server({"--root", dir_ / "none", "-p", "0"});
    EXPECT_EQ(no_root.code, 1);
    EXPECT_EQ(no_root.err, "server: open " + (dir_ / "none") + ": No such file or directory\n");
    Server first = serve();
    const Finished taken = server({"-p", std::to_string(first.port())});
    EXPECT_EQ(taken.code, 1);
    EXPECT_EQ(taken.err, "server: bind 127.0.0.1:" + std::to_string(first.port()) +
                             ": Address already in use\n");
}

const int kCrowd = sanitized() ? 50 : 200;
const double kMaxGrowth = sanitized() ? 64e6 : 4e6;  // sanitizers keep freed memory for a while

// The resident memory of a process in bytes (proc(5)).
double resident_memory(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
    double all = 0;
    double resident = 0;
    file >> all >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

// Clients whose stream was not what it should have been: late, or with a pause.
std::size_t count_late(const std::vector<LightClient>& clients) {
    return static_cast<std::size_t>(std::ranges::count_if(clients, [](const LightClient& client) {
        EXPECT_EQ(client.error(), "");
        return client.starved() >= milliseconds(100) ||
               std::abs(to_seconds(client.elapsed() - kLength)) >= 1;
    }));
}

TEST_F(Problem4Server, Serves200ClientsAtOnceEachInTimeWithFlatMemory) {
    Server server = serve();
    std::vector<LightClient> clients;
    for (int i = 0; i < kCrowd; ++i) {
        clients.emplace_back(server.port(), "tone.wav", clip_, kRate);
    }

    // Memory is measured after two seconds and at the end of each client's stream.
    double early = 0;
    const TimePoint start = Clock::now();
    const pid_t pid = server.process().pid();
    double most = 0;
    run_all(clients, seconds(60), [&](TimePoint now) {
        const double memory = resident_memory(pid);
        if (now - start < seconds(2)) early = std::max(early, memory);
        most = std::max(most, memory);
    });
    EXPECT_LT(most - early, kMaxGrowth) << "of " << most;
    EXPECT_EQ(count_late(clients), 0U);
}

}  // namespace
}  // namespace netlab::problem4
