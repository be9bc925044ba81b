# SPDX-License-Identifier: MIT
"""Problem 3, a remote calculator: `A OP B` goes to the server, the result comes back and is displayed."""

import re
import select
import socket
import time
from fractions import Fraction

from .program import how_it_ended
from .proxy import SERVER, StreamProxy
from .rubric import Criterion, Failure, Problem, quoted
from .wire import Lines, answer, says_where_it_listens

PAIR = ("server", "client")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
LOWEST, HIGHEST = -2 ** 63, 2 ** 63 - 1


def quotient(a, b):
    """C++'s: cut off towards zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def right_answers(a, operator, b):
    """What may be the answer: where a division leaves something over, the whole number or the decimals."""
    if operator == "/":
        return {Fraction(quotient(a, b)), Fraction(a, b)}
    if operator == "%":
        return {Fraction(a - b * quotient(a, b))}
    return {Fraction({"+": a + b, "-": a - b, "*": a * b}[operator])}


def is_right(text, a, operator, b):
    """A number is right if it is one of the right answers; decimals may be rounded."""
    text = text.strip()
    if not NUMBER.fullmatch(text):
        return False
    right = right_answers(a, operator, b)
    if "." not in text:
        return Fraction(text) in right
    rounding = Fraction(1, 10 ** min(4, len(text.partition(".")[2])))
    return any(abs(Fraction(text) - value) <= rounding for value in right)


def in_words(a, operator, b):
    """The right answer for people."""
    numbers = sorted(right_answers(a, operator, b), key=lambda value: value.denominator)
    return " or ".join(str(value) if value.denominator == 1 else f"{float(value):.6g}" for value in numbers)


def random_operands(lab, operator, low, high):
    """Such that a division leaves nothing over in half of the cases, and nothing is divided by zero."""
    a, b = lab.random.randint(low, high), lab.random.randint(low, high) or 7
    if operator == "/" and lab.random.random() < 0.5:
        a = b * lab.random.randint(1, 99)
    return a, b


# Client and server together


def calculates_by_itself(lab):
    """Throws if the client does not print what a server says, whatever that is."""
    lab.once("the client's answer does not come from the server", lambda: prints_what_the_server_says(lab))


def prints_what_the_server_says(lab):
    value = lab.random.randint(10 ** 8, 10 ** 9)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = lab.client("client", port, 12, "+", 30)
        done = f"let the client ask a server of the grader's for 12 + 30, which answers {value}"
        expected = f"the client to print {value}"
        if not accepted_in_time(listener, client):
            raise Failure(done, expected, f"the client connected to nobody; it printed {quoted(client.out)}")
        with listener.accept()[0] as connection:
            request = answer(Lines(connection, lab.supervisor), done, "a line `12 + 30`")
            if re.sub(r"\s", "", request) != "12+30":
                raise Failure(done, "a line `12 + 30`", f"the client sent {quoted(request)}")
            connection.sendall(f"{value}\n".encode())
            client.sees(lambda: str(value) in client.out, 3)
    if str(value) not in client.out:
        raise Failure(done, expected, f"it printed {quoted(client.out)}", timeout=client.code is None)


def accepted_in_time(listener, client):
    """Waits for a connection as long as the client runs. False if none comes."""
    for _ in range(30):
        ended = client.code is not None
        if select.select([listener], [], [], 0.1)[0]:
            return True
        if ended:
            client.wait(1)
            return False
    return False


def pair_calculates(operator, low, high, count=2):
    """A case: random operands, through the submission's own client and server."""
    def case(lab):
        calculates_by_itself(lab)
        server = lab.server("server")
        proxy = lab.keep(StreamProxy(server.port))
        for _ in range(count):
            a, b = random_operands(lab, operator, low, high)
            client = lab.client("client", proxy.port, a, operator, b)
            code = client.wait(4)
            done = f"asked the client for {a} {operator} {b}"
            again = lab.command(server.program, client).replace(f"--port {proxy.port}", f"--port {server.port}")
            if code is None:
                raise Failure(done, "it to print the result and end", f"it still ran after 4 s; it printed "
                              f"{quoted(client.out)}", timeout=True, again=again)
            numbers = NUMBER.findall(client.out)
            if not numbers or not is_right(numbers[-1], a, operator, b):
                raise Failure(done, in_words(a, operator, b), f"it printed {quoted(client.screen)}", again=again)
            if numbers[-1] not in proxy.text(SERVER):
                raise Failure(done, "the result to come from the server", "it did not go over the wire", again=again)
    return case


# The server alone


def ask(lab, server, lines, expression):
    """The server's answer to a line."""
    lines.send(expression + "\n")
    return answer(lines, f"sent `{expression}` to the server", "a line with the answer",
                  again=server.by_hand(expression + "\n"))


def check_answer(server, line, a, operator, b):
    if not is_right(line, a, operator, b):
        expression = f"{a} {operator} {b}"
        raise Failure(f"sent `{expression}` to the server", in_words(a, operator, b), f"it was {quoted(line)}",
                      again=server.by_hand(expression + "\n"))


def server_calculates(*expressions):
    """A case: exact results, a connection for each."""
    def case(lab):
        server = lab.server("server")
        for a, operator, b in expressions:
            with server.connect() as connection:
                line = ask(lab, server, Lines(connection, lab.supervisor), f"{a} {operator} {b}")
            check_answer(server, line, a, operator, b)
    return case


def large_random_numbers(lab):
    expressions = []
    for operator in "+-":
        expressions += [(lab.random.randint(2 ** 53, 2 ** 62), operator, lab.random.randint(2 ** 53, 2 ** 62))]
    expressions.append((lab.random.randint(2 ** 60, 2 ** 62), "%", lab.random.randint(3, 2 ** 20)))
    server_calculates(*expressions)(lab)


def refuses(expression):
    """A case: an ERROR, and the server goes on. If it ends the connection, another one must work."""
    def case(lab):
        server = lab.server("server")
        shown = expression if len(expression) < 40 else expression[:10] + "..."
        done = f"sent `{shown}` to the server"
        again = server.by_hand(expression + "\n") if len(expression) < 200 else None
        lines = Lines(server.connect(), lab.supervisor)
        lines.send(expression + "\n")
        line = answer(lines, done, "a line `ERROR <reason>`", again=again)
        if not line.upper().startswith("ERROR"):
            raise Failure(done, "a line `ERROR <reason>`", f"it was {quoted(line)}", again=again)
        lines.connection.close()
        goes_on(lab, server, done, again)
    return case


def survives(expression):
    """A case: any answer will do, or none, but the server goes on."""
    def case(lab):
        server = lab.server("server")
        lines = Lines(server.connect(), lab.supervisor)
        lines.send(expression + "\n")
        try:
            lines.line(1)
        except TimeoutError:
            pass
        lines.connection.close()
        goes_on(lab, server, f"sent `{expression}` to the server, then `2 + 3` on another connection",
                server.by_hand(expression + "\n"))
    return case


def goes_on(lab, server, done, again):
    """Throws unless the server still calculates."""
    expected = "5 for `2 + 3` afterwards"
    try:
        lines = Lines(server.connect(), lab.supervisor)
    except Failure:
        raise Failure(done, "the server to go on", "nobody could connect to it any more", again=again) from None
    lines.send("2 + 3\n")
    line = answer(lines, done, expected, again=again)
    if line.strip() != "5":
        raise Failure(done, expected, f"it was {quoted(line)}", again=again)


def client_shows_the_error(lab):
    server = lab.server("server")
    client = lab.client("client", server.port, 7, "/", 0)
    done, again = "asked the client for 7 / 0", lab.command(server.program, client)
    if client.wait(4) is None:
        raise Failure(done, "it to say that this is an error", "it still ran after 4 s", timeout=True, again=again)
    if client.code < 0 or not re.search("error|zero", client.screen, re.IGNORECASE):
        raise Failure(done, "it to say that this is an error",
                      f"{how_it_ended(client.code)}; it printed {quoted(client.screen)}", again=again)


# Lines, and others


def several_on_a_connection(lab):
    server = lab.server("server")
    lines = Lines(server.connect(), lab.supervisor)
    for a, operator, b in ((1, "+", 2), (10, "-", 4), (6, "*", 7)):
        check_answer(server, ask(lab, server, lines, f"{a} {operator} {b}"), a, operator, b)


def a_line_in_pieces(lab):
    server = lab.server("server")
    lines = Lines(server.connect(), lab.supervisor)
    done = "sent `12345 + 1` to the server, a few letters at a time"
    for piece in ("12", "345 ", "+", " 1\n"):
        lines.send(piece)
        time.sleep(0.05)
    line = answer(lines, done, "12346")
    if line.strip() != "12346":
        raise Failure(done, "12346", f"it was {quoted(line)}")


def two_lines_at_once(lab):
    server = lab.server("server")
    lines = Lines(server.connect(), lab.supervisor)
    lines.send("20 + 1\n30 + 2\n")
    done, again = "sent two lines at once, `20 + 1` and `30 + 2`", server.by_hand("20 + 1\n30 + 2\n")
    for expected in ("21", "32"):
        line = answer(lines, done, f"the answer {expected}", again=again)
        if line.strip() != expected:
            raise Failure(done, f"the answer {expected}", f"it was {quoted(line)}", again=again)


def others_are_served_meanwhile(begin):
    """A case: a client that has sent only `begin` does not hold up another one."""
    def case(lab):
        server = lab.server("server")
        stalled = Lines(server.connect(), lab.supervisor)
        stalled.send(begin)
        select.select([stalled.connection], [], [], 0.1)  # time to be accepted
        done = "asked the server for 2 + 3 while another client is connected and " + \
            ("has sent half a line" if begin else "says nothing")
        other = Lines(server.connect(), lab.supervisor)
        other.send("2 + 3\n")
        line = answer(other, done, "5")
        if line.strip() != "5":
            raise Failure(done, "5", f"it was {quoted(line)}")
    return case


PROBLEM = Problem(3, [
    Criterion("3.1", 5, "The server says `listening on ADDRESS:PORT`", ("server",), [says_where_it_listens("server")]),
    Criterion("3.2", 30, "Two integers and one of + - * / % give the right result, and it is displayed", PAIR,
              [pair_calculates(operator, 1, 99999) for operator in "+-*/%"]),
    Criterion("3.3", 15, "What the client displays came from the server", ("client",), [calculates_by_itself]),
    Criterion("3.4", 15, "Negative numbers and large ones (64 bits) are exact", ("server",),
              [server_calculates((-5, "+", 3), (5, "-", -3), (-7, "*", -6)),
               server_calculates((-42, "/", 7), (-7, "%", 3), (7, "%", -3)),
               server_calculates((9007199254740993, "+", 0), (HIGHEST, "-", 1), (LOWEST, "+", 1)),
               server_calculates((3037000499, "*", 3037000499), (HIGHEST, "/", 7)), large_random_numbers]),
    Criterion("3.5", 15, "Division by zero and rubbish are errors, and nothing crashes", PAIR,
              [refuses("1 / 0"), refuses("1 % 0"), refuses("hello"), refuses("1 +"), refuses("1 ^ 2"),
               survives("99999999999999999999 + 1"), survives("a" * 3000), client_shows_the_error]),
    Criterion("3.6", 5, "Also -9223372036854775808 / -1 crashes nothing", ("server",),
              [survives(f"{LOWEST} / -1"), survives(f"{LOWEST} % -1")]),
    Criterion("3.7", 10, "Requests are lines, in pieces or several at once", ("server",),
              [several_on_a_connection, a_line_in_pieces, two_lines_at_once]),
    Criterion("3.8", 5, "A client that stalls does not hold up another one", ("server",),
              [others_are_served_meanwhile(""), others_are_served_meanwhile("1 +")]),
])
