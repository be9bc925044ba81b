// SPDX-License-Identifier: MIT
//
// What a LineEditor writes, seen on a small screen that obeys just the escape sequences it uses.
#include "common/line_editor.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <vector>

#include "common/text.hpp"

namespace netlab {
namespace {

// A terminal with endless rows: a character that fills a row leaves the cursor at its end, and the
// next one wraps. A wide character takes its cell and an empty one.
class Screen {
  public:
    explicit Screen(std::size_t columns) : columns_(columns) {}

    void write(std::string_view output) {
        while (!output.empty()) {
            if (output.starts_with("\x1b[")) {
                obey(output);
            } else {
                put(take_character(output));
            }
        }
    }

    // The rows, without empty ones at the end.
    [[nodiscard]] std::vector<std::string> rows() const {
        std::vector<std::string> rows;
        for (const auto& cells : cells_) {
            rows.emplace_back();
            for (const std::string& cell : cells) rows.back() += cell;
        }
        while (!rows.empty() && rows.back().empty()) rows.pop_back();
        return rows;
    }

    [[nodiscard]] std::pair<std::size_t, std::size_t> cursor() const { return {row_, column_}; }

  private:
    void obey(std::string_view& output) {
        const std::size_t end = output.find_first_of("ADJ");
        ASSERT_NE(end, std::string_view::npos);
        if (output[end] == 'A') row_ -= std::stoul(std::string(output.substr(2, end - 2)));
        if (output[end] == 'D') column_ -= std::stoul(std::string(output.substr(2, end - 2)));
        if (output[end] == 'J') cells_.resize(row_);
        output.remove_prefix(end + 1);
    }

    void put(std::string_view character) {
        if (character == "\a") return;
        if (character == "\r") column_ = 0;
        if (character == "\n") {
            ++row_;
            column_ = 0;  // as terminals do with ONLCR
        }
        if (character == "\r" || character == "\n") return;
        const std::size_t width = display_columns(character);
        if (column_ + width > columns_) {
            ++row_;
            column_ = 0;
        }
        if (cells_.size() <= row_) cells_.resize(row_ + 1);
        auto& row = cells_[row_];
        row.resize(std::max(row.size(), column_));
        row.resize(column_);
        row.emplace_back(character);
        row.resize(column_ + std::max<std::size_t>(width, 1));
        column_ += width;
    }

    std::size_t columns_;
    std::vector<std::vector<std::string>> cells_;
    std::size_t row_ = 0;
    std::size_t column_ = 0;
};

using Rows = std::vector<std::string>;

class LineEditorTest : public ::testing::Test {
  protected:
    LineEditorTest() { editor.resize(20); }

    void begin(const std::string& prompt) {
        screen.write(editor.set_prompt(prompt));
        screen.write(editor.draw());
    }
    void type(std::string_view keys) { screen.write(editor.type(keys, entered)); }
    void type_in_pieces(std::string_view keys) {
        for (const char key : keys) type({&key, 1});
    }
    void print(const std::string& line) { screen.write(editor.print_above(line + "\n")); }

    std::optional<std::string> next_line() {
        if (entered.empty()) return std::nullopt;
        std::string line = std::move(entered.front());
        entered.pop_front();
        return line;
    }

    LineEditor editor;
    std::deque<std::string> entered;
    Screen screen{20};
};

TEST_F(LineEditorTest, HandsOutWhatWasEntered) {
    begin("> ");
    type("hello\nworld\r");
    EXPECT_EQ(next_line(), "hello");
    EXPECT_EQ(next_line(), "world");
    EXPECT_EQ(next_line(), std::nullopt);
    EXPECT_EQ(screen.rows(), (Rows{"> hello", "> world", "> "}));
}

TEST_F(LineEditorTest, PutsALineAboveAHalfTypedOne) {
    begin("> ");
    type("half");
    print("bob: hi");
    type(" done");
    EXPECT_EQ(screen.rows(), (Rows{"bob: hi", "> half done"}));
    EXPECT_EQ(screen.cursor(), std::pair(std::size_t{1}, std::size_t{11}));
}

TEST_F(LineEditorTest, ShowsTheEndOfALineThatIsLongerThanTheRow) {
    begin("> ");
    type("abcdefghijklmnopqrstuvwxyz");
    print("first");
    print("a line that is longer than the screen");
    EXPECT_EQ(screen.rows(),
              (Rows{"first", "a line that is longe", "r than the screen", "> <klmnopqrstuvwxyz"}));
    EXPECT_EQ(screen.cursor(), std::pair(std::size_t{3}, std::size_t{19}));
}

TEST_F(LineEditorTest, RedrawsAtEveryLengthWithoutATrace) {
    begin("> ");
    std::string typed;
    Rows expected;
    for (int i = 0; i < 60; ++i) {
        typed += static_cast<char>('a' + i % 26);
        type(typed.substr(typed.size() - 1));
        print(std::to_string(i));
        expected.push_back(std::to_string(i));
    }
    expected.push_back("> <" + typed.substr(typed.size() - 16));
    EXPECT_EQ(screen.rows(), expected);
    type("\x15");
    expected.resize(60);
    expected.emplace_back("> ");
    EXPECT_EQ(screen.rows(), expected);
}

TEST_F(LineEditorTest, LeavesTheWholeLineOnTheScreenOnceItIsEntered) {
    begin("> ");
    type("abcdefghijklmnopqr\nabcdefghijklmnopqrstuvwxyz\x1b[H\n");
    EXPECT_EQ(screen.rows(),
              (Rows{"> abcdefghijklmnopqr", "> abcdefghijklmnopqr", "stuvwxyz", "> "}));
}

TEST_F(LineEditorTest, CutsBetweenWideCharacters) {
    begin("> ");
    type("漢字漢字漢字漢字漢字漢字");
    print("x");
    EXPECT_EQ(screen.rows(), (Rows{"x", "> <漢字漢字漢字漢字"}));
    type("\x1b[H");
    EXPECT_EQ(screen.rows(), (Rows{"x", "> 漢字漢字漢字漢字"}));
    EXPECT_EQ(screen.cursor(), std::pair(std::size_t{1}, std::size_t{2}));
}

TEST_F(LineEditorTest, TakesCharactersThatComeInPieces) {
    begin("> ");
    type_in_pieces("añ漢😀");
    EXPECT_EQ(screen.rows(), (Rows{"> añ漢😀"}));
    type("\n");
    EXPECT_EQ(next_line(), "añ漢😀");
}

TEST_F(LineEditorTest, BackspaceRemovesAWholeCharacter) {
    begin("> ");
    type("añ漢😀");
    type("\x7f");
    EXPECT_EQ(screen.rows(), (Rows{"> añ漢"}));
    type("\x7f\b");
    EXPECT_EQ(screen.rows(), (Rows{"> a"}));
    type("\x7f\x7f\x7f");
    EXPECT_EQ(screen.rows(), (Rows{"> "}));
}

TEST_F(LineEditorTest, ControlWRemovesTheLastWord) {
    begin("> ");
    type("one two  \x17");
    EXPECT_EQ(screen.rows(), (Rows{"> one "}));
    type("\x17\x17");
    EXPECT_EQ(screen.rows(), (Rows{"> "}));
}

TEST_F(LineEditorTest, ControlUErasesTheLine) {
    begin("> ");
    type("one two\x15three\n");
    EXPECT_EQ(next_line(), "three");
}

TEST_F(LineEditorTest, ControlDEndsTheInputOnAnEmptyLineOnly) {
    begin("> ");
    type("a\x04");
    EXPECT_FALSE(editor.at_end());
    type("\x7f\x04more\n");
    EXPECT_TRUE(editor.at_end());
    EXPECT_EQ(next_line(), std::nullopt);
}

TEST_F(LineEditorTest, ShowsNoPromptOnceTheInputHasEnded) {
    begin("> ");
    type("entered\n\x04");
    EXPECT_EQ(screen.rows(), (Rows{"> entered"}));
    screen.write(editor.set_prompt("next> "));
    screen.write(editor.print_above("a line\n"));
    screen.write(editor.draw());
    EXPECT_EQ(screen.rows(), (Rows{"> entered", "a line"}));
}

TEST_F(LineEditorTest, TakesKeysInPiecesAndIgnoresUnknownOnes) {
    begin("> ");
    type_in_pieces("a\x1b[A\x1b[1;5Db\x1bOP\x1b[15~c\n");
    EXPECT_EQ(next_line(), "bca");
}

TEST_F(LineEditorTest, EditsInTheMiddle) {
    begin("> ");
    type("añ中d");
    type("\x1b[D\x1b[D");
    EXPECT_EQ(screen.cursor(), std::pair(std::size_t{0}, std::size_t{4}));
    type("X");
    EXPECT_EQ(screen.rows(), (Rows{"> añX中d"}));
    EXPECT_EQ(screen.cursor(), std::pair(std::size_t{0}, std::size_t{5}));
    type("\x7f\x7f\x1b[3~\x1b[C\x1b[C!");
    EXPECT_EQ(screen.rows(), (Rows{"> ad!"}));
    type(
        "\x1b[H1\x1bOF2\x01"
        "0\x05"
        "3\x1b[1~<\x1b[4~>\n");
    EXPECT_EQ(next_line(), "<01ad!23>");
}

TEST_F(LineEditorTest, ControlWRemovesTheWordBeforeTheCursor) {
    begin("> ");
    type("one two three\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x17\n");
    EXPECT_EQ(next_line(), "one three");
}

TEST_F(LineEditorTest, MovesThroughALineThatIsLongerThanTheRow) {
    begin("> ");
    const std::string all = "abcdefghijklmnopqrstuvwxyzabcdefghijkl";
    type(all);
    for (std::size_t at = all.size(); at-- > 0;) {
        type("\x1b[D");
        const std::size_t column = at > 17 ? 19 : 2 + at;
        EXPECT_EQ(screen.cursor(), std::pair(std::size_t{0}, column));
        screen.write(editor.hide());
        EXPECT_EQ(screen.rows(), Rows{});
        screen.write(editor.draw());
        const std::string shown =
            at > 17 ? "> <" + all.substr(at - 16, 16) : "> " + all.substr(0, 17);
        EXPECT_EQ(screen.rows(), Rows{shown});
    }
    type("-");
    EXPECT_EQ(screen.rows(), (Rows{"> -abcdefghijklmnop"}));
}

TEST_F(LineEditorTest, BringsBackWhatWasEntered) {
    begin("> ");
    type("one\ntwo\ntwo\n\nhalf\x1b[A");
    EXPECT_EQ(screen.rows().back(), "> two");
    type("\x1b[A");
    EXPECT_EQ(screen.rows().back(), "> one");
    type("\x1b[A\x1b[B\x1b[B\x1b[B!\n");
    EXPECT_EQ(screen.rows().at(4), "> half!");
    type("\x1b[A\x1b[A\x1b[A+\n");
    for (const char* line : {"one", "two", "two", "", "half!", "one+"}) {
        EXPECT_EQ(next_line(), line);
    }
}

TEST_F(LineEditorTest, KeepsWhatWasTypedWhenThePromptChanges) {
    begin("> ");
    type("half");
    screen.write(editor.set_prompt("to alice: "));
    EXPECT_EQ(screen.rows(), (Rows{"to alice: half"}));
}

TEST_F(LineEditorTest, HidesAndForgetsNothing) {
    begin("> ");
    type("half");
    screen.write(editor.hide());
    EXPECT_EQ(screen.rows(), Rows{});
    EXPECT_EQ(editor.print_above("x\n"), "x\n");
    EXPECT_EQ(editor.draw(), "> half");
}

TEST_F(LineEditorTest, ShowsControlBytesAndBrokenUtf8Escaped) {
    begin("> ");
    type("a\tb\xff.");
    EXPECT_EQ(screen.rows(), (Rows{"> a\\x09b\\xff."}));
    type("\n");
    EXPECT_EQ(next_line(), "a\tb\xff.");
}

TEST_F(LineEditorTest, BeepsAndStopsAtTheLimit) {
    begin("> ");
    type(std::string(kMaxLine, 'x'));
    EXPECT_NE(editor.type("y", entered).find('\a'), std::string::npos);
    type("\x7fz\n");
    EXPECT_EQ(next_line(), std::string(kMaxLine - 1, 'x') + "z");
}

TEST(LineEditor, NeedsTwoColumns) {
    for (std::size_t columns = 2; columns < 10; ++columns) {
        LineEditor editor;
        std::deque<std::string> entered;
        editor.resize(columns);
        Screen screen(columns);
        screen.write(editor.set_prompt("prompt> "));
        screen.write(editor.draw());
        for (const char* keys : {"a", "b", "c漢", "\x1b[D", "\x1b[D", "\x1b[D", "\x1b[H"}) {
            screen.write(editor.type(keys, entered));
            EXPECT_EQ(screen.rows().size(), 1u) << columns << " columns";
        }
    }
}

}  // namespace
}  // namespace netlab
