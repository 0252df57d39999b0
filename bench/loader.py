"""Request pages over several concurrent connections and print the responses per second.

``python -m bench.loader PORT SECONDS CONNECTIONS`` reads URL paths from standard input, one a line, with an optional
header after a tab. Each connection sends one request after another, each on a new socket. A status other than 200 or
304 stops the run.
"""

import itertools
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def build_request(line):
    path, *headers = line.rstrip("\n").split("\t")
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Accept-Encoding: gzip", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


def fetch_head(port, request):
    """Read the whole response and return its first block, which includes the headers."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        head = block = connection.recv(65536)
        while block:
            block = connection.recv(65536)
    if head[9:12] not in (b"200", b"304"):
        raise ValueError(f"{request[:80]} got the response {head[:80]}")
    return head


def main(port, seconds, connections):
    requests = itertools.cycle([build_request(line) for line in sys.stdin])
    start = time.perf_counter()

    def run_connection(_index):
        count = 0
        while time.perf_counter() < start + seconds:
            fetch_head(port, next(requests))
            count += 1
        return count

    with ThreadPoolExecutor(connections) as threads:
        count = sum(threads.map(run_connection, range(connections)))
    print(count / (time.perf_counter() - start))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
