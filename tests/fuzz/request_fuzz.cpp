// SPDX-License-Identifier: MIT
//
// Problem 2: a line as the server reads it (a request, and the path in it) and as the client does
// (a reply).
#include "common/error.hpp"
#include "common/file_name.hpp"
#include "problem2/protocol.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netlab::fuzz {
namespace {

using namespace problem2;

void check_request(std::string_view line) {
    try {
        const Request request = parse_request(line);
        std::string again = encode(request);
        require(again.ends_with('\n'));
        again.pop_back();
        const Request back = parse_request(again);
        require(back.verb == request.verb && back.name == request.name &&
                back.offset == request.offset);
    } catch (const Refused& refused) {
        require(printable(refused.what()));
    }
}

// A path that is accepted stays below where it begins, part by part.
void check_path(std::string_view path) {
    if (const auto problem = validate_path(path)) return require(printable(*problem));
    for (std::string_view left = path; !left.empty();) {
        const std::string_view part = left.substr(0, left.find('/'));
        require(!part.empty() && part != "." && part != ".." && part.size() <= 255);
        left.remove_prefix(std::min(left.size(), part.size() + 1));
    }
    require(!path.empty() && path.back() != '/');
    require(std::ranges::none_of(path, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; }));
    const bool plain = path.find('/') == std::string_view::npos;
    require(validate_name(path).has_value() != plain);
}

template <typename Parse, typename Write>
void check_reply(std::string_view line, Parse parse, Write write) {
    try {
        const auto value = parse(line);
        std::string again = write(value);
        again.pop_back();
        require(parse(again) == value);
    } catch (const Refused& refused) {
        require(printable(refused.what()) && line.starts_with("ERROR "));
    } catch (const ProtocolError& error) {
        require(printable(error.what()));
    }
}

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    const std::string_view all = Input(data, size).text();
    const std::string_view line = all.substr(0, all.find('\n'));
    check_request(line);
    check_path(line);
    check_reply(line, netlab::problem2::parse_ok, netlab::problem2::ok_line);
    check_reply(line, netlab::problem2::parse_sum, netlab::problem2::sum_line);
    return 0;
}
