// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "common/line_buffer.hpp"

namespace netlab {

// One line of text being typed below a prompt, in one row of a terminal that neither echoes nor
// edits: of a longer line it shows what is around the cursor. Pure: knows no terminal. What is
// typed goes in; what has to be written to the terminal comes out.
//
// Keys: Enter; Backspace and Delete; Ctrl+U (all) and Ctrl+W (the word before the cursor) erase;
// left, right, Home and End (Ctrl+A, Ctrl+E); up and down bring back what was entered; Ctrl+D on an
// empty line ends the input.
class LineEditor {
  public:
    // The terminal's width, at least 2: call it before each of the calls below, if it can change.
    void resize(std::size_t columns) { columns_ = columns; }

    // Bytes as they come from the keyboard. Whole lines go to the end of `entered`.
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
    [[nodiscard]] bool take_escape(char byte);
    void press(char key, unsigned parameter);
    void recall(std::size_t entry);
    void erase(std::size_t begin, std::size_t end);
    [[nodiscard]] std::string enter(bool visible, std::deque<std::string>& entered);
    [[nodiscard]] std::string redraw();

    std::size_t columns_ = 80;
    std::string prompt_;
    std::string text_;
    std::size_t cursor_ = 0;  // in bytes of text_
    std::string escape_;      // the first bytes of an escape sequence
    bool shown_ = false;
    bool at_end_ = false;
    bool drawn_ = false;               // by the last draw(), something,
    std::size_t cursor_column_ = 0;    // with the cursor there
    std::deque<std::string> history_;  // the last lines that were entered
    std::size_t recalled_ = 0;         // which of them stands there; their count: a new one
    std::string draft_;                // the new one meanwhile
};

}  // namespace netlab
