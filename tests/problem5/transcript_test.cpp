// SPDX-License-Identifier: MIT
#include "problem5/transcript.hpp"

#include <gtest/gtest.h>

namespace netlab::problem5 {
namespace {

using Speaker = Transcript::Speaker;

TEST(Problem5Transcript, HoldsBothSpeakersRawLines) {
    Transcript transcript;
    transcript.begin("Ann", "server");
    transcript.settle();
    transcript.add(Speaker::we, "hello");
    transcript.add(Speaker::peer, "\x1b[2J\xff");
    EXPECT_EQ(transcript.take_text(), "Ann: hello\nserver: \x1b[2J\xff\n");
    EXPECT_EQ(transcript.take_text(), "");
}

TEST(Problem5Transcript, ANameThatComesLateCountsFromTheFirstLineOn) {
    Transcript transcript;
    transcript.begin("Ann", "server");
    transcript.add(Speaker::we, "hello");
    transcript.add(Speaker::peer, "hi");
    EXPECT_EQ(transcript.take_text(), "");
    transcript.set_peer_name("Bob");
    transcript.settle();
    transcript.add(Speaker::peer, "again");
    EXPECT_EQ(transcript.take_text(), "Ann: hello\nBob: hi\nBob: again\n");
}

TEST(Problem5Transcript, WhatNobodyHeardIsDiscarded) {
    Transcript transcript;
    transcript.begin("Ann", "server");
    transcript.add(Speaker::we, "hello");
    transcript.discard();
    transcript.settle();
    EXPECT_EQ(transcript.take_text(), "");
}

}  // namespace
}  // namespace netlab::problem5
