// SPDX-License-Identifier: MIT
#include "common/wakeup.hpp"

#include <unistd.h>

#include <array>

namespace netlab {

Wakeup::Wakeup() : pipe_(make_pipe()) {
    set_nonblocking(pipe_.read_end, true);
    set_nonblocking(pipe_.write_end, true);
}

void Wakeup::wake() noexcept {
    // A full pipe is readable already.
    [[maybe_unused]] const ssize_t put = ::write(pipe_.write_end.get(), "", 1);
}

void Wakeup::clear() noexcept {
    std::array<char, 256> dropped;
    constexpr auto kAll = static_cast<ssize_t>(dropped.size());
    while (::read(pipe_.read_end.get(), dropped.data(), dropped.size()) == kAll) continue;
}

}  // namespace netlab
