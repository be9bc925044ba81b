// SPDX-License-Identifier: MIT
#include "problem5/transcript.hpp"

namespace netlab::problem5 {

void Transcript::begin(std::string own_name, std::string peer_name) {
    own_name_ = std::move(own_name);
    peer_name_ = std::move(peer_name);
    settled_ = false;
}

void Transcript::add(Speaker speaker, std::string_view text) {
    held_back_.emplace_back(speaker, text);
    if (settled_) settle();
}

void Transcript::settle() {
    settled_ = true;
    for (const auto& [speaker, text] : held_back_) {
        settled_text_ += speaker == Speaker::we ? own_name_ : peer_name_;
        settled_text_ += ": ";
        settled_text_ += text;
        settled_text_ += '\n';
    }
    held_back_.clear();
}

}  // namespace netlab::problem5
