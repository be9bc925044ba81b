// SPDX-License-Identifier: MIT
#include "common/line_editor.hpp"

#include <algorithm>
#include <utility>

#include "common/number.hpp"
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

// In bytes: 1 if it is not UTF-8, 0 if there is none.
std::size_t last_character_size(std::string_view text) noexcept {
    for (std::size_t size = std::min<std::size_t>(4, text.size()); size > 1; --size) {
        if (utf8_character_size(text.substr(text.size() - size)) == size) return size;
    }
    return text.empty() ? 0 : 1;
}

}  // namespace

std::string LineEditor::type(std::string_view bytes, std::deque<std::string>& entered) {
    const bool visible = shown_;
    bool too_long = false;
    std::string output;
    for (const char byte : bytes) {
        if (at_end_) break;
        if (take_escape(byte)) continue;
        const bool is_key = static_cast<unsigned char>(byte) < 0x20 || byte == kDelete;
        if (byte == '\r' || byte == '\n') {
            output += enter(visible, entered);
        } else if (is_key && byte != '\t') {
            press(byte, 0);
        } else if (text_.size() < kMaxLine) {
            text_.insert(cursor_++, 1, byte);
        } else {
            too_long = true;
        }
    }
    if (too_long) output += '\a';
    if (visible) output += redraw();
    return output;
}

// ESC [ parameters letter, or ESC O letter.
bool LineEditor::take_escape(char byte) {
    if (escape_.empty() && byte != kEscape) return false;
    escape_ += byte;
    if (escape_.size() == 1) return true;
    const bool begins = escape_.size() == 2;
    const bool known = !begins || byte == '[' || byte == 'O';
    if (known && (begins || byte < '@' || byte > '~')) return true;
    const std::string sequence = std::exchange(escape_, {});
    if (known) {
        const std::size_t parameter = sequence.find_last_of("[O;") + 1;
        const auto digits = std::string_view(sequence).substr(parameter);
        press(byte, whole_number<unsigned>(digits.substr(0, digits.size() - 1)).value_or(0));
    }
    return known;
}

// A control character, or the last byte of an escape sequence; keys that end in "~" differ by the
// parameter.
void LineEditor::press(char key, unsigned parameter) {
    if (key == control('D')) at_end_ = text_.empty();
    if (key == control('A') || (key == '~' && (parameter == 1 || parameter == 7))) key = 'H';
    if (key == control('E') || (key == '~' && (parameter == 4 || parameter == 8))) key = 'F';
    const auto before = std::string_view(text_).substr(0, cursor_);
    const std::size_t previous = cursor_ - last_character_size(before);
    const std::size_t word = before.substr(0, before.find_last_not_of(' ') + 1).rfind(' ') + 1;
    std::string_view behind = std::string_view(text_).substr(cursor_);
    const std::size_t next = cursor_ + (behind.empty() ? 0 : take_character(behind).size());

    if (key == 'H') cursor_ = 0;
    if (key == 'F') cursor_ = text_.size();
    if (key == 'D') cursor_ = previous;
    if (key == 'C') cursor_ = next;
    if (key == control('H') || key == kDelete) erase(previous, cursor_);
    if (key == control('U')) erase(0, text_.size());
    if (key == control('W')) erase(word, cursor_);
    if (key == '~' && parameter == 3) erase(cursor_, next);
    if (key == 'A' && recalled_ > 0) recall(recalled_ - 1);
    if (key == 'B' && recalled_ < history_.size()) recall(recalled_ + 1);
}

void LineEditor::erase(std::size_t begin, std::size_t end) {
    text_.erase(begin, end - begin);
    cursor_ = begin;
}

void LineEditor::recall(std::size_t entry) {
    if (recalled_ == history_.size()) draft_ = text_;
    recalled_ = entry;
    text_ = entry == history_.size() ? draft_ : history_[entry];
    cursor_ = text_.size();
}

// The line stays on the screen, whole, as a record, and the next one begins below it.
std::string LineEditor::enter(bool visible, std::deque<std::string>& entered) {
    std::string output =
        visible ? hide() + escaped(prompt_) + escaped(text_) + "\n" : std::string();
    if (!text_.empty() && (history_.empty() || history_.back() != text_)) history_.push_back(text_);
    if (history_.size() > kMaxHistory) history_.pop_front();
    recalled_ = history_.size();
    entered.push_back(std::exchange(text_, {}));
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

// A terminal that has become narrower may have wrapped what stands there.
std::string LineEditor::hide() {
    if (!std::exchange(shown_, false) || !drawn_) return "";
    const std::size_t rows_up = cursor_column_ / columns_;
    return "\r" + (rows_up > 0 ? "\x1b[" + std::to_string(rows_up) + "A" : "") + kEraseBelow;
}

// In one row, whose last column stays free: of a longer line, what is around the cursor.
std::string LineEditor::draw() {
    if (at_end_ || std::exchange(shown_, true)) return "";
    const std::string whole_prompt = escaped(prompt_);
    const std::string_view prompt =
        cut_to_columns(whole_prompt, (columns_ - 1) * (text_.empty() ? 4 : 3) / 4);
    const std::string text = escaped(std::string_view(text_).substr(0, cursor_));
    const std::string rest = escaped(std::string_view(text_).substr(cursor_));

    const std::size_t room = columns_ - 1 - display_columns(prompt);
    std::string_view before = text;
    std::size_t width = display_columns(before);
    const bool cut = width > room;
    while (cut && width >= room) width -= display_columns(take_character(before));
    cursor_column_ = display_columns(prompt) + (cut ? 1 : 0) + width;
    const std::string_view behind = cut_to_columns(rest, columns_ - 1 - cursor_column_);

    std::string output(prompt);
    if (cut) output += '<';
    (output += before) += behind;
    drawn_ = !output.empty();
    if (!behind.empty()) output += "\x1b[" + std::to_string(display_columns(behind)) + "D";
    return output;
}

std::string LineEditor::redraw() {
    std::string output = hide();
    return output += draw();
}

}  // namespace netlab
