// SPDX-License-Identifier: MIT
#include "problem5/transcript.hpp"

#include <gtest/gtest.h>

#include "common/error.hpp"
#include "tests/support/files.hpp"

namespace netlab::problem5 {
namespace {

using namespace netlab::testing;
using Speaker = Transcript::Speaker;

TEST(Problem5Transcript, HoldsBothSpeakersRawLines) {
    const TempDir dir;
    Transcript transcript(dir / "t");
    transcript.begin("Ann", "server");
    transcript.settle();
    transcript.add(Speaker::we, "hello");
    transcript.add(Speaker::peer, "\x1b[2J\xff");
    transcript.flush();
    EXPECT_EQ(read_file(dir / "t"), "Ann: hello\nserver: \x1b[2J\xff\n");
}

TEST(Problem5Transcript, ANameThatComesLateCountsFromTheFirstLineOn) {
    const TempDir dir;
    Transcript transcript(dir / "t");
    transcript.begin("Ann", "server");
    transcript.add(Speaker::we, "hello");
    transcript.add(Speaker::peer, "hi");
    transcript.flush();
    EXPECT_EQ(read_file(dir / "t"), "");
    transcript.set_peer_name("Bob");
    transcript.settle();
    transcript.add(Speaker::peer, "again");
    transcript.flush();
    EXPECT_EQ(read_file(dir / "t"), "Ann: hello\nBob: hi\nBob: again\n");
}

TEST(Problem5Transcript, WhatNobodyHeardIsDiscarded) {
    const TempDir dir;
    Transcript transcript(dir / "t");
    transcript.begin("Ann", "server");
    transcript.add(Speaker::we, "hello");
    transcript.discard();
    transcript.settle();
    transcript.flush();
    EXPECT_EQ(read_file(dir / "t"), "");
}

TEST(Problem5Transcript, GoesToTheEndOfTheFile) {
    const TempDir dir;
    write_file(dir / "t", "yesterday\n");
    Transcript transcript(dir / "t");
    for (const char* peer : {"client", "Eve"}) {
        transcript.begin("Bob", peer);
        transcript.add(Speaker::peer, "hi");
        transcript.settle();
    }
    transcript.flush();
    EXPECT_EQ(read_file(dir / "t"), "yesterday\nclient: hi\nEve: hi\n");
}

TEST(Problem5Transcript, TellsWhereItCannotBeWritten) {
    EXPECT_THROW(Transcript("/no/such/folder/t"), SystemError);
    Transcript full("/dev/full");
    full.begin("Ann", "Bob");
    full.settle();
    full.add(Speaker::we, "hello");
    EXPECT_THROW(full.flush(), SystemError);
}

}  // namespace
}  // namespace netlab::problem5
