// SPDX-License-Identifier: MIT
//
// What a peer sent, on its way to a terminal.
#include "common/summary.hpp"
#include "common/text.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    const std::string_view text = Input(data, size).text();
    const std::string safe = netlab::escaped(text);
    require(printable(safe));
    require((safe == text) == printable(text));  // what is harmless stays as it is
    require(netlab::escaped(safe) == safe);
    require(safe.size() <= 4 * text.size());
    if (!netlab::has_hidden_character(text)) require(!netlab::has_hidden_character(safe));

    const std::string bar = netlab::progress_line(safe, 1, 2, netlab::seconds(1), 60);
    require(printable(bar) && netlab::display_columns(bar) <= 60);
    return 0;
}
