"""A web server on the loopback interface whose answers a test writes."""

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class LoopbackServer(ThreadingHTTPServer):
    """Answer each path by a function that takes the request handler. ``received`` has the requests in their order."""

    daemon_threads = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), RequestHandler)
        self.answers = {}
        self.received = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class RequestHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.received.append((self.command, self.path, dict(self.headers)))
        self.server.answers.get(self.path, answer(404))(self)

    def do_HEAD(self):
        self.do_GET()

    def log_message(self, *_arguments):
        pass


def answer(status=200, body=b"", declared_length=None, **headers):
    """Return a function that answers with the body, and closes the connection after it."""

    def send(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", len(body) if declared_length is None else declared_length)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    return send


@contextmanager
def loopback_server():
    server = LoopbackServer()
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
