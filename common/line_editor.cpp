// SPDX-License-Identifier: MIT
#include "common/line_editor.hpp"

#include <algorithm>
#include <utility>

#include "common/text.hpp"

namespace netlab {

namespace {

constexpr std::size_t kMaxHistory = 100;
constexpr char kEscape = 0x1B;
constexpr char kDelete = 0x7F;  // what the Backspace key sends
constexpr const char* kEraseBelow = "\x1b[J";

// What Ctrl and a letter send.
constexpr char control(char letter) {
    return static_cast<char>(letter & 0x1F);
}

struct Position {
    std::size_t row = 0;
    std::size_t column = 0;
};

// Where the cursor stands after `text`, printed from the left edge. A character that does not fit
// goes to the next row; one that fills a row leaves the cursor at its end until the next one comes.
Position end_of(std::string_view text, std::size_t columns) {
    Position at;
    while (!text.empty()) {
        const std::size_t width = display_columns(take_character(text));
        if (at.column + width > columns) at = {at.row + 1, 0};
        at.column += width;
    }
    return at;
}

// Where the next character goes: to the next row once one is full.
Position next_after(std::string_view text, std::size_t columns) {
    const Position at = end_of(text, columns);
    return at.column == columns ? Position{at.row + 1, 0} : at;
}

// Not the first byte of a character.
bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// True while more bytes could make a character of `bytes`.
bool is_begun_character(std::string_view bytes) {
    return bytes.size() < utf8_announced_size(bytes[0]) &&
           std::all_of(bytes.begin() + 1, bytes.end(), is_continuation);
}

// In bytes: 1 if it is not UTF-8, 0 if there is none.
std::size_t last_character_size(std::string_view text) noexcept {
    for (std::size_t size = std::min<std::size_t>(4, text.size()); size > 1; --size) {
        if (utf8_character_size(text.substr(text.size() - size)) == size) return size;
    }
    return text.empty() ? 0 : 1;
}

}  // namespace

void LineEditor::resize(std::size_t rows, std::size_t columns) {
    rows_ = std::max<std::size_t>(rows, 2);
    columns_ = std::max<std::size_t>(columns, 2);
}

std::string LineEditor::type(std::string_view bytes, std::deque<std::string>& entered) {
    const bool visible = shown_;
    std::string output;
    for (const char byte : bytes) {
        if (at_end_) break;
        if (take_escape(byte)) continue;
        switch (byte) {
            case '\r':
            case '\n':
                output += enter(visible, entered);
                break;
            case control('D'):
                at_end_ = text_.empty() && pending_.empty();
                break;
            case control('H'):
            case kDelete:
                erase_character();
                break;
            case control('U'):
                pending_.clear();
                text_.clear();
                cursor_ = 0;
                break;
            case control('A'):
                press('H', 0);
                break;
            case control('E'):
                press('F', 0);
                break;
            case control('W'):
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

// ESC [ parameters letter, or ESC O letter.
bool LineEditor::take_escape(char byte) {
    if (escape_ == Escape::none) {
        if (byte == kEscape) escape_ = Escape::begun;
        return byte == kEscape;
    }
    if (escape_ == Escape::begun) {
        parameter_ = 0;
        escape_ = byte == '[' || byte == 'O' ? Escape::sequence : Escape::none;
        return escape_ != Escape::none;
    }
    if (byte >= '0' && byte <= '9') {
        parameter_ = (parameter_ * 10 + static_cast<unsigned>(byte - '0')) % 1000;
    } else if (byte >= '@' && byte <= '~') {
        escape_ = Escape::none;
        press(byte, parameter_);
    } else {
        parameter_ = 0;  // of the next, after a ";"
    }
    return true;
}

// By the last byte of its escape sequence; keys that end in "~" differ by the parameter.
void LineEditor::press(char key, unsigned parameter) {
    pending_.clear();
    if (key == '~' && (parameter == 1 || parameter == 7)) key = 'H';
    if (key == '~' && (parameter == 4 || parameter == 8)) key = 'F';
    const std::string_view text = text_;
    const std::size_t next = std::max<std::size_t>(1, utf8_character_size(text.substr(cursor_)));
    if (key == 'H') cursor_ = 0;
    if (key == 'F') cursor_ = text_.size();
    if (key == 'D') cursor_ -= last_character_size(text.substr(0, cursor_));
    if (key == 'C') cursor_ = std::min(cursor_ + next, text_.size());
    if (key == '~' && parameter == 3) text_.erase(cursor_, next);
    if (key == 'A' && recalled_ > 0) recall(recalled_ - 1);
    if (key == 'B' && recalled_ < history_.size()) recall(recalled_ + 1);
}

void LineEditor::recall(std::size_t entry) {
    if (recalled_ == history_.size()) draft_ = text_;
    recalled_ = entry;
    text_ = entry == history_.size() ? draft_ : history_[entry];
    cursor_ = text_.size();
}

void LineEditor::insert(char byte) {
    const bool control = static_cast<unsigned char>(byte) < 0x20 && byte != '\t';
    if (control) return;
    pending_ += byte;
    if (is_begun_character(pending_)) return;
    const bool fits = text_.size() + pending_.size() <= kMaxLine;
    too_long_ |= !fits;
    if (fits) {
        text_.insert(cursor_, pending_);
        cursor_ += pending_.size();
    }
    pending_.clear();
}

void LineEditor::erase_character() {
    if (!std::exchange(pending_, {}).empty()) return;
    const std::size_t end = cursor_;
    cursor_ -= last_character_size(std::string_view(text_).substr(0, end));
    text_.erase(cursor_, end - cursor_);
}

void LineEditor::erase_word() {
    pending_.clear();
    const std::size_t end = cursor_;
    while (cursor_ > 0 && text_[cursor_ - 1] == ' ') --cursor_;
    while (cursor_ > 0 && text_[cursor_ - 1] != ' ') --cursor_;
    text_.erase(cursor_, end - cursor_);
}

// The line stays on the screen, as a record, and the next one begins below it.
std::string LineEditor::enter(bool visible, std::deque<std::string>& entered) {
    std::string output;
    cursor_ = text_.size();
    if (visible) {
        output = redraw();
        if (!output.ends_with('\n')) output += '\n';
        shown_ = false;
    }
    if (!text_.empty() && (history_.empty() || history_.back() != text_)) history_.push_back(text_);
    if (history_.size() > kMaxHistory) history_.pop_front();
    recalled_ = history_.size();
    entered.push_back(std::exchange(text_, {}) + std::exchange(pending_, {}));
    cursor_ = 0;
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
    if (!std::exchange(shown_, false) || on_screen_.text.empty()) return "";
    const auto before = std::string_view(on_screen_.text).substr(0, on_screen_.cursor);
    const bool at_end = on_screen_.cursor == on_screen_.text.size();
    const std::size_t rows_up = at_end ? end_of(before, columns_).row + (full_row_ ? 1 : 0)
                                       : next_after(before, columns_).row;
    return "\r" + (rows_up > 0 ? "\x1b[" + std::to_string(rows_up) + "A" : "") + kEraseBelow;
}

std::string LineEditor::draw() {
    if (at_end_ || std::exchange(shown_, true)) return "";
    on_screen_ = view();
    const auto& [text, cursor] = on_screen_;
    const Position end = next_after(text, columns_);
    // If the last character fills the row, the cursor still stands on it: a newline brings it to
    // where the next character will go, on every terminal.
    full_row_ = !text.empty() && end.column == 0;
    std::string output = text + (full_row_ ? "\n" : "");
    if (cursor == text.size()) return output;
    const Position at = next_after(std::string_view(text).substr(0, cursor), columns_);
    if (end.row > at.row) output += "\x1b[" + std::to_string(end.row - at.row) + "A";
    output += '\r';
    if (at.column > 0) output += "\x1b[" + std::to_string(at.column) + "C";
    return output;
}

std::string LineEditor::redraw() {
    std::string output = hide();
    return output += draw();
}

// The prompt and what was typed; of a line that is higher than the screen only what is before the
// cursor, and of that the end: what has scrolled off the top cannot be erased again.
LineEditor::View LineEditor::view() const {
    const std::string prompt = escaped(prompt_);
    std::string text = escaped(std::string_view(text_).substr(0, cursor_));
    const std::string rest = escaped(std::string_view(text_).substr(cursor_));
    const std::size_t most = (rows_ - 1) * columns_ - 1;  // in bytes: never fewer than columns
    const std::string all = prompt + text + rest;
    if (all.size() <= most || end_of(all, columns_).row < rows_ - 1) {
        return {all, prompt.size() + text.size()};
    }
    std::size_t cut = text.size() - std::min(text.size(), most - std::min(most, prompt.size() + 1));
    while (cut < text.size() && is_continuation(text[cut])) ++cut;
    std::string end = prompt + (cut > 0 ? "<" : "") + text.substr(cut);
    const std::size_t size = end.size();
    return {std::move(end), size};
}

}  // namespace netlab
