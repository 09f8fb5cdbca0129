"""Answers with a greeting from the image's build and the user that it runs as."""
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

with open("greeting") as file:
    GREETING = file.read().strip()


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{GREETING} from a Dockerfile, as user {os.getuid()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


HTTPServer(("", int(os.environ["PORT"])), Hello).serve_forever()
