"""Asks a server for pages over several connections at once, one after another on each.

``python -m bench.loader PORT SECONDS CONNECTIONS`` reads addresses from standard input, one a line, a header after a
tab if there is one. It prints how many answers came in a second. An answer that is neither a page nor the word that
nothing has changed ends it.
"""

import itertools
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def request(line):
    path, *headers = line.rstrip("\n").split("\t")
    told = ["Host: localhost", "Accept-Encoding: gzip", "Connection: close", *headers]
    return "\r\n".join([f"GET {path} HTTP/1.1", *told, "", ""]).encode()


def answer(port, asked):
    """The first piece of what comes, with its head."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(asked)
        head = block = line.recv(65536)
        while block:
            block = line.recv(65536)
    if head[9:12] not in (b"200", b"304"):
        raise ValueError(f"{asked[:80]} is answered with {head[:80]}")
    return head


def main(port, seconds, connections):
    requests = itertools.cycle([request(line) for line in sys.stdin])
    start = time.perf_counter()

    def ask(_connection):
        count = 0
        while time.perf_counter() < start + seconds:
            answer(port, next(requests))
            count += 1
        return count

    with ThreadPoolExecutor(connections) as threads:
        count = sum(threads.map(ask, range(connections)))
    print(count / (time.perf_counter() - start))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
