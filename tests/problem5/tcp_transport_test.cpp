// SPDX-License-Identifier: MIT
#include "problem5/transport.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/raw.hpp"

namespace netlab::problem5 {
namespace {

using namespace netlab::testing;

// While it lives, this process can open nothing more.
class NoDescriptors {
  public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &found_);
        const int next = ::dup(STDERR_FILENO);
        ::close(next);
        const rlimit none{static_cast<rlim_t>(next), found_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &found_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

  private:
    rlimit found_{};
};

TEST(Problem5TcpServer, HearsAgainAfterItRanOutOfDescriptors) {
    const Tracer tracer;
    TcpListener listener("127.0.0.1", 0);
    const RawTcp client(listener.local_address().port());
    const auto server = tcp_server(std::move(listener), "", tracer);
    const TimePoint now{seconds(1000)};
    {
        const NoDescriptors none;
        server->accept(now);
    }
    const auto notices = server->take_notices();
    ASSERT_EQ(notices.size(), 1U);
    EXPECT_NE(notices[0].text.find("Too many open files"), std::string::npos) << notices[0].text;
    EXPECT_LT(server->watched().listener.fd, 0) << "it would be readable all the time";

    // Whatever the time, it either listens or is to be woken.
    const TimePoint again = server->next_deadline();
    ASSERT_LT(again, now + seconds(1));
    for (const TimePoint when : {again - Duration(1), again, again + Duration(1)}) {
        server->on_timer(when);
        EXPECT_EQ(server->watched().listener.fd >= 0, when >= again);
        EXPECT_EQ(server->next_deadline() == kNever, when >= again);
    }
    server->accept(again);
    EXPECT_NE(server->peer(), nullptr);
}

}  // namespace
}  // namespace netlab::problem5
