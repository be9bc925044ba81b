// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "common/line_buffer.hpp"

namespace netlab {

// One line of text being typed below a prompt, on a terminal that neither echoes nor edits. Pure:
// knows no terminal. What is typed goes in; what has to be written to the terminal comes out.
//
// Keys: Enter; Backspace and Delete; Ctrl+U (all) and Ctrl+W (the word before the cursor) erase;
// left, right, Home and End (Ctrl+A, Ctrl+E); up and down bring back what was entered; Ctrl+D on an
// empty line ends the input.
class LineEditor {
  public:
    // The terminal's size: call it before each of the calls below, if the size can change.
    void resize(std::size_t rows, std::size_t columns);

    // Bytes as they come from the keyboard, characters of several bytes maybe in pieces. Whole
    // lines go to the end of `entered`.
    [[nodiscard]] std::string type(std::string_view bytes, std::deque<std::string>& entered);

    // Changes the prompt; what was typed stays.
    [[nodiscard]] std::string set_prompt(std::string prompt);

    // Puts `text`, whole lines, above the prompt and what was typed.
    [[nodiscard]] std::string print_above(std::string_view text);

    // Removes the prompt and what was typed from the screen, or puts them there: nothing is
    // forgotten, and nothing drawn in between. At first they are hidden.
    [[nodiscard]] std::string hide();
    [[nodiscard]] std::string draw();

    // True after Ctrl+D: nothing that is typed counts any more, and nothing is drawn.
    [[nodiscard]] bool at_end() const noexcept { return at_end_; }

  private:
    enum class Escape { none, begun, sequence };

    [[nodiscard]] bool take_escape(char byte);
    void press(char key, unsigned parameter);
    void recall(std::size_t entry);
    void insert(char byte);
    void erase_character();
    void erase_word();
    [[nodiscard]] std::string enter(bool visible, std::deque<std::string>& entered);
    [[nodiscard]] std::string redraw();
    struct View {
        std::string text;
        std::size_t cursor = 0;  // in bytes of it
    };
    [[nodiscard]] View view() const;

    std::size_t rows_ = 24;
    std::size_t columns_ = 80;
    std::string prompt_;
    std::string text_;
    std::size_t cursor_ = 0;  // in bytes of text_, between two characters
    std::string pending_;     // the first bytes of a character
    Escape escape_ = Escape::none;
    unsigned parameter_ = 0;  // of an escape sequence
    bool too_long_ = false;
    bool shown_ = false;
    bool at_end_ = false;
    View on_screen_;                   // what draw() has put there
    bool full_row_ = false;            // and so it ended in a newline
    std::deque<std::string> history_;  // the last lines that were entered
    std::size_t recalled_ = 0;         // which of them stands there; their count: a new one
    std::string draft_;                // the new one meanwhile
};

}  // namespace netlab
