// SPDX-License-Identifier: MIT
// The client of problem 2, with the real server and with servers made by hand that misbehave.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "common/line_reader.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace netlab::problem2 {
namespace {

using namespace netlab::testing;
namespace fs = std::filesystem;

class Problem2Client : public ::testing::Test {
  protected:
    Problem2Client() {
        fs::create_directories(folder_ / "root/lab");
        write_file(folder_ / "root/notes.txt", "notes\n");
        write_file(folder_ / "root/lab/numbers.txt", "1\n2\n3\n");
        write_file(folder_ / "root/empty", "");
        write_file(folder_ / "root/long.bin", long_);
    }

    // In a folder where "downloads" is to appear.
    Argv client(std::uint16_t port, const Argv& more) const {
        Argv all{program("problem2/client"), "-p", std::to_string(port)};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    Finished run_client(std::uint16_t port, const Argv& more, SpawnOptions options = {}) const {
        options.cwd = folder_.path();
        return run(client(port, more), options);
    }

    Argv server_options(const Argv& more = {}) const {
        Argv all{"--root", folder_ / "root"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    std::string downloaded(const std::string& name) const {
        return read_file(folder_ / ("downloads/" + name));
    }

    const std::string long_ = random_bytes(300'000, 1);
    TempDir folder_;
};

// A server made by hand: one connection, on which it reads requests and answers what it likes.
class FakeServer {
  public:
    [[nodiscard]] std::uint16_t port() const { return listener_.local_address().port(); }

    std::string next_request() {
        if (!stream_) {
            stream_.emplace(accept_one(listener_));
            requests_.emplace(*stream_);
        }
        return std::string(requests_->read_line(give_up_after(kPatience)).value_or("(the end)"));
    }
    void answer(const std::string& bytes) {
        stream_->write_all(as_bytes(bytes), give_up_after(kPatience));
    }
    void hang_up() {
        requests_.reset();
        stream_.reset();
    }

  private:
    TcpListener listener_{"127.0.0.1", 0};
    std::optional<TcpStream> stream_;
    std::optional<LineReader> requests_;
};

TEST_F(Problem2Client, DownloadsFilesAndTellsHowLongItTook) {
    Server server("problem2/server", server_options());
    const Finished done =
        run_client(server.port(), {"long.bin", "lab/numbers.txt", "empty", "--verify"});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(done.err, "");
    EXPECT_TRUE(matching("^received long.bin: 300000 bytes, [0-9]+\\.[0-9]{3} s, [0-9.]+ [kMG]B/s, "
                         "verified, as downloads/long.bin$")
                    .find(done.out))
        << done.out;
    EXPECT_TRUE(same_bytes(downloaded("long.bin"), long_));
    EXPECT_EQ(downloaded("lab/numbers.txt"), "1\n2\n3\n");
    EXPECT_EQ(downloaded("empty"), "");
    EXPECT_EQ(file_names(folder_ / "downloads"),
              (std::vector<std::string>{"empty", "lab/", "long.bin"}));
}

TEST_F(Problem2Client, ListsWhateverLineEndsTheServerHas) {
    FakeServer server;
    Subprocess process(client(server.port(), {"--list"}), {.cwd = folder_.path()});
    EXPECT_EQ(server.next_request(), "LIST");
    server.answer("OK 13\r\n1\tnow\ta\r\n2\tbc");
    EXPECT_EQ(process.wait().code, 0) << process.err();
    EXPECT_EQ(process.out(), "1\tnow\ta\n2\tbc\n");
}

TEST_F(Problem2Client, WritesToTheOutputThatIsNamed) {
    Server server("problem2/server", server_options());
    EXPECT_EQ(run_client(server.port(), {"long.bin", "--output", "copy"}).code, 0);
    EXPECT_TRUE(same_bytes(read_file(folder_ / "copy"), long_));
    EXPECT_FALSE(fs::exists(folder_ / "downloads"));
}

TEST_F(Problem2Client, ReplacesNoLinkOrFifo) {
    Server server("problem2/server", server_options());
    fs::create_directory(folder_ / "downloads");
    write_file(folder_ / "precious", "precious");
    fs::create_symlink("../precious", folder_ / "downloads/notes.txt");
    ASSERT_EQ(::mkfifo((folder_ / "downloads/long.bin").c_str(), 0600), 0);
    const Finished done = run_client(server.port(), {"notes.txt", "long.bin"});
    EXPECT_EQ(done.code, 1);
    EXPECT_EQ(done.err,
              "client: notes.txt: notes.txt is not a regular file\n"
              "client: long.bin: long.bin is not a regular file\n");
    const Finished named =
        run_client(server.port(), {"notes.txt", "--output", "downloads/notes.txt"});
    EXPECT_EQ(named.code, 1);
    EXPECT_EQ(named.err, "client: notes.txt: notes.txt is not a regular file\n");
    EXPECT_TRUE(fs::is_symlink(folder_ / "downloads/notes.txt"));
    EXPECT_EQ(read_file(folder_ / "precious"), "precious");
    EXPECT_EQ(fs::status(folder_ / "downloads/long.bin").type(), fs::file_type::fifo);
}

TEST_F(Problem2Client, TellsWhatTheServerRefusesAndGoesOn) {
    Server server("problem2/server", server_options());
    const Finished done = run_client(server.port(), {"missing", "../notes.txt", "notes.txt"});
    EXPECT_EQ(done.code, 1);
    EXPECT_EQ(done.err,
              "client: missing: server: no such file\n"
              "client: ../notes.txt: server: no such file\n");
    EXPECT_EQ(file_names(folder_ / "downloads"), std::vector<std::string>{"notes.txt"});
}

TEST_F(Problem2Client, ListsFolders) {
    Server server("problem2/server", server_options());
    const Finished root = run_client(server.port(), {"--list"});
    EXPECT_EQ(root.code, 0) << root.err;
    EXPECT_TRUE(
        matching("^0\t[^\t]+\tempty\n0\t[^\t]+\tlab/\n300000\t[^\t]+\tlong.bin\n").find(root.out))
        << root.out;
    const Finished some = run_client(server.port(), {"--list", "lab", "missing"});
    EXPECT_EQ(some.code, 1);
    EXPECT_TRUE(matching("^lab:\n6\t[^\t]+\tnumbers.txt\n").find(some.out)) << some.out;
    EXPECT_EQ(some.err, "client: missing: server: no such folder\n");
}

TEST_F(Problem2Client, DownloadsInParallelAndShowsWhoFinishedWhen) {
    Server server("problem2/server", server_options({"--write-size", "1000", "--pause", "2ms"}));
    const Finished done =
        run_client(server.port(), {"--parallel", "3", "long.bin", "notes.txt", "missing"});
    EXPECT_EQ(done.code, 1);
    const std::string time = " +[0-9.]+ s";
    EXPECT_TRUE(matching("^file +started +first byte +finished +bytes\n"
                         "long.bin " +
                         time + time + time +
                         " +300000  [|][ .]*#{10,} *[|]\n"
                         "notes.txt" +
                         time + time + time +
                         " +6  [|][ .]*#+ +[|]\n"
                         "missing  " +
                         time + " +- +failed +0  [|]")
                    .find(done.out))
        << done.out;
    EXPECT_LT(done.out.find("received notes.txt"), done.out.find("received long.bin")) << done.out;
    EXPECT_TRUE(same_bytes(downloaded("long.bin"), long_));
}

TEST_F(Problem2Client, ContinuesAnInterruptedDownload) {
    Server server("problem2/server", server_options());
    fs::create_directory(folder_ / "downloads");
    write_file(folder_ / "downloads/long.bin.part", long_.substr(0, 100'000));
    const Finished done = run_client(server.port(), {"--resume", "--trace", "long.bin"});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_TRUE(matching("-> GET@100000 long.bin").find(done.err)) << done.err;
    EXPECT_TRUE(matching("received long.bin: 200000 of 300000 bytes, .*verified").find(done.out));
    EXPECT_TRUE(same_bytes(downloaded("long.bin"), long_));
    EXPECT_EQ(file_names(folder_ / "downloads"), std::vector<std::string>{"long.bin"});
}

TEST_F(Problem2Client, StartsAgainWhereThePartIsNotTheFilesBeginning) {
    Server server("problem2/server", server_options());
    fs::create_directory(folder_ / "downloads");
    for (const std::string& part : {std::string(100'000, 'x'), std::string(400'000, 'x')}) {
        write_file(folder_ / "downloads/long.bin.part", part);
        const Finished done = run_client(server.port(), {"--resume", "long.bin"});
        EXPECT_EQ(done.code, 0) << done.err;
        EXPECT_TRUE(matching("starting again from 0").find(done.err)) << done.err;
        EXPECT_TRUE(same_bytes(downloaded("long.bin"), long_));
    }
}

TEST_F(Problem2Client, KeepsAWholePartThatTheServerCannotVerifyNow) {
    FakeServer server;
    fs::create_directory(folder_ / "downloads");
    write_file(folder_ / "downloads/a.bin.part", "0123456789");
    Subprocess process(client(server.port(), {"--resume", "a.bin"}), {.cwd = folder_.path()});
    EXPECT_EQ(server.next_request(), "GET@10 a.bin");
    server.answer("OK 0\n");
    EXPECT_EQ(server.next_request(), "SUM a.bin");
    server.answer("ERROR the server cannot open it: Too many open files\n");
    EXPECT_EQ(process.wait().code, 1);
    EXPECT_TRUE(matching("Too many open files; 10 of 10 bytes are kept in downloads/a.bin.part")
                    .find(process.err()))
        << process.err();
    EXPECT_EQ(downloaded("a.bin.part"), "0123456789");
}

TEST_F(Problem2Client, CountsADownloadThatStartsAgainOnce) {
    Server server("problem2/server", server_options());
    fs::create_directory(folder_ / "downloads");
    write_file(folder_ / "downloads/long.bin.part", std::string(100'000, 'x'));
    const Finished done = run_client(server.port(), {"--resume", "long.bin", "notes.txt"});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_TRUE(matching("long.bin +[0-9.]+ s +[0-9.]+ s +[0-9.]+ s +300000 ").find(done.out))
        << done.out;

    write_file(folder_ / "downloads/long.bin.part", std::string(100'000, 'x'));
    Server slow("problem2/server", server_options({"--write-size", "2000", "--pause", "5ms"}));
    Subprocess process(client(slow.port(), {"--resume", "long.bin"}),
                       {.input = Input::kTerminal, .cwd = folder_.path()});
    EXPECT_EQ(process.wait().code, 0);
    EXPECT_TRUE(matching("[6-9][0-9]%  2[0-9]{2}[0-9.]* kB").find(process.out())) << process.out();
}

TEST_F(Problem2Client, ReportsAShortFileAndKeepsWhatCame) {
    FakeServer server;
    Subprocess process(client(server.port(), {"a.bin"}), {.cwd = folder_.path()});
    EXPECT_EQ(server.next_request(), "GET a.bin");
    server.answer("OK 1000\n" + long_.substr(0, 600));
    server.hang_up();
    EXPECT_EQ(process.wait().code, 1);
    EXPECT_TRUE(matching("client: a.bin: .*600 of 1000 bytes are kept in downloads/a.bin.part")
                    .find(process.err()))
        << process.err();
    EXPECT_EQ(file_names(folder_ / "downloads"), std::vector<std::string>{"a.bin.part"});
    EXPECT_TRUE(same_bytes(downloaded("a.bin.part"), long_.substr(0, 600)));
}

TEST_F(Problem2Client, KeepsAFileBackWhoseChecksumIsWrong) {
    FakeServer server;
    Subprocess process(client(server.port(), {"--verify", "a.bin"}), {.cwd = folder_.path()});
    EXPECT_EQ(server.next_request(), "GET a.bin");
    server.answer("OK 5\nhello");
    EXPECT_EQ(server.next_request(), "SUM a.bin");
    server.answer("OK 00000000\n");
    EXPECT_EQ(process.wait().code, 1);
    EXPECT_TRUE(matching("client: a.bin: the checksum of the file is wrong").find(process.err()));
    EXPECT_EQ(file_names(folder_ / "downloads"), std::vector<std::string>{"a.bin.part"});
}

TEST_F(Problem2Client, ShowsWhatAServerSaysEscaped) {
    for (const char* reply : {"ERROR \x1b[31mred\n", "\x1b[31mred\n", "OK -1\n", "OK\n"}) {
        FakeServer server;
        Subprocess process(client(server.port(), {"a.bin"}), {.cwd = folder_.path()});
        server.next_request();
        server.answer(reply);
        EXPECT_EQ(process.wait().code, 1);
        EXPECT_EQ(process.err().find('\x1b'), std::string::npos) << process.err();
        EXPECT_FALSE(fs::exists(folder_ / "downloads"));
    }
}

TEST_F(Problem2Client, NeverWritesOutsideItsFolder) {
    FakeServer server;
    Subprocess process(client(server.port(), {"../a.bin"}), {.cwd = folder_.path()});
    server.next_request();
    server.answer("OK 5\nhello");
    EXPECT_EQ(process.wait().code, 1);
    EXPECT_FALSE(fs::exists(folder_ / "a.bin"));
}

TEST_F(Problem2Client, GivesUpOnASilentServer) {
    FakeServer server;
    Subprocess process(client(server.port(), {"--idle-timeout", "100ms", "a.bin"}),
                       {.cwd = folder_.path()});
    server.next_request();
    EXPECT_EQ(process.wait().code, 1);
    EXPECT_TRUE(matching("silent too long").find(process.err())) << process.err();
}

TEST_F(Problem2Client, ReadsRepliesThatArriveByteByByte) {
    Server server("problem2/server", server_options());
    TcpProxy proxy(server.port(), {.to_server = {.write_size = 1}, .to_client = {.write_size = 1}});
    EXPECT_EQ(run_client(proxy.port(), {"--verify", "notes.txt", "lab/numbers.txt"}).code, 0);
    EXPECT_EQ(downloaded("notes.txt"), "notes\n");
}

TEST_F(Problem2Client, KeepsWhatCameWhenTheServerIsKilled) {
    Server server("problem2/server", server_options({"--write-size", "1000", "--pause", "600s"}));
    Subprocess process(client(server.port(), {"--trace", "long.bin"}), {.cwd = folder_.path()});
    process.wait_for_err("<- 1000 bytes");
    server.process().send_signal(SIGKILL);
    EXPECT_EQ(process.wait().code, 1);
    EXPECT_EQ(downloaded("long.bin.part"), long_.substr(0, 1000));
}

TEST_F(Problem2Client, EndsWith130OnCtrlC) {
    Server server("problem2/server", server_options({"--write-size", "1000", "--pause", "600s"}));
    Subprocess process(client(server.port(), {"--trace", "--parallel", "2", "long.bin", "lab/x"}),
                       {.cwd = folder_.path()});
    process.wait_for_err("<- 1000 bytes");
    process.send_signal(SIGINT);
    EXPECT_EQ(process.wait().code, 130);
    EXPECT_TRUE(matching("1000 of 300000 bytes are kept in").find(process.err())) << process.err();
    EXPECT_EQ(file_names(folder_ / "downloads"), std::vector<std::string>{"long.bin.part"});
}

TEST_F(Problem2Client, ShowsProgressOnATerminal) {
    Server server("problem2/server", server_options({"--write-size", "1000", "--pause", "5ms"}));
    Subprocess process(client(server.port(), {"long.bin"}),
                       {.input = Input::kTerminal, .cwd = folder_.path()});
    process.wait_for_out(matching("long.bin \\[#*\\.*\\] +[0-9]+%  [0-9.]+ k?B"));
    EXPECT_EQ(process.wait().code, 0);
    EXPECT_TRUE(matching("received long.bin: 300000 bytes").find(process.out()));
}

TEST_F(Problem2Client, NamesTheServerThatIsNotThere) {
    const DeadPort dead(SOCK_STREAM);
    const Finished done = run_client(dead.port(), {"notes.txt"});
    EXPECT_EQ(done.code, 1);
    EXPECT_EQ(done.err, "client: notes.txt: connect 127.0.0.1:" + std::to_string(dead.port()) +
                            ": Connection refused\n");
}

TEST_F(Problem2Client, FailsWhereItsResultCannotBeWritten) {
    Server server("problem2/server", server_options());
    EXPECT_EQ(run_client(server.port(), {"notes.txt"}, {.stdout_to = "/dev/full"}).code, 1);
    EXPECT_EQ(run_client(server.port(), {"--list"}, {.stdout_to = "/dev/full"}).code, 1);
}

TEST_F(Problem2Client, RefusesABadCommandLine) {
    for (const Argv& bad : {Argv{},
                            {"--parallel", "0", "a"},
                            {"--output", "x", "a", "b"},
                            {"--output", "x/", "a"},
                            {"--output", ".", "a"},
                            {"--output", "x", "--dir", "y", "a"},
                            {"--nothing", "a"},
                            {"a\nQUIT"},
                            {"-p", "0", "a"}}) {
        const Finished done = run_client(1, bad);
        EXPECT_EQ(done.code, 2) << done.err;
        EXPECT_NE(done.err.find("usage: client"), std::string::npos) << done.err;
    }
}

}  // namespace
}  // namespace netlab::problem2
