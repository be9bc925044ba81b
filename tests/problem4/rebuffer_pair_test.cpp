// SPDX-License-Identifier: MIT
//
// A real player at the end of a bad network: mpv tells over its IPC socket when it has to wait for
// more, and it must not.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <future>

#include "common/io.hpp"
#include "tests/problem4/client_fixture.hpp"
#include "tests/problem4/clips.hpp"

namespace netlab::problem4 {
namespace {

using namespace netlab::testing;
using Counters = UdpFaultProxy::Counters;

// The end of mpv's IPC socket (mpv(1), JSON IPC): tells whenever paused-for-cache changes.
class PlayerWatch {
  public:
    // The player is about to make the socket.
    explicit PlayerWatch(const std::string& path)
        : socket_(check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        const TimePoint deadline = give_up_after(kPatience);
        while (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                         sizeof address) < 0) {
            if (Clock::now() > deadline) throw SystemError("connect", path);
            ::poll(nullptr, 0, 5);
        }
        write_all(socket_.get(),
                  as_bytes("{\"command\":[\"observe_property\",1,\"paused-for-cache\"]}\n"), path);
    }

    // All that it says, until it ends.
    std::string read_to_end() {
        std::string all;
        std::array<std::byte, 4096> buffer;
        const TimePoint deadline = give_up_after(seconds(60));
        try {
            while (const auto count = read_some(socket_, buffer, deadline, "mpv")) {
                if (*count == 0) return all;
                all += as_text(Bytes(buffer).first(*count));
            }
        } catch (const SystemError& error) {
            if (error.code() == ECONNRESET) return all;
            throw;
        }
        throw TimeoutError("mpv does not end: " + all);
    }

  private:
    FileDescriptor socket_;
};

class Problem4Rebuffering : public ClientTest {
  protected:
    [[nodiscard]] std::string mpv(const std::string& ipc = "ipc") const {
        return "exec mpv --no-config --vo=null --ao=null --really-quiet --cache=no "
               "--input-ipc-server=" +
               quoted(ipc) + " -";
    }
    static std::string folder_of_clips() {
        const std::string path = clip(kClip);
        return path.substr(0, path.rfind('/'));
    }

    void expect_no_wait(std::uint16_t port, int percent) {
        const std::string ipc = "ipc" + std::to_string(percent);
        UdpFaultProxy proxy(port, bad_network(percent / 100.0));
        SCOPED_TRACE(proxy.describe());
        const TimePoint start = Clock::now();
        Subprocess player(client(proxy.port(), {"--player", mpv(ipc), kClip}));
        const std::string said = PlayerWatch(dir_ / ipc).read_to_end();

        EXPECT_EQ(player.wait().code, 0) << player.err();
        EXPECT_GE(Clock::now() - start, kLongClipLength - milliseconds(200))
            << "it has really played";
        EXPECT_NE(said.find(kPlays), std::string::npos) << said;
        EXPECT_EQ(said.find(kWaits), std::string::npos) << said;
        EXPECT_EQ(statistic(player.err(), "starvations"), 0U) << player.err();
        EXPECT_EQ(statistic(player.err(), "abandoned"), 0U);
    }

    static constexpr const char* kClip = "long.mp4";
    static constexpr const char* kWaits = "\"name\":\"paused-for-cache\",\"data\":true";
    static constexpr const char* kPlays = "\"name\":\"paused-for-cache\",\"data\":false";
};

TEST_F(Problem4Rebuffering, NeverHappensAtALossOf1To20Percent) {
    NETLAB_SKIP_WITHOUT("mpv");
    NETLAB_SKIP_WITHOUT("ffmpeg");
    Server server("problem4/server", {"--root", folder_of_clips()});
    std::vector<std::future<void>> viewers;  // side by side
    for (const int percent : {1, 5, 10, 20}) {
        viewers.push_back(std::async(std::launch::async,
                                     [&, percent] { expect_no_wait(server.port(), percent); }));
    }
    for (auto& viewer : viewers) viewer.get();
}

TEST_F(Problem4Rebuffering, DoesNotHappenInAHoleOf2Seconds) {
    NETLAB_SKIP_WITHOUT("mpv");
    NETLAB_SKIP_WITHOUT("ffmpeg");
    Server server("problem4/server", {"--root", folder_of_clips()});
    UdpFaultProxy proxy(server.port());
    Subprocess player(client(proxy.port(), {"--player", mpv(), kClip}));
    PlayerWatch watch(dir_ / "ipc");
    // The client reports every 50 ms.
    proxy.wait_for(Direction::kToServer, &Counters::received, 40);
    proxy.black_hole(true);
    proxy.wait_for(Direction::kToServer, &Counters::received, 40 + 40);
    proxy.black_hole(false);
    EXPECT_EQ(watch.read_to_end().find(kWaits), std::string::npos);
    EXPECT_EQ(player.wait().code, 0) << player.err();
    EXPECT_EQ(statistic(player.err(), "abandoned"), 0U);
}

// The same test can fail: otherwise it would prove nothing.
TEST_F(Problem4Rebuffering, IsSeenWhereTheHoleIsLongerThanTheLatency) {
    NETLAB_SKIP_WITHOUT("mpv");
    NETLAB_SKIP_WITHOUT("ffmpeg");
    Server server("problem4/server", {"--root", folder_of_clips()});
    UdpFaultProxy proxy(server.port());
    Subprocess player(client(proxy.port(), {"--latency", "200ms", "--player", mpv(), kClip}));
    PlayerWatch watch(dir_ / "ipc");
    proxy.wait_for(Direction::kToServer, &Counters::received, 40);
    proxy.black_hole(true);
    proxy.wait_for(Direction::kToServer, &Counters::received, 40 + 80);
    proxy.black_hole(false);
    EXPECT_NE(watch.read_to_end().find(kWaits), std::string::npos);
    EXPECT_EQ(player.wait().code, 0) << "and it goes on: " << player.err();
    EXPECT_GE(statistic(player.err(), "starvations"), 1U);
    EXPECT_EQ(statistic(player.err(), "abandoned"), 0U);
}

}  // namespace
}  // namespace netlab::problem4
