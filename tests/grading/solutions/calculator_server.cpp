// SPDX-License-Identifier: MIT
// Problem 3, the server: a line `A OP B`, a line with the result, in a thread for each client.
#include <sys/wait.h>

#include <cerrno>
#include <thread>

#include "net.hpp"

static bool number(const char*& at, long long& value) {
    char* end;
    errno = 0;
    value = std::strtoll(at, &end, 10);
    const bool good = end != at && errno == 0;
    at = end;
    return good;
}

static std::string calculate(const std::string& line) {
    const char* at = line.c_str();
    long long a, b, result = 0;
    if (!number(at, a)) return "ERROR a number comes first";
    while (*at == ' ') ++at;
    const char op = *at;
    if (op == '\0' || !number(++at, b) || *at != '\0') return "ERROR a number comes last";
    if (kFault == Fault::calculates_in_floats && (op == '+' || op == '-' || op == '*')) {
        const auto x = static_cast<double>(a), y = static_cast<double>(b);
        return std::to_string(static_cast<long long>(op == '+'   ? x + y
                                                     : op == '-' ? x - y
                                                                 : x * y));
    }
    if ((op == '/' || op == '%') && b == 0 && kFault != Fault::crashes_at_zero)
        return "ERROR division by zero";
    const bool too_large =
        b == -1 && (op == '/' || op == '%') && kFault != Fault::crashes_at_the_lowest;
    if (too_large && op == '%') return "0";
    if (too_large && __builtin_sub_overflow(0LL, a, &result)) return "9223372036854775808";
    bool overflow = false;
    switch (op) {
        case '+':
            overflow = __builtin_add_overflow(a, b, &result);
            break;
        case '-':
            overflow = __builtin_sub_overflow(a, b, &result);
            break;
        case '*':
            overflow = __builtin_mul_overflow(a, b, &result);
            break;
        case '/':
            result = a / b;
            break;
        case '%':
            result = a % b;
            break;
        default:
            return "ERROR one of + - * / %";
    }
    return overflow ? "ERROR too large" : std::to_string(result);
}

static void serve_client(int fd) {
    LineReader reader(fd);
    std::string line;
    while (reader.next(line) && send_all(fd, calculate(line) + "\n")) {
    }
    close(fd);
}

// What a supervisor has to cope with.
static void misbehave() {
    while (kFault == Fault::never_listens) pause();
    if (kFault == Fault::leaves_daemons && fork() == 0) {
        setsid();
        if (fork() != 0) _exit(0);
        std::signal(SIGTERM, SIG_IGN);
        while (true) pause();
    }
    while (kFault == Fault::starts_processes_without_end) {
        if (fork() == 0) {
            while (true) pause();
        }
        usleep(500);
    }
}

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7301);
    misbehave();
    const int listener = serve(SOCK_STREAM, line.address);
    while (true) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd < 0) die("accept");
        if (kFault == Fault::one_at_a_time) {
            serve_client(fd);
        } else {
            std::thread(serve_client, fd).detach();
        }
    }
}
