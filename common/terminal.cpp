// SPDX-License-Identifier: MIT
#include "common/terminal.hpp"

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <mutex>

#include "common/io.hpp"

namespace netlab {

namespace {

constexpr std::size_t kBarWidth = 20;
constexpr const char* kEraseRow = "\r\x1b[K";

std::mutex redrawn_mutex;
std::string redrawn;  // guarded by redrawn_mutex

// The Printer of print_out() and print_error() once a line has been drawn.
void print_above_redrawn(int fd, std::string_view text, Wait wait) {
    const char* name = fd == STDOUT_FILENO ? "stdout" : "stderr";
    // What goes to a file is none of the terminal's business, and may block.
    if (::isatty(fd) == 0) return write_all(fd, as_bytes(text), name, wait);
    const std::lock_guard lock(redrawn_mutex);
    if (redrawn.empty()) return write_all(fd, as_bytes(text), name, wait);
    write_all(fd, as_bytes(kEraseRow + std::string(text) + redrawn), name, wait);
}

bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7F;
    // U+0080..U+009F, the C1 controls: some terminals obey them.
    if (character.size() == 2) return first == 0xC2 && character < "\u00A0";
    // Line separators, and what turns the direction of text round: the eye reads another order than
    // the program. UTF-8 sorts as its characters do.
    return (character >= "\u2028" && character <= "\u202E") ||
           (character >= "\u2066" && character <= "\u2069");
}

bool has_no_width(std::string_view character) {
    return (character >= "\u200B" && character <= "\u200F") || character == "\uFEFF";
}

}  // namespace

std::size_t utf8_character_size(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t size = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
    if (size == 0 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    const bool too_large = first == 0xF4 && byte(1) > 0x8F;
    return overlong || surrogate || too_large ? 0 : size;
}

bool has_hidden_character(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t size = std::max<std::size_t>(1, utf8_character_size(text));
        const std::string_view character = text.substr(0, size);
        if (is_control(character) || has_no_width(character)) return true;
        text.remove_prefix(size);
    }
    return false;
}

std::string escaped(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = utf8_character_size(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
        if (size > 0 && !is_control(character)) {
            safe += character;
        } else {
            for (const char byte : character) {
                char hex[5];
                std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(byte));
                safe += hex;
            }
        }
        text.remove_prefix(character.size());
    }
    return safe;
}

std::size_t display_columns(std::string_view character) noexcept {
    const std::size_t size = utf8_character_size(character);
    if (size <= 1) return 1;
    // wcwidth(3) knows Unicode in a UTF-8 locale alone; the program's own stays "C".
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    if (utf8 == locale_t{}) return 1;
    const locale_t before = ::uselocale(utf8);
    mbstate_t state{};
    wchar_t wide = 0;
    const bool known = ::mbrtowc(&wide, character.data(), size, &state) == size;
    const int columns = known ? ::wcwidth(wide) : 1;
    ::uselocale(before);
    return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

TerminalSize terminal_size() noexcept {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0) return {};
    if (size.ws_row == 0 || size.ws_col == 0) return {};
    return {size.ws_row, size.ws_col};
}

void redraw_line(std::string line) noexcept {
    try {
        const std::lock_guard lock(redrawn_mutex);
        if (line.empty() && redrawn.empty()) return;
        print_through(print_above_redrawn);
        redrawn = std::move(line);
        write_all(STDERR_FILENO, as_bytes(kEraseRow + redrawn), "stderr");
    } catch (const std::exception&) {
        // There is nowhere to draw it any more.
        return;
    }
}

std::string show_bytes(double bytes) {
    static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    while (bytes >= 1000 && unit + 1 < std::size(kUnits)) {
        bytes /= 1000;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.4g %s", bytes, kUnits[unit]);
    return text;
}

std::string progress_line(std::string_view label, std::uint64_t done, std::uint64_t total,
                          Duration elapsed, std::size_t width) {
    const double share =
        total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const double rate = static_cast<double>(done) / std::max(to_seconds(elapsed), 1e-3);
    const double left = static_cast<double>(total - std::min(done, total)) / std::max(rate, 1.0);

    const auto filled = static_cast<std::size_t>(share * kBarWidth);
    const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, " [%s] %3.0f%%  %s  %s/s  %.0f s left", bar.c_str(),
                  std::floor(share * 100), show_bytes(static_cast<double>(done)).c_str(),
                  show_bytes(rate).c_str(), std::ceil(std::min(left, 1e6)));
    std::string line(numbers);
    if (line.size() >= width) return line.substr(0, width);
    // A name is cut between characters: half a UTF-8 character would show as rubbish.
    const std::size_t room = width - line.size();
    std::size_t cut = 0;
    while (cut < label.size()) {
        const std::size_t size = std::max<std::size_t>(1, utf8_character_size(label.substr(cut)));
        if (cut + size > room) break;
        cut += size;
    }
    return std::string(label.substr(0, cut)) + line;
}

ProgressBar::ProgressBar(std::string label, std::uint64_t total, bool wanted)
    : label_(std::move(label)),
      total_(total),
      drawn_at_all_(wanted && ::isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      next_draw_(start_ + seconds(1)) {}

void ProgressBar::draw(std::uint64_t done, TimePoint now) {
    if (now < next_draw_) return;
    next_draw_ = now + milliseconds(100);
    redraw_line(progress_line(label_, done, total_, now - start_, terminal_size().columns - 1));
}

}  // namespace netlab
