// SPDX-License-Identifier: MIT
//
// Lines, and raw content between them, however the stream is cut. The protocol here: a line that
// begins with '#' announces as many bytes of content as it is long.
#include "common/error.hpp"
#include "common/line_buffer.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netlab::fuzz {
namespace {

struct Outcome {
    std::vector<std::string> lines;
    std::string content;
    bool too_long = false;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::size_t announced(std::string_view line) {
    return line.starts_with('#') ? line.size() : 0;
}

Outcome cut(Bytes stream, std::size_t max_line, std::size_t piece) {
    LineBuffer buffer(max_line);
    Outcome outcome;
    std::size_t expected = 0;
    try {
        in_pieces(stream, piece, [&](Bytes some) {
            arrive(buffer, some);
            while (true) {
                const Bytes content = buffer.take(expected);
                outcome.content += as_text(content);
                expected -= content.size();
                const auto line = expected == 0 ? buffer.next() : std::nullopt;
                if (!line) break;
                outcome.lines.emplace_back(*line);
                expected = announced(*line);
            }
        });
        if (const auto last = buffer.last()) outcome.lines.emplace_back(*last);
        require(buffer.empty());
    } catch (const ProtocolError&) {
        outcome.too_long = true;
    }
    return outcome;
}

// The same in the plainest way, with the whole stream at hand.
Outcome model(std::string_view stream, std::size_t max_line) {
    Outcome outcome;
    while (!stream.empty()) {
        const std::size_t newline = stream.find('\n');
        std::string_view line = stream.substr(0, newline);
        if (line.ends_with('\r')) line.remove_suffix(1);
        outcome.too_long = line.size() > max_line;
        if (outcome.too_long) return outcome;
        outcome.lines.emplace_back(line);
        if (newline == std::string_view::npos) return outcome;
        stream.remove_prefix(newline + 1);
        const std::string_view content = stream.substr(0, announced(line));
        outcome.content += content;
        stream.remove_prefix(content.size());
    }
    return outcome;
}

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    Input input(data, size);
    const std::size_t max_line = input.byte();
    const std::size_t piece = 1 + std::size_t{input.byte()};
    require(cut(input.rest(), max_line, piece) == model(input.text(), max_line));
    return 0;
}
