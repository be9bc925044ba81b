// SPDX-License-Identifier: MIT
#include "common/trace_reader.hpp"

#include <gtest/gtest.h>

namespace netlab::testing {
namespace {

std::string fields_of(std::string_view message, std::string_view dir = "out") {
    return TraceRecord::describe(dir, message).to_json();
}

constexpr const char* kHead = R"({"t":0,"end":"","peer":"","dir":"out",)";

TEST(TraceRecord, HasNumbersAsNumbersAndTheRestAsStrings) {
    EXPECT_EQ(fields_of("DATA seq=7 len=0 rate=1.5 id=007"),
              std::string(kHead) + R"("type":"DATA","seq":7,"len":0,"rate":"1.5","id":"007"})");
}

TEST(TraceRecord, JoinsAFieldThatComesAgain) {
    EXPECT_EQ(fields_of("REPORT number=2 missing=10+5 missing=90+1"),
              std::string(kHead) + R"("type":"REPORT","number":2,"missing":"10+5,90+1"})");
}

TEST(TraceRecord, TakesANameToTheEnd) {
    const TraceRecord record =
        TraceRecord::describe("in", "START seq=0 name=my seq=9 file.txt peer=[::1]:7101");
    EXPECT_EQ(record.type, "START");
    EXPECT_EQ(record.peer, "[::1]:7101");
    ASSERT_NE(record.find("name"), nullptr);
    EXPECT_EQ(*record.find("name"), "my seq=9 file.txt");
    EXPECT_EQ(*record.find("seq"), "0");
}

TEST(TraceRecord, KeepsANumberAndItsUnitTogether) {
    EXPECT_EQ(fields_of("START latency=2 s size=7 copy"),
              std::string(kHead) + R"("type":"START","latency":"2 s","size":7,"text":"copy"})");
    EXPECT_EQ(fields_of("timeout after=20.1 ms seq=1 smooth", "note"),
              R"({"t":0,"end":"","peer":"","dir":"note","type":"timeout","after":"20.1 ms",)"
              R"("seq":1,"text":"smooth"})");
}

TEST(TraceRecord, KeepsFreeTextAsText) {
    EXPECT_EQ(fields_of("ERROR seq=1 len=9 no such file"),
              std::string(kHead) + R"("type":"ERROR","seq":1,"len":9,"text":"no such file"})");
    EXPECT_EQ(fields_of("6 * 7"), std::string(kHead) + R"("type":"TEXT","text":"6 * 7"})");
    EXPECT_EQ(fields_of("I say a=b"), std::string(kHead) + R"("type":"TEXT","text":"I say a=b"})");
    EXPECT_EQ(fields_of("(no intact frame)"),
              std::string(kHead) + R"json("type":"TEXT","text":"(no intact frame)"})json");
}

TEST(TraceRecord, TakesTheFirstWordOfANoteForItsType) {
    EXPECT_EQ(fields_of("timeout seq=8 after 1 s", "note"),
              R"({"t":0,"end":"","peer":"","dir":"note","type":"timeout","seq":8,)"
              R"("text":"after 1 s"})");
}

TEST(TraceRecord, LetsNoPeerForgeItsOwnKeys) {
    EXPECT_EQ(fields_of("ERROR t=5 end=server dir=in type=X fate=dropped text=x"),
              std::string(kHead) +
                  R"("type":"ERROR","text":"t=5 end=server dir=in type=X fate=dropped text=x"})");
    EXPECT_EQ(fields_of("ERROR \"},{\\"),
              std::string(kHead) + R"("type":"ERROR","text":"\"},{\\"})");
}

TEST(TraceRecord, ReadsWhatItHasWritten) {
    for (const char* message : {"DATA seq=7 len=100", "GET a \"b\" \\ c", "hello, w\xc3\xb6rld",
                                "PING", "START seq=0 size=1 name=x y", "ERROR 1 2 3"}) {
        TraceRecord record = TraceRecord::describe("in", message);
        record.t = 3281693195112;
        record.end = "client";
        record.peer = "127.0.0.1:7101";
        record.fate = "dropped";
        const auto read = parse_trace(record.to_json());
        ASSERT_TRUE(read) << record.to_json();
        EXPECT_EQ(read->to_json(), record.to_json());
        EXPECT_EQ(read->fields, record.fields);
        EXPECT_EQ(read->message(), message);
    }
}

TEST(TraceRecord, ReadsJsonOfOthers) {
    const auto read =
        parse_trace("{ \"dir\": \"out\", \"type\": \"A\\u00e9\\u20ac\\n\", \"x\": -1.5e3 }");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type, "A\xc3\xa9\xe2\x82\xac\n");
    EXPECT_EQ(read->fields, (std::vector<TraceRecord::Field>{{"x", "-1.5e3", true}}));
}

TEST(TraceRecord, RefusesWhatIsNoRecord) {
    for (const char* line :
         {"", "{", "{}", "[1]", "7", R"({"t":1})", R"({"dir":"in","x":{}})", R"({"dir":"in"} x)",
          R"({"dir":"in","t":1.5})", R"({"dir":"in","t":})", R"({"dir":"in",})", R"({"dir":"i)",
          R"({"dir":"\u00"})", R"({"dir":"\x"})", "{\"dir\":\"\n\"}", R"({"dir":"in","x":1-2})"}) {
        EXPECT_FALSE(parse_trace(line)) << line;
    }
}

}  // namespace
}  // namespace netlab::testing
