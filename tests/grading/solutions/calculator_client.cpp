// SPDX-License-Identifier: MIT
// Problem 3, the client: three words go to the server, its answer to the screen.
#include "net.hpp"

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7301);
    if (line.operands.size() != 3) {
        std::fputs("usage: client A OP B\n", stderr);
        return 2;
    }
    const std::string &a = line.operands[0], &op = line.operands[1], &b = line.operands[2];
    std::string answer;
    if (kFault == Fault::computes_by_itself) {
        const long long x = std::stoll(a), y = std::stoll(b);
        if (y == 0 && (op == "/" || op == "%")) {
            answer = "ERROR division by zero";
        } else {
            answer = std::to_string(op == "+"   ? x + y
                                    : op == "-" ? x - y
                                    : op == "*" ? x * y
                                    : op == "/" ? x / y
                                                : x % y);
        }
    } else {
        const int fd = connect_to(SOCK_STREAM, line.address);
        send_all(fd, a + " " + op + " " + b + "\n");
        if (!LineReader(fd).next(answer)) die("no answer");
    }
    std::printf("%s\n", answer.c_str());
    return answer.rfind("ERROR", 0) == 0 ? 1 : 0;
}
