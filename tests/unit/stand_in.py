"""A stand-in for GroupLens' server on this machine, and what it answers; its fixture is in conftest."""

import http.server
import socket
import threading
import time

from invented_movielens import ZIP

HALF = len(ZIP) // 2
HTML = b"<html>Log in first</html>"


class StandIn(http.server.ThreadingHTTPServer):
    """Answer every request with `answer`, and note its path."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Request)
        self.answer, self.requests = whole, []
        self.started, self.go_on = threading.Event(), threading.Event()

    def handle_error(self, *_):
        """Say nothing: here it is usual that the other side has hung up."""


class Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # the name is http.server's
        self.server.requests.append(self.path)
        self.server.answer(self)

    def send(self, body, status=200, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def whole(request):
    request.send(ZIP)


def sends(body, status=200, **headers):
    return lambda request: request.send(body, status, **headers)


def drops_the_connection(request):
    request.send(ZIP[:HALF], length=len(ZIP))


def resets_the_connection(request):
    drops_the_connection(request)
    no_farewell = b"\1\0\0\0\0\0\0\0"  # linger for 0 seconds
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_farewell)
    request.connection.close()


def speaks_no_http(request):
    request.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")


def never_answers(request):
    request.server.go_on.wait(20)


def stalls_half_way(request):
    drops_the_connection(request)
    request.server.started.set()
    request.server.go_on.wait(20)


PIECES, TRICKLE_S = 8, 0.1


def trickles(request):
    request.send(b"", length=len(ZIP))
    step = -(-len(ZIP) // PIECES)
    for begin in range(0, len(ZIP), step):
        time.sleep(TRICKLE_S)
        request.wfile.write(ZIP[begin : begin + step])


def moves(request):
    if request.path == "/ml-100k.zip":
        request.send(b"", 302, Location="/elsewhere/ml-100k.zip")
    else:
        request.send(ZIP)
