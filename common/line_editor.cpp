// SPDX-License-Identifier: MIT
#include "common/line_editor.hpp"

#include <algorithm>

#include "common/terminal.hpp"

namespace netlab {

namespace {

constexpr char kControlD = 0x04;
constexpr char kControlH = 0x08;
constexpr char kControlU = 0x15;
constexpr char kControlW = 0x17;
constexpr char kEscape = 0x1B;
constexpr char kDelete = 0x7F;  // what the Backspace key sends
constexpr const char* kEraseBelow = "\x1b[J";

struct Position {
    std::size_t row = 0;
    std::size_t column = 0;
};

// Where the cursor stands after `text`, printed from the left edge. A character that does not fit
// goes to the next row; one that fills a row leaves the cursor at its end until the next one comes.
Position end_of(std::string_view text, std::size_t columns) {
    Position at;
    while (!text.empty()) {
        const std::size_t size = std::max<std::size_t>(1, utf8_character_size(text));
        const std::size_t width = display_columns(text.substr(0, size));
        if (at.column + width > columns) at = {at.row + 1, 0};
        at.column += width;
        text.remove_prefix(size);
    }
    return at;
}

// True while more bytes could make a character of `bytes`.
bool is_begun_character(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    const std::size_t size = first < 0xC2   ? 1
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 1;
    return bytes.size() < size && std::all_of(bytes.begin() + 1, bytes.end(), [](char byte) {
               return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
           });
}

}  // namespace

std::size_t last_character_size(std::string_view text) noexcept {
    for (std::size_t size = std::min<std::size_t>(4, text.size()); size > 1; --size) {
        if (utf8_character_size(text.substr(text.size() - size)) == size) return size;
    }
    return text.empty() ? 0 : 1;
}

void LineEditor::resize(std::size_t rows, std::size_t columns) {
    rows_ = std::max<std::size_t>(rows, 2);
    columns_ = std::max<std::size_t>(columns, 2);
}

std::string LineEditor::type(std::string_view bytes) {
    const bool visible = shown_;
    std::string output;
    for (const char byte : bytes) {
        if (at_end_) break;
        if (skip_escape(byte)) continue;
        switch (byte) {
            case '\r':
            case '\n':
                output += enter(visible);
                break;
            case kControlD:
                at_end_ = text_.empty() && pending_.empty();
                break;
            case kControlH:
            case kDelete:
                erase_character();
                break;
            case kControlU:
                pending_.clear();
                text_.clear();
                break;
            case kControlW:
                erase_word();
                break;
            default:
                insert(byte);
        }
    }
    if (std::exchange(too_long_, false)) output += '\a';
    if (visible) output += redraw();
    return output;
}

// ESC [ ... letter, and ESC O letter, are keys that this editor has no use for.
bool LineEditor::skip_escape(char byte) {
    switch (escape_) {
        case Escape::none:
            if (byte == kEscape) escape_ = Escape::begun;
            return byte == kEscape;
        case Escape::begun:
            escape_ = byte == '['   ? Escape::sequence
                      : byte == 'O' ? Escape::one_more
                                    : Escape::none;
            return escape_ != Escape::none;
        case Escape::sequence:
            if (byte >= '@' && byte <= '~') escape_ = Escape::none;
            return true;
        case Escape::one_more:
            break;
    }
    escape_ = Escape::none;
    return true;
}

void LineEditor::insert(char byte) {
    const bool control = static_cast<unsigned char>(byte) < 0x20 && byte != '\t';
    if (control) return;
    pending_ += byte;
    if (is_begun_character(pending_)) return;
    too_long_ |= text_.size() + pending_.size() > max_line_;
    if (text_.size() + pending_.size() <= max_line_) text_ += pending_;
    pending_.clear();
}

void LineEditor::erase_character() {
    if (pending_.empty()) text_.resize(text_.size() - last_character_size(text_));
    pending_.clear();
}

void LineEditor::erase_word() {
    pending_.clear();
    while (text_.ends_with(' ')) text_.pop_back();
    text_.resize(text_.rfind(' ') + 1);  // npos + 1 is 0
}

// The line stays on the screen, as a record, and the next one begins below it.
std::string LineEditor::enter(bool visible) {
    std::string output;
    if (visible) {
        output = redraw();
        if (!output.ends_with('\n')) output += '\n';
        shown_ = false;
    }
    lines_.push_back(std::exchange(text_, {}) + std::exchange(pending_, {}));
    return output;
}

std::string LineEditor::set_prompt(std::string prompt) {
    if (prompt == prompt_) return "";
    prompt_ = std::move(prompt);
    return shown_ ? redraw() : "";
}

std::string LineEditor::print_above(std::string_view text) {
    const bool was_shown = shown_;
    std::string output = hide();
    output += text;
    return was_shown ? output + draw() : output;
}

// Rows are counted at the present width: a terminal that was resized has wrapped the text anew.
std::string LineEditor::hide() {
    if (!std::exchange(shown_, false) || on_screen_.empty()) return "";
    const bool full_row = on_screen_.ends_with('\n');
    const std::string_view text =
        std::string_view(on_screen_).substr(0, on_screen_.size() - (full_row ? 1 : 0));
    const std::size_t rows_up = end_of(text, columns_).row + (full_row ? 1 : 0);
    return "\r" + (rows_up > 0 ? "\x1b[" + std::to_string(rows_up) + "A" : "") + kEraseBelow;
}

std::string LineEditor::draw() {
    if (std::exchange(shown_, true)) return "";
    on_screen_ = view();
    // Where the last character fills the row, the cursor still stands on it: a newline brings it to
    // where the next character will go, on every terminal.
    if (end_of(on_screen_, columns_).column == columns_) on_screen_ += "\n";
    return on_screen_;
}

std::string LineEditor::redraw() {
    std::string output = hide();
    return output += draw();
}

// The prompt and what was typed; of a line that is higher than the screen only its end, since what
// has scrolled off the top cannot be erased again.
std::string LineEditor::view() const {
    const std::string prompt = escaped(prompt_);
    std::string text = escaped(text_);
    const std::size_t most = (rows_ - 1) * columns_ - 1;  // in bytes: never fewer than columns
    if (prompt.size() + text.size() <= most) return prompt + text;
    if (end_of(prompt + text, columns_).row < rows_ - 1) return prompt + text;
    std::size_t cut = text.size() - std::min(text.size(), most - std::min(most, prompt.size() + 1));
    while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) ++cut;
    return prompt + "<" + text.substr(cut);
}

std::optional<std::string> LineEditor::next_line() {
    if (lines_.empty()) return std::nullopt;
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
}

}  // namespace netlab
