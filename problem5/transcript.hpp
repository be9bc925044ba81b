// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace netlab::problem5 {

// What both have said, as "NAME: text" lines: raw, and the same at both ends. Over UDP a name may
// arrive after the first messages, so lines are held back until it is settled who says them. Pure.
class Transcript {
  public:
    enum class Speaker { we, peer };

    // A new dialogue, between speakers of these names.
    void begin(std::string own_name, std::string peer_name);
    void set_peer_name(std::string name) { peer_name_ = std::move(name); }

    void add(Speaker speaker, std::string_view text);
    // The names do not change any more.
    void settle();
    // Nobody has heard what is held back.
    void discard() { held_back_.clear(); }

    // The lines that have been settled since.
    [[nodiscard]] std::string take_text() { return std::exchange(settled_text_, {}); }

  private:
    std::string own_name_;
    std::string peer_name_;
    bool settled_ = false;
    std::vector<std::pair<Speaker, std::string>> held_back_;
    std::string settled_text_;
};

}  // namespace netlab::problem5
