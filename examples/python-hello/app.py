"""A web application by the standard library's own server."""
import os
import platform
import signal
import sys
from wsgiref.simple_server import make_server


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    greeting = os.environ.get("GREETING", "Hello")
    return [f"{greeting} from Python {platform.python_version()} on {os.environ.get('DYNO', 'no dyno')}\n".encode()]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with make_server("", int(os.environ.get("PORT", "8000")), app) as server:
        server.serve_forever()
