// SPDX-License-Identifier: MIT
#include "problem2/protocol.hpp"

#include <cstdio>
#include <ctime>
#include <limits>
#include <optional>

#include "common/error.hpp"
#include "common/number.hpp"
#include "common/text.hpp"

namespace netlab::problem2 {

namespace {

constexpr std::string_view kOk = "OK ";
constexpr std::string_view kError = "ERROR ";
constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();

// What follows "OK ".
std::string_view ok_value(std::string_view line) {
    if (line.starts_with(kError)) throw Refused("server: " + escaped(line.substr(kError.size())));
    if (line.starts_with(kOk)) return line.substr(kOk.size());
    throw ProtocolError("neither OK nor ERROR: '" + escaped(line.substr(0, 80)) + "'");
}

}  // namespace

Request parse_request(std::string_view line) {
    constexpr std::string_view kGetAt = "GET@";
    const std::size_t space = line.find(' ');
    const std::string_view verb = line.substr(0, space);
    const std::string name(space == std::string_view::npos ? "" : line.substr(space + 1));

    if (verb == "GET") return {Verb::get, name};
    if (verb.starts_with(kGetAt)) {
        const auto offset = whole_number<std::uint64_t>(verb.substr(kGetAt.size()));
        if (!offset) throw Refused("the offset is not a number");
        return {Verb::get, name, *offset};
    }
    if (verb == "LIST") return {Verb::list, name};
    if (verb == "SUM") return {Verb::sum, name};
    if (line == "QUIT") return {Verb::quit, ""};
    throw Refused("unknown request; there are GET, GET@offset, LIST, SUM and QUIT");
}

std::string encode(const Request& request) {
    constexpr const char* kVerbs[] = {"GET", "LIST", "SUM", "QUIT"};  // in the order of Verb
    std::string line = kVerbs[static_cast<std::size_t>(request.verb)];
    if (request.offset > 0) line += "@" + std::to_string(request.offset);
    if (!request.name.empty()) line += " " + request.name;
    return line + "\n";
}

std::string ok_line(std::uint64_t size) {
    return std::string(kOk) + std::to_string(size) + "\n";
}

std::string sum_line(std::uint32_t crc) {
    char text[16];
    std::snprintf(text, sizeof text, "OK %08x\n", static_cast<unsigned>(crc));
    return text;
}

std::string error_line(std::string_view reason) {
    return std::string(kError) + std::string(reason) + "\n";
}

std::uint64_t parse_ok(std::string_view line) {
    const auto size = whole_number<std::uint64_t>(ok_value(line));
    if (!size || *size > kMaxSize) {
        throw ProtocolError("OK without a size: '" + escaped(line.substr(0, 80)) + "'");
    }
    return *size;
}

std::uint32_t parse_sum(std::string_view line) {
    const std::string_view digits = ok_value(line);
    const auto crc = whole_number<std::uint32_t>(digits, 16);
    if (!crc || digits.size() != 8) {
        throw ProtocolError("OK without a checksum: '" + escaped(line.substr(0, 80)) + "'");
    }
    return *crc;
}

std::string list_line(const std::string& name, const struct stat& status) {
    std::tm utc{};
    char time[32] = "?";
    if (::gmtime_r(&status.st_mtime, &utc) != nullptr) {
        std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    const bool is_directory = S_ISDIR(status.st_mode);
    return std::to_string(is_directory ? 0 : status.st_size) + "\t" + time + "\t" + name +
           (is_directory ? "/\n" : "\n");
}

}  // namespace netlab::problem2
