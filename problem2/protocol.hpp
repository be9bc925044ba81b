// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

// The text protocol of problem 2, both ways: lines, so that nc(1) is a client. README.md has the
// grammar. Pure.

namespace netlab::problem2 {

enum class Verb { get, list, sum, quit };

struct Request {
    Verb verb{};
    std::string name;
    std::uint64_t offset = 0;  // of GET@offset
};

// Thrown in the server by what refuses a request: the reply is "ERROR <what()>". In the client by
// what reads the reply: what() is "server: <reason>"; and if the content is wrong.
class Refused : public std::runtime_error {
  public:
    // `detail`: for the server's own log.
    explicit Refused(const std::string& reason, std::string detail = {})
        : std::runtime_error(reason), detail_(std::move(detail)) {}
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

  private:
    std::string detail_;
};

// From a line without its newline, and to one with it. Throws Refused if it is no request. Does not
// check the name.
Request parse_request(std::string_view line);
std::string encode(const Request& request);

// The first line of a reply.
std::string ok_line(std::uint64_t size);  // "OK 20000\n": so many bytes follow
std::string sum_line(std::uint32_t crc);  // "OK cbf43926\n"
std::string error_line(std::string_view reason);

// From the first line of a reply, without its newline. Throws Refused for an ERROR, ProtocolError
// for anything else that is no such reply.
std::uint64_t parse_ok(std::string_view line);
std::uint32_t parse_sum(std::string_view line);

// A line of LIST, "20000<TAB>2026-01-31T12:00:00Z<TAB>notes.txt\n"; a directory's size is 0, and
// its name ends in '/'.
std::string list_line(const std::string& name, const struct stat& status);

}  // namespace netlab::problem2
