// SPDX-License-Identifier: MIT
#include "problem5/chat_loop.hpp"

#include <utility>

#include "common/signals.hpp"

namespace netlab::problem5 {

void ChatLoop::run() {
    try {
        while (true) {
            const TimePoint now = Clock::now();
            chat_.read_keyboard();
            transport_.on_timer(now);
            converse(now);
            if (finished(now)) break;
            // Only now: the one before may just have left.
            if (std::exchange(at_door_, false)) transport_.admit(now);
            if (transport_.peer() != nullptr && !greeted_) continue;
            if (greeted_ && glance_([this] { return transport_.receive(Clock::now()); })) continue;
            chat_.show();
            wait();
        }
        chat_.report_unsent();
        chat_.show();
    } catch (...) {
        take_leave();
        throw;
    }
    transport_.finish();
}

// What the user and the peer have done concerns the other one.
void ChatLoop::converse(TimePoint now) {
    if (Peer* const peer = transport_.peer()) {
        Conversation& conversation = chat_.conversation();
        if (!std::exchange(greeted_, true)) conversation.begin(transport_.greeting());
        if (interrupted_) conversation.leave(*peer, now);
        do {
            conversation.converse(*peer, now);
        } while (transport_.send(now));
    } else {
        transport_.send(now);
    }
}

bool ChatLoop::finished(TimePoint now) {
    if (greeted_ && transport_.peer()->over() && !chat_.conversation().talking()) {
        const bool last = dialogues_ == Dialogues::one && !transport_.has_successor();
        if (last || interrupted_) return true;
        transport_.let_go(now);
        greeted_ = false;
        if (transport_.peer() == nullptr) {
            chat_.conversation().notice("waiting for the next client");
        }
    }
    return transport_.peer() == nullptr && (interrupted_ || chat_.wants_to_quit());
}

void ChatLoop::wait() {
    const auto [keyboard, job_control] = chat_.keyboard();
    const auto [data, door] = transport_.watched();
    // A signal stays readable for ever.
    const pollfd signals{interrupted_ ? -1 : signal_descriptor(), POLLIN, 0};
    std::array<pollfd, 5> watched{{keyboard, job_control, data, door, signals}};
    static_cast<void>(wait_for_events(watched, transport_.next_deadline()));
    if (watched[4].revents != 0) interrupted_ = true;
    at_door_ = watched[3].revents != 0;
    if (watched[2].revents != 0) transport_.receive(Clock::now());
}

// Without the user, who cannot be told anything any more.
void ChatLoop::take_leave() noexcept {
    try {
        Peer* const peer = transport_.peer();
        if (peer == nullptr) return;
        peer->goodbye(Clock::now());
        while (true) {
            const TimePoint now = Clock::now();
            transport_.on_timer(now);
            while (peer->take_event()) continue;
            transport_.send(now);
            if (peer->over()) break;
            auto [data, door] = transport_.watched();
            static_cast<void>(wait_for_events({&data, 1}, transport_.next_deadline()));
            transport_.receive(Clock::now());
        }
        transport_.finish();
    } catch (const std::exception&) {
        return;  // the first failure is the one to tell
    }
}

}  // namespace netlab::problem5
