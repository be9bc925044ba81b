-- SPDX-License-Identifier: MIT
--
-- Wireshark dissectors of the three protocols that have messages of their own: netlab1 (the frames of
-- problem 1), netlab4 (the packets of problem 4), netlab5 (the datagrams of problem 5).
--
--     tshark -X lua_script:common/wireshark/netlab.lua -r FILE
--
-- or, for Wireshark, a link to this file in its folder of personal plugins (Help, About, Folders). Other
-- ports: Analyze, Decode As, or -d udp.port==N,netlab1.

-- Lua 5.2 (Wireshark up to 4.2) has a library for bits and 5.4 an operator, and neither has the other.
local xor = bit32 and bit32.bxor or load("return function(a, b) return a ~ b end")()

local crc_table = {}
for i = 0, 255 do
    local crc = i
    for _ = 1, 8 do
        local half = math.floor(crc / 2)
        crc = crc % 2 == 1 and xor(half, 0x82F63B78) or half
    end
    crc_table[i] = crc
end

local function crc32c(range)
    local crc = 0xFFFFFFFF
    local bytes = range:bytes()
    for i = 0, bytes:len() - 1 do
        crc = xor(crc_table[xor(crc % 256, bytes:get_index(i))], math.floor(crc / 256))
    end
    return xor(crc, 0xFFFFFFFF)
end

-- What all three protocols mark: links between messages, and what --impair has dropped (a time to live
-- of 0, which only a capture made by --pcap has).

local ip_ttl = Field.new("ip.ttl")
local ipv6_hlim = Field.new("ipv6.hlim")

local function dropped()
    local ttl = ip_ttl() or ipv6_hlim()
    return ttl ~= nil and ttl.value == 0
end

local function common_fields(name)
    return {
        reply_to = ProtoField.framenum(name .. ".reply_to", "Answers", base.NONE, frametype.REQUEST),
        reply_in = ProtoField.framenum(name .. ".reply_in", "Answered in", base.NONE,
                                       frametype.RESPONSE),
        retransmission = ProtoField.framenum(name .. ".retransmission", "Sent again, first in",
                                             base.NONE, frametype.RETRANS_PREV),
        duplicate_ack = ProtoField.framenum(name .. ".duplicate_ack", "Duplicate ACK, first in",
                                            base.NONE, frametype.DUP_ACK),
        dropped = ProtoField.bool(name .. ".dropped", "Dropped by --impair"),
    }
end

local function checksum_fields(name)
    return {
        checksum = ProtoField.uint32(name .. ".checksum", "Checksum (CRC-32C)", base.HEX),
        checksum_ok = ProtoField.bool(name .. ".checksum_ok", "Checksum is right"),
    }
end

-- A protocol whose fields are those of all the tables.
local function protocol(name, title, ...)
    local proto = Proto(name, title)
    local fields = {}
    for _, some in ipairs({...}) do
        for key, field in pairs(some) do fields[key] = field end
    end
    proto.fields = fields
    local experts = {
        checksum = ProtoExpert.new(name .. ".wrong_checksum", "Wrong checksum", expert.group.CHECKSUM,
                                   expert.severity.ERROR),
        again = ProtoExpert.new(name .. ".sent_again", "Sent again", expert.group.SEQUENCE,
                                expert.severity.NOTE),
        lost = ProtoExpert.new(name .. ".lost", "Dropped by --impair", expert.group.SEQUENCE,
                               expert.severity.WARN),
    }
    proto.experts = experts
    local state = {experts = experts}
    local function forget()
        state.first, state.last, state.marks, state.answered = {}, {}, {}, {}
    end
    proto.init = forget  -- a new file
    forget()
    return proto, fields, state
end

-- Messages are known by a text: `id` says which one this is (nil: of no interest), `answers` which one it
-- answers. Wireshark dissects a packet again and again; only the first time it is known what came before.
local function link(fields, state, pinfo, tree, offset, message)
    local there = tostring(pinfo.src) .. " " .. pinfo.src_port
    local back = tostring(pinfo.dst) .. " " .. pinfo.dst_port
    local key = pinfo.number .. " " .. offset .. " " .. (message.id or "")
    if not pinfo.visited and message.id then
        local id = there .. " " .. message.id
        local question = message.answers and state.last[back .. " " .. message.answers]
        state.marks[key] = {first = state.first[id], question = question and question.number}
        state.first[id] = state.first[id] or pinfo.number
        state.last[id] = {number = pinfo.number, key = key}
        if question and not state.answered[question.key] then
            state.answered[question.key] = pinfo.number
        end
    end

    local text = ""
    local mark = state.marks[key] or {}
    if dropped() then
        tree:add(fields.dropped, true):set_generated()
        tree:add_proto_expert_info(state.experts.lost)
        text = text .. " [dropped]"
    end
    if mark.first then
        local field = message.ack and fields.duplicate_ack or fields.retransmission
        tree:add(field, mark.first):set_generated()
        if not message.ack then tree:add_proto_expert_info(state.experts.again) end
        text = text .. (message.ack and " [duplicate ACK]" or " [sent again]")
    end
    if mark.question then tree:add(fields.reply_to, mark.question):set_generated() end
    if state.answered[key] then tree:add(fields.reply_in, state.answered[key]):set_generated() end
    return text
end

-- True if the last four bytes are the CRC-32C of all before them.
local function check(fields, state, tree, range)
    local covered = range:len() - 4
    local right = crc32c(range(0, covered)) == range(covered, 4):uint()
    local item = tree:add(fields.checksum, range(covered, 4))
    tree:add(fields.checksum_ok, range(covered, 4), right):set_generated()
    if not right then item:add_proto_expert_info(state.experts.checksum) end
    return right
end

-- Adds fields from the front of a range. A size of nil is the rest, which may be empty.
local function reader(range, tree)
    local at = 0
    local read = {}
    function read.left() return range:len() - at end
    function read.take(field, size)
        size = math.min(size or read.left(), read.left())
        if size == 0 then return nil end
        local part = range(at, size)
        tree:add(field, part)
        at = at + size
        return part
    end
    return read
end

local function append_info(pinfo, text)
    local info = tostring(pinfo.cols.info)
    if #info > 200 then return end  -- hundreds of frames may be in a packet
    pinfo.cols.info:append((info == "" and "" or ", ") .. text)
end

-- Problem 1 -----------------------------------------------------------------------------------------

local types1 = {"START", "ACCEPT", "DATA", "LINE", "ACK", "END", "DONE", "ERROR", "NACK"}
local codes1 = {"refused", "failed", "wrong checksum"}
local frame_header, frame_overhead, max_payload1 = 16, 20, 61000

local netlab1, f1, state1 = protocol(
    "netlab1", "netlab problem 1, file transfer", common_fields("netlab1"), checksum_fields("netlab1"), {
    type = ProtoField.uint8("netlab1.type", "Type", base.DEC, types1),
    version = ProtoField.uint8("netlab1.version", "Version"),
    length = ProtoField.uint16("netlab1.length", "Length"),
    transfer = ProtoField.uint32("netlab1.transfer", "Transfer", base.HEX),
    seq = ProtoField.uint64("netlab1.seq", "Sequence"),
    payload = ProtoField.bytes("netlab1.payload", "Payload"),
    size = ProtoField.uint64("netlab1.size", "Size of the file"),
    chunks = ProtoField.uint64("netlab1.chunks", "Number of chunks"),
    chunk_size = ProtoField.uint32("netlab1.chunk_size", "Chunk size"),
    window = ProtoField.uint32("netlab1.window", "Window"),
    flags = ProtoField.uint8("netlab1.flags", "Flags", base.HEX),
    flags_resume = ProtoField.bool("netlab1.flags.resume", "Continue", 8, nil, 1),
    flags_lines = ProtoField.bool("netlab1.flags.lines", "Lines", 8, nil, 2),
    flags_repair = ProtoField.bool("netlab1.flags.repair", "Repair", 8, nil, 4),
    name = ProtoField.string("netlab1.name", "Name", base.UNICODE),
    offset = ProtoField.uint64("netlab1.offset", "Offset"),
    line = ProtoField.string("netlab1.line", "Line", base.UNICODE),
    crc = ProtoField.uint32("netlab1.crc", "CRC-32C of the file", base.HEX),
    round = ProtoField.uint32("netlab1.round", "Round"),
    token = ProtoField.uint64("netlab1.token", "Token", base.HEX),
    code = ProtoField.uint8("netlab1.code", "Code", base.DEC, codes1),
    reason = ProtoField.string("netlab1.reason", "Reason", base.UNICODE),
    first = ProtoField.uint64("netlab1.first", "Missing from"),
    last = ProtoField.uint64("netlab1.last", "Missing to"),
})

local payloads1 = {
    START = function(read)
        read.take(f1.size, 8)
        read.take(f1.chunks, 8)
        read.take(f1.chunk_size, 4)
        read.take(f1.window, 4)
        local flags = read.take(f1.flags, 1)
        if flags then
            for _, one in ipairs({f1.flags_resume, f1.flags_lines, f1.flags_repair}) do
                read.tree:add(one, flags)
            end
        end
        local name = read.take(f1.name)
        return name and " name=" .. name:string(ENC_UTF_8)
    end,
    ACCEPT = function(read) read.take(f1.offset, 8) end,
    DATA = function(read) read.take(f1.payload) end,
    LINE = function(read)
        read.take(f1.offset, 8)
        read.take(f1.line)
    end,
    END = function(read)
        read.take(f1.crc, 4)
        read.take(f1.round, 4)
        read.take(f1.token, 8)
    end,
    ERROR = function(read)
        read.take(f1.code, 1)
        local reason = read.take(f1.reason)
        return reason and " " .. reason:string(ENC_UTF_8)
    end,
    NACK = function(read)
        read.take(f1.round, 4)
        read.take(f1.token, 8)
        while read.left() >= 16 do
            read.take(f1.first, 8)
            read.take(f1.last, 8)
        end
    end,
}

local replies1 = {ACCEPT = "START", ACK = "DATA", DONE = "END", ERROR = "?", NACK = "END"}

-- What the client's message with this number was.
local function question1(state, pinfo, transfer, seq, reply)
    local back = tostring(pinfo.dst) .. " " .. pinfo.dst_port .. " "
    for _, name in ipairs({replies1[reply], "END", "START", "DATA", "LINE"}) do
        local id = name .. " " .. transfer .. " " .. seq
        if state.last[back .. id] then return id end
    end
end

-- The frame's size if a header stands here, else nil.
local function frame_size(tvb, at)
    if tvb:len() - at < 4 then return nil end
    local length = tvb(at + 2, 2):uint()
    if not types1[tvb(at, 1):uint()] or tvb(at + 1, 1):uint() ~= 2 or length > max_payload1 then
        return nil
    end
    return frame_overhead + length
end

local function dissect_frame(tvb, pinfo, root, at, size)
    local range = tvb(at, size)
    local tree = root:add(netlab1, range)
    local name = types1[range(0, 1):uint()]
    local read = reader(range, tree)
    for _, one in ipairs({{f1.type, 1}, {f1.version, 1}, {f1.length, 2}, {f1.transfer, 4},
                          {f1.seq, 8}}) do
        read.take(one[1], one[2])
    end
    local transfer, seq = tostring(range(4, 4)), tostring(range(8, 8):uint64())
    local text = name .. " seq=" .. seq .. " len=" .. range(2, 2):uint()
    if size > frame_overhead then
        local body = reader(range(frame_header, size - frame_overhead), tree)
        body.tree = tree
        local known = payloads1[name]
        text = text .. (known and known(body) or "")
        if body.left() > 0 then body.take(f1.payload) end
    end
    if check(f1, state1, tree, range) then
        local answers = replies1[name] and question1(state1, pinfo, transfer, seq, name)
        local id = name .. " " .. transfer .. " " .. seq
        -- An END, or a NACK, of the next round is a new one.
        if name == "END" or name == "NACK" then
            local round = name == "END" and range(20, 4) or range(16, 4)
            local again = id .. " round " .. round:uint()
            text = text .. link(f1, state1, pinfo, tree, at, {id = again, answers = answers})
            local there = tostring(pinfo.src) .. " " .. pinfo.src_port .. " "
            if not pinfo.visited then state1.last[there .. id] = state1.last[there .. again] end
        else
            text = text .. link(f1, state1, pinfo, tree, at,
                                {id = id, answers = answers, ack = name == "ACK"})
        end
    else
        text = text .. " [wrong checksum]" ..
                   link(f1, state1, pinfo, tree, at, {})
    end
    tree:append_text(": " .. text)
    append_info(pinfo, text)
end

-- A datagram is a frame; a captured packet is many of them where the kernel cuts it only later
-- (UDP_SEGMENT in udp(7)).
local function dissect_datagram(tvb, pinfo, root)
    local at = 0
    while at < tvb:len() do
        local size = frame_size(tvb, at)
        if not size or at + size > tvb:len() then return at end
        if at == 0 then
            pinfo.cols.protocol = "netlab1"
            pinfo.cols.info:set("")
        end
        dissect_frame(tvb, pinfo, root, at, size)
        at = at + size
    end
    return at
end

local function dissect_stream(tvb, pinfo, root)
    if tvb:len() >= 4 and not frame_size(tvb, 0) then return 0 end
    pinfo.cols.protocol = "netlab1"
    pinfo.cols.info:set("")
    local function size(all, _, at) return frame_size(all, at) or all:len() - at end
    local function dissect(part, info, tree)
        if frame_size(part, 0) ~= part:len() then return 0 end
        dissect_frame(part, info, tree, 0, part:len())
        return part:len()
    end
    dissect_tcp_pdus(tvb, root, 4, size, dissect)
    return tvb:len()
end

function netlab1.dissector(tvb, pinfo, root)
    if pinfo.port_type == 2 then return dissect_stream(tvb, pinfo, root) end  -- PT_TCP
    return dissect_datagram(tvb, pinfo, root)
end

-- Problem 4 -----------------------------------------------------------------------------------------

local types4 = {"REQUEST", "CHALLENGE", "START", "INFO", "ERROR", "DATA", "REPORT", "ALIVE", "BYE"}

local netlab4, f4, state4 = protocol(
    "netlab4", "netlab problem 4, streaming", common_fields("netlab4"), checksum_fields("netlab4"), {
    magic = ProtoField.uint16("netlab4.magic", "Magic", base.HEX),
    version = ProtoField.uint8("netlab4.version", "Version"),
    type = ProtoField.uint8("netlab4.type", "Type", base.DEC, types4),
    session = ProtoField.uint64("netlab4.session", "Session", base.HEX),
    nonce = ProtoField.uint64("netlab4.nonce", "Nonce", base.HEX),
    name = ProtoField.string("netlab4.name", "Name", base.UNICODE),
    latency = ProtoField.uint32("netlab4.latency", "Latency (ms)"),
    flags = ProtoField.uint8("netlab4.flags", "Flags", base.HEX),
    size = ProtoField.uint64("netlab4.size", "Size"),
    duration = ProtoField.uint64("netlab4.duration", "Duration (us)"),
    container = ProtoField.string("netlab4.container", "Container"),
    text = ProtoField.string("netlab4.text", "Text", base.UNICODE),
    seq = ProtoField.uint32("netlab4.seq", "Sequence"),
    sent = ProtoField.uint32("netlab4.sent", "Time of sending (us)"),
    offset = ProtoField.uint64("netlab4.offset", "Offset"),
    length = ProtoField.uint32("netlab4.length", "Length"),
    payload = ProtoField.bytes("netlab4.payload", "Payload"),
    number = ProtoField.uint32("netlab4.number", "Number of the report"),
    contiguous = ProtoField.uint64("netlab4.contiguous", "Contiguous"),
    consumed = ProtoField.uint64("netlab4.consumed", "Consumed"),
    count = ProtoField.uint8("netlab4.count", "Missing ranges"),
    missing_offset = ProtoField.uint64("netlab4.missing.offset", "Missing from"),
    missing_length = ProtoField.uint32("netlab4.missing.length", "Missing bytes"),
    sent_up_to = ProtoField.uint64("netlab4.sent_up_to", "Sent up to"),
})

-- Each returns what the info column shows, and what tells the message from others of its type.
local bodies4 = {
    REQUEST = function(read)
        local nonce = read.take(f4.nonce, 8)
        local name = read.take(f4.name)
        return name and " name=" .. name:string(ENC_UTF_8), tostring(nonce)
    end,
    CHALLENGE = function(read) return nil, tostring(read.take(f4.nonce, 8)) end,
    START = function(read)
        local nonce = read.take(f4.nonce, 8)
        read.take(f4.latency, 4)
        read.take(f4.flags, 1)
        read.take(f4.name)
        return nil, tostring(nonce)
    end,
    INFO = function(read)
        local size = read.take(f4.size, 8)
        read.take(f4.duration, 8)
        read.take(f4.container)
        return size and " size=" .. tostring(size:uint64())
    end,
    ERROR = function(read)
        local text = read.take(f4.text)
        return text and " " .. text:string(ENC_UTF_8)
    end,
    DATA = function(read)
        local seq = read.take(f4.seq, 4)
        read.take(f4.sent, 4)
        local offset = read.take(f4.offset, 8)
        local length = read.left()
        read.tree:add(f4.length, length):set_generated()
        read.take(f4.payload)
        if not offset then return nil end
        return " seq=" .. seq:uint() .. " offset=" .. tostring(offset:uint64()) .. " len=" .. length,
               seq:uint()
    end,
    REPORT = function(read)
        local number = read.take(f4.number, 4)
        local contiguous = read.take(f4.contiguous, 8)
        read.take(f4.consumed, 8)
        read.take(f4.flags, 1)
        local count = read.take(f4.count, 1)
        while read.left() >= 12 do
            read.take(f4.missing_offset, 8)
            read.take(f4.missing_length, 4)
        end
        if not count then return nil end
        return " number=" .. number:uint() .. " contiguous=" .. tostring(contiguous:uint64()) ..
                   " missing=" .. count:uint(), number:uint()
    end,
    ALIVE = function(read)
        local number = read.take(f4.number, 4)
        read.take(f4.sent_up_to, 8)
        return number and " number=" .. number:uint(), number and number:uint()
    end,
    BYE = function(read) read.take(f4.contiguous, 8) end,
}

local replies4 = {CHALLENGE = "REQUEST", ALIVE = "REPORT", INFO = "START", BYE = "BYE"}

function netlab4.dissector(tvb, pinfo, root)
    local size = tvb:len()
    if size < 16 or tvb(0, 2):uint() ~= 0x4E34 or tvb(2, 1):uint() ~= 2 then return 0 end
    local name = types4[tvb(3, 1):uint()]
    if not name then return 0 end
    pinfo.cols.protocol = "netlab4"
    pinfo.cols.info:set("")

    local tree = root:add(netlab4, tvb())
    local read = reader(tvb(), tree)
    for _, one in ipairs({{f4.magic, 2}, {f4.version, 1}, {f4.type, 1}, {f4.session, 8}}) do
        read.take(one[1], one[2])
    end
    local text, id
    if size > 16 then
        local body = reader(tvb(12, size - 16), tree)
        body.tree = tree
        text, id = bodies4[name](body)
    end
    text = name .. (text or "")
    if check(f4, state4, tree, tvb()) then
        -- INFO, ERROR and BYE have nothing to tell them by but their session.
        local session = (name == "REQUEST" or name == "CHALLENGE") and "" or tostring(tvb(4, 8))
        local function named(what, which) return what .. " " .. session .. " " .. (which or "") end
        if name == "START" then id = nil end
        text = text .. link(f4, state4, pinfo, tree, 0, {
            id = named(name, id),
            answers = replies4[name] and named(replies4[name], id),
        })
    else
        text = text .. " [wrong checksum]" .. link(f4, state4, pinfo, tree, 0, {})
    end
    tree:append_text(": " .. text)
    append_info(pinfo, text)
    return size
end

-- Problem 5 -----------------------------------------------------------------------------------------

local netlab5, f5, state5 = protocol(
    "netlab5", "netlab problem 5, chat", common_fields("netlab5"), {
    type = ProtoField.string("netlab5.type", "Type"),
    number = ProtoField.string("netlab5.number", "Number"),  -- decimal on the wire, up to 2^64 - 1
    text = ProtoField.string("netlab5.text", "Text", base.UNICODE),
})

local numbered5 = {MSG = true, ACK = true}
local replies5 = {ACK = "MSG", PONG = "PING", BYE = "BYE", BUSY = "MSG"}

function netlab5.dissector(tvb, pinfo, root)
    local datagram = tvb():string(ENC_UTF_8)
    local name = datagram:match("^%u+")
    if not (numbered5[name] or replies5[name] or name == "PING") then return 0 end
    pinfo.cols.protocol = "netlab5"
    pinfo.cols.info:set("")

    local tree = root:add(netlab5, tvb())
    tree:add(f5.type, tvb(0, #name))
    local number = numbered5[name] and datagram:match("^%u+ (%d+)")
    if number then
        local at = #name + 1
        tree:add(f5.number, tvb(at, #number))
        at = at + #number + 1
        if name == "MSG" and at < tvb:len() then tree:add(f5.text, tvb(at), tvb(at):string(ENC_UTF_8)) end
    end
    -- PING, PONG and BYE are said again without being the same.
    local which = number or (numbered5[name] and "?") or pinfo.number
    local answers = replies5[name] and replies5[name] .. " " .. (number or "last")
    local text = link(f5, state5, pinfo, tree, 0,
                      {id = name .. " " .. which, answers = answers, ack = name == "ACK"})
    local there = tostring(pinfo.src) .. " " .. pinfo.src_port .. " " .. name .. " "
    if not pinfo.visited then state5.last[there .. "last"] = state5.last[there .. which] end
    text = datagram .. text
    tree:append_text(": " .. text)
    append_info(pinfo, text)
    return tvb:len()
end

local udp = DissectorTable.get("udp.port")
udp:add(7101, netlab1)  -- what --pcap makes of the stream
udp:add(7102, netlab1)
udp:add(7401, netlab4)
udp:add(7502, netlab5)
DissectorTable.get("tcp.port"):add(7101, netlab1)
