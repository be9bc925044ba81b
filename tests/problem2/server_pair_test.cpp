// SPDX-License-Identifier: MIT
// The server of problem 2, spoken to by hand as with nc(1).

#include <sys/stat.h>

#include "common/checksum.hpp"
#include "problem2/protocol.hpp"
#include "tests/problem2/server_fixture.hpp"
#include "tests/support/raw.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace netlab::problem2 {
namespace {

using namespace netlab::testing;
using namespace std::string_literals;
namespace fs = std::filesystem;

TEST_F(Problem2Server, SendsTheFileThatIsNamed) {
    Server server("problem2/server", options());
    RawTcp peer(server.port());
    peer.send("GET notes.txt\n");
    peer.half_close();
    EXPECT_EQ(peer.read_to_end(), std::string("OK 25\n") + kNotes);
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Problem2Server, AnswersManyRequestsOnOneConnectionInOrder) {
    Server server("problem2/server", options());
    RawTcp peer(server.port());
    Crc32 sum;
    sum.update(as_bytes(kNotes));
    std::string requests;
    std::string expected;
    for (int i = 0; i < 200; ++i) {
        requests += "GET notes.txt\r\nSUM notes.txt\nGET missing\nGET@20 notes.txt\nGET empty\n";
        expected += std::string("OK 25\n") + kNotes + sum_line(sum.value()) +
                    "ERROR no such file\nOK 5\nile.\nOK 0\n";
    }
    peer.send(requests + "QUIT\nGET notes.txt\n");
    EXPECT_TRUE(same_bytes(peer.read_to_end(), expected));
}

TEST_F(Problem2Server, PutsRequestsTogetherThatArriveByteByByte) {
    Server server("problem2/server", options());
    TcpProxy proxy(server.port(), {.to_server = {.write_size = 1}});
    RawTcp peer(proxy.port());
    peer.send("GET@13 notes.txt\nSUM empty\nQUIT\n");
    EXPECT_EQ(peer.read_to_end(), "OK 12\nget a file.\nOK 00000000\n");
}

TEST_F(Problem2Server, AnswersALastRequestWithoutANewline) {
    Server server("problem2/server", options());
    RawTcp peer(server.port());
    peer.send("GET notes.txt");
    peer.half_close();
    EXPECT_EQ(peer.read_to_end(), std::string("OK 25\n") + kNotes);
}

TEST_F(Problem2Server, SendsFromAnOffset) {
    Server server("problem2/server", options());
    RawTcp peer(server.port());
    peer.send("GET@299990 long.bin\nGET@300000 long.bin\nGET@300001 long.bin\nGET@x long.bin\n");
    EXPECT_EQ(peer.read_line(), "OK 10");
    EXPECT_TRUE(same_bytes(peer.read_exact(10), long_.substr(299'990)));
    EXPECT_EQ(peer.read_line(), "OK 0");
    EXPECT_EQ(peer.read_line(), "ERROR the offset is beyond the end of the file");
    EXPECT_EQ(peer.read_line(), "ERROR the offset is not a number");
}

TEST_F(Problem2Server, ListsTheRootAndItsFolders) {
    Server server("problem2/server", options());
    RawTcp peer(server.port());
    peer.send("LIST lab/\nLIST\nLIST missing\nQUIT\n");
    const std::string all = peer.read_to_end();
    EXPECT_TRUE(matching("^OK [0-9]+\n6\t[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z\tnumbers.txt\n"
                         "OK [0-9]+\n0\t[^\t]*\tempty\n0\t[^\t]*\tlab/\n300000\t[^\t]*\tlong.bin\n")
                    .find(all))
        << all;
    EXPECT_TRUE(all.ends_with("ERROR no such folder\n")) << all;
}

TEST_F(Problem2Server, LetsNoNameLeadOutOfTheRoot) {
    const TempDir outside;
    write_file(outside / "secret", "secret");
    fs::create_symlink(outside / "secret", root_ / "link");
    fs::create_symlink("notes.txt", root_ / "inner_link");
    fs::create_directory_symlink(outside.path(), root_ / "folder_link");
    fs::create_directory_symlink("..", root_ / "lab/up");
    fs::create_symlink("/dev/zero", root_ / "zero");
    ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0666), 0);
    ::mknod((root_ / "device").c_str(), S_IFCHR | 0666, 0x105);  // /dev/zero; needs root
    const std::string beside = "../" + fs::path(outside.path()).filename().string() + "/secret";
    std::string deep;
    for (int i = 0; i < 2000; ++i) deep += "lab/../";

    const std::vector<std::string> names = {
        // out of the root, by all the ways of writing it
        beside, "lab/../" + beside, "lab/../../" + beside.substr(3), deep + beside,
        outside / "secret", "/" + outside / "secret", root_ / "notes.txt", "/etc/passwd",
        "//etc/passwd", "~/.profile", "file:///etc/passwd", "..%2f..%2fetc/passwd",
        "..\\..\\etc\\passwd", "..", ".", "/", "", "./notes.txt", "lab/./numbers.txt", "lab//x",
        // symbolic links at any part
        "link", "inner_link", "zero", "folder_link", "folder_link/secret", "lab/up/notes.txt",
        "lab/up/up/etc/passwd",
        // what is there, but no file
        "fifo", "device", "lab", "notes.txt/", "notes.txt/x",
        // names that cannot be
        "notes.txt\0"s, "notes.txt\0.bin"s, "\0"s, "notes.txt\x7f", "notes\ttxt", "\xff\xfe",
        std::string(255, 'n'), std::string(256, 'n'), std::string(60'000, 'n'), "notes.txt ",
        " notes.txt"};

    Server server("problem2/server", options());
    RawTcp peer(server.port());
    for (const std::string& name : names) {
        for (const char* request : {"GET ", "GET@0 ", "GET@1 ", "SUM "}) {
            peer.send(request + name + "\n");
            ASSERT_EQ(peer.read_line(), "ERROR no such file") << request << name;
        }
        if (name.empty() || name == "lab") continue;
        peer.send("LIST " + name + "\n");
        ASSERT_EQ(peer.read_line(), "ERROR no such folder") << name;
    }
    peer.send("GET notes.txt\nQUIT\n");
    EXPECT_EQ(peer.read_to_end(), std::string("OK 25\n") + kNotes);
}

TEST_F(Problem2Server, SaysWhichRequestsThereAre) {
    Server server("problem2/server", options());
    RawTcp peer(server.port());
    for (const char* request : {"", "HELP", "get notes.txt", "\x1b[2J", "QUIT please"}) {
        peer.send(std::string(request) + "\n");
        EXPECT_TRUE(matching("^ERROR unknown request; there are GET").find(peer.read_line()));
    }
}

TEST_F(Problem2Server, ServesASecondClientWhileTheFirstOneIsServed) {
    Server server("problem2/server", options({"--write-size", "1000", "--pause", "600s"}));
    RawTcp first(server.port());
    first.send("GET long.bin\n");
    EXPECT_EQ(first.read_line(), "OK 300000");
    EXPECT_TRUE(same_bytes(first.read_exact(1000), long_.substr(0, 1000)));
    RawTcp second(server.port());
    second.send("GET short.bin\nQUIT\n");
    EXPECT_TRUE(same_bytes(second.read_to_end(), "OK 1000\n" + short_));
}

TEST_F(Problem2Server, ServesOneClientAfterTheOtherWhenIterative) {
    Server server("problem2/server", options({"--iterative"}));
    RawTcp first(server.port());
    first.send("GET notes.txt\n");
    EXPECT_EQ(first.read_line(), "OK 25");
    RawTcp second(server.port());
    second.send("GET short.bin\nQUIT\n");
    first.send("GET short.bin\nQUIT\n");
    EXPECT_EQ(first.read_to_end(), kNotes + ("OK 1000\n" + short_));
    first.close();
    EXPECT_EQ(second.read_to_end(), "OK 1000\n" + short_);

    // The log has every line of the first client before any of the second one's.
    server.process().wait_for_err("GET short.bin: 1000 bytes");
    EXPECT_EQ(server.stop().code, 0);
    const std::string log = server.process().err();
    const std::size_t next_client = log.find("connected", log.find("connected") + 1);
    EXPECT_LT(log.find("GET short.bin"), next_client) << log;
}

TEST_F(Problem2Server, LogsWhoGotWhatFromWhichThread) {
    Server server("problem2/server", options());
    RawTcp peer(server.port());
    peer.send("GET notes.txt\nGET \x1b[31m\n");
    EXPECT_EQ(peer.read_exact(31), std::string("OK 25\n") + kNotes);
    EXPECT_NO_THROW(server.process().wait_for_err(matching(
        R"(^server: \[thread 1\] 127.0.0.1:[0-9]+ GET notes.txt: 25 bytes, 0\.[0-9]+ s$)")));
    EXPECT_NO_THROW(server.process().wait_for_err(R"(GET \x1b[31m: ERROR no such file)"));
}

TEST_F(Problem2Server, ShowsEachMessageWithTrace) {
    Server server("problem2/server", options({"--trace", "--quiet", "--write-size", "20"}));
    RawTcp peer(server.port());
    peer.send("GET notes.txt\nQUIT\n");
    peer.read_to_end();
    EXPECT_EQ(server.stop().code, 0);
    EXPECT_TRUE(matching("^ +[0-9.]+ ms  <- GET notes.txt\n +[0-9.]+ ms  -> OK 25\n"
                         " +[0-9.]+ ms  -> 20 bytes\n +[0-9.]+ ms  -> 5 bytes\n"
                         " +[0-9.]+ ms  <- QUIT\n$")
                    .find(server.process().err()))
        << server.process().err();
}

}  // namespace
}  // namespace netlab::problem2
