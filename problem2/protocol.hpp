// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <string>
#include <string_view>

// The text protocol of problem 2, both ways: a line each, so that nc(1) is a client. README.md has
// the grammar. Pure.

namespace netlab::problem2 {

enum class Verb { get, list, sum, quit };

struct Request {
    Verb verb{};
    std::string name;
    std::uint64_t offset = 0;  // of GET@offset
};

// A request that is answered by "ERROR <what()>": thrown by the server's half, where it comes up,
// and by the client's half, where it is read.
class Refused : public std::runtime_error {
  public:
    // `detail`: for the server's own log.
    explicit Refused(const std::string& reason, std::string detail = {})
        : std::runtime_error(reason), detail_(std::move(detail)) {}
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

  private:
    std::string detail_;
};

// A line without its newline, and back with it. Throws Refused if it is no request. Whether the
// name may be used is not judged here.
Request parse_request(std::string_view line);
std::string encode(const Request& request);

// The first line of a reply.
std::string ok_line(std::uint64_t size);  // "OK 20000\n": so many bytes follow
std::string sum_line(std::uint32_t crc);  // "OK cbf43926\n"
std::string error_line(std::string_view reason);

// What the line (without its newline) says. Throws Refused for an ERROR, ProtocolError for anything
// that is no reply.
std::uint64_t parse_ok(std::string_view line);
std::uint32_t parse_sum(std::string_view line);

// What LIST tells about a file, or about a directory, whose size is 0.
struct Entry {
    std::string name;
    std::uint64_t size = 0;
    std::time_t modified = 0;
    bool is_directory = false;
};

// "20000<TAB>2026-01-31T12:00:00Z<TAB>notes.txt\n"; a directory's name ends in '/'.
std::string list_line(const Entry& entry);

}  // namespace netlab::problem2
