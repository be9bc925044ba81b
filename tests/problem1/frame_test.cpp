// SPDX-License-Identifier: MIT
#include "problem1/frame.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

#include "common/error.hpp"

namespace netlab::problem1 {
namespace {

using Buffer = std::vector<std::byte>;

Buffer bytes(std::initializer_list<int> values) {
    Buffer out;
    for (const int value : values) out.push_back(static_cast<std::byte>(value));
    return out;
}

const Frame kData{FrameType::data, 0x01020304, 7, as_bytes("hello")};

TEST(Frame, HasTheBytesThatTheReadmeDescribes) {
    // The checksum as the README's eight lines of Python compute it.
    EXPECT_EQ(encoded(kData), bytes({3,    2,    0,    5,   1,   2, 3, 4, 0,  //
                                     0,    0,    0,    0,   0,   0, 7,        //
                                     'h',  'e',  'l',  'l', 'o',              //
                                     0x9f, 0x36, 0xa7, 0x37}));
}

TEST(Frame, ComesBackFromADatagramAsItWent) {
    const Buffer datagram = encoded(kData);
    const auto frame = decode_datagram(datagram);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->type, FrameType::data);
    EXPECT_EQ(frame->transfer, 0x01020304U);
    EXPECT_EQ(frame->sequence, 7U);
    EXPECT_EQ(as_text(frame->payload), "hello");
}

TEST(Frame, IsRefusedAfterAnySingleBitFlip) {
    const Buffer good = encoded(kData);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Buffer bad = good;
        bad[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
        EXPECT_FALSE(decode_datagram(bad)) << "bit " << bit;
    }
}

TEST(Frame, IsRefusedCutShortOrTooLong) {
    Buffer datagram = encoded(kData);
    for (std::size_t size = 0; size < datagram.size(); ++size) {
        EXPECT_FALSE(decode_datagram(Bytes(datagram).first(size))) << size;
    }
    datagram.push_back(std::byte{0});
    EXPECT_FALSE(decode_datagram(datagram));
}

TEST(StreamFrame, FindsTheFramesHoweverTheStreamIsCut) {
    Buffer stream;
    for (std::uint64_t number = 1; number <= 20; ++number) {
        const Buffer frame = encoded({FrameType::data, 1, number, as_bytes("payload")});
        stream.insert(stream.end(), frame.begin(), frame.end());
    }
    for (std::size_t piece = 1; piece < 60; ++piece) {
        ByteQueue buffer;
        StreamFrame next;
        std::uint64_t expected = 1;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            const Bytes some = Bytes(stream).subspan(at, std::min(piece, stream.size() - at));
            buffer.append(some);
            while (take_frame(buffer, next)) {
                EXPECT_TRUE(next.intact);
                EXPECT_EQ(next.frame.sequence, expected++);
            }
        }
        EXPECT_EQ(expected, 21U) << "pieces of " << piece;
        EXPECT_TRUE(buffer.empty());
    }
}

TEST(StreamFrame, StaysFramedAfterACorruptPayload) {
    Buffer stream = encoded(kData);
    stream.back() ^= std::byte{1};
    const Buffer good = encoded(kData);
    stream.insert(stream.end(), good.begin(), good.end());
    ByteQueue buffer;
    buffer.append(stream);
    StreamFrame next;
    EXPECT_TRUE(take_frame(buffer, next));
    EXPECT_FALSE(next.intact);
    EXPECT_TRUE(take_frame(buffer, next));
    EXPECT_TRUE(next.intact);
}

TEST(StreamFrame, ThrowsAtBytesThatAreNoFrame) {
    for (const char* garbage :
         {"GET / HTTP/1.1\r\nHost: x\r\n", "\x03\x02\xff\xff____________________",
          "\x63\x02____________________", "\x03\x01____________________"}) {
        ByteQueue buffer;
        buffer.append(as_bytes(garbage));
        StreamFrame next;
        EXPECT_THROW(static_cast<void>(take_frame(buffer, next)), ProtocolError) << garbage;
    }
}

const StartInfo kExample{.file_size = 20'050,
                         .chunk_count = 201,
                         .chunk_size = 100,
                         .window = 16,
                         .flags = StartInfo::kResume,
                         .name = "a b"};

TEST(StartInfo, HasTheBytesThatTheReadmeDescribes) {
    EXPECT_EQ(kExample.encode(), bytes({0, 0,   0,   0,   0, 0, 0x4e, 0x52,  //
                                        0, 0,   0,   0,   0, 0, 0,    201,   //
                                        0, 0,   0,   100,                    //
                                        0, 0,   0,   16,                     //
                                        1, 'a', ' ', 'b'}));
}

TEST(StartInfo, ComesBackAsItWent) {
    const StartInfo back = StartInfo::decode(kExample.encode());
    EXPECT_EQ(back.file_size, kExample.file_size);
    EXPECT_EQ(back.chunk_count, kExample.chunk_count);
    EXPECT_EQ(back.chunk_size, kExample.chunk_size);
    EXPECT_EQ(back.window, kExample.window);
    EXPECT_TRUE(back.has(StartInfo::kResume));
    EXPECT_EQ(back.name, "a b");
}

TEST(StartInfo, IsRefusedWhereItsNumbersContradictEachOther) {
    const auto with = [](auto change) {
        StartInfo info = kExample;
        change(info);
        return info.encode();
    };
    const std::vector<Buffer> bad = {
        with([](StartInfo& s) { s.chunk_size = 0; }),
        with([](StartInfo& s) { s.chunk_size = kMaxChunkSize + 1; }),
        with([](StartInfo& s) { s.chunk_count = 200; }),
        with([](StartInfo& s) { s.chunk_count = UINT64_MAX; }),
        with([](StartInfo& s) { s.file_size = UINT64_MAX; }),
        with([](StartInfo& s) { s.file_size = std::uint64_t{1} << 63; }),
        with([](StartInfo& s) { s.window = 0; }),
        with([](StartInfo& s) { s.window = UINT32_MAX; }),
        with([](StartInfo& s) { s.flags = StartInfo::kLines; }),
        with([](StartInfo& s) {
            s.flags = StartInfo::kLines;
            s.chunk_size = 0;
            s.chunk_count = s.file_size + 1;  // a line has at least one byte
        }),
        Buffer{},
        bytes({1, 2, 3}),
    };
    for (std::size_t i = 0; i < bad.size(); ++i) {
        EXPECT_THROW(StartInfo::decode(bad[i]), ProtocolError) << i;
    }
}

TEST(NackInfo, HasTheBytesThatTheReadmeDescribes) {
    const NackInfo nack{2, 0x0102030405060708, {{7, 9}}};
    EXPECT_EQ(nack.encode(), bytes({0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8,  //
                                    0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9}));
    EXPECT_EQ(NackInfo::decode(nack.encode()).token, nack.token);
    EXPECT_EQ(NackInfo::decode(nack.encode()).missing, nack.missing);
}

TEST(NackInfo, IsRefusedWithHalfARangeWithNoneAndWithRangesOutOfOrder) {
    Buffer half = NackInfo{1, 0, {{1, 2}}}.encode();
    half.pop_back();
    EXPECT_THROW(NackInfo::decode(half), ProtocolError);
    using Ranges = std::vector<ChunkRange>;
    for (const Ranges& bad :
         {Ranges{}, Ranges{{2, 1}}, Ranges{{3, 5}, {5, 6}}, Ranges{{3, 5}, {1, 2}}}) {
        EXPECT_THROW(NackInfo::decode(NackInfo{1, 0, bad}.encode()), ProtocolError);
    }
}

TEST(EndInfo, HasTheBytesThatTheReadmeDescribes) {
    EXPECT_EQ((EndInfo{0xCBF43926, 3, 0x0102030405060708}.encode()),
              bytes({0xCB, 0xF4, 0x39, 0x26, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_THROW(EndInfo::decode(bytes({1, 2, 3})), ProtocolError);
}

TEST(ErrorInfo, HasTheBytesThatTheReadmeDescribes) {
    EXPECT_EQ((ErrorInfo{ErrorInfo::Code::refused, "no"}.encode()), bytes({1, 'n', 'o'}));
    EXPECT_THROW(ErrorInfo::decode({}), ProtocolError);
}

TEST(Describe, ShowsAPeersNameEscaped) {
    StartInfo info = kExample;
    info.name = "\x1b[2J";
    const Buffer payload = info.encode();
    const std::string text = describe({FrameType::start, 1, 0, payload});
    EXPECT_EQ(text, "START seq=0 len=29 size=20050 name=\\x1b[2J");
    EXPECT_EQ(describe({FrameType::start, 1, 0, {}}), "START seq=0 len=0 (malformed)");
}

}  // namespace
}  // namespace netlab::problem1
