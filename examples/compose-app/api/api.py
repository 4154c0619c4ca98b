"""`GET /` lists the notes, `POST /` adds one; the last one also lies in /data."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import os
from pathlib import Path
import subprocess


def psql(sql, **values):
    settings = [f"--set={name}={value}" for name, value in values.items()]
    options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
    command = ["psql", *options, *settings, os.environ["DATABASE_URL"]]
    ended = subprocess.run(command, input=sql, capture_output=True, text=True, timeout=10)
    print(ended.stderr, end="")
    return ended.stdout if ended.returncode == 0 else None


class Notes(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.answer(psql("select 'up'"))
        else:
            notes = psql("select text from notes order by id")
            self.answer(None if notes is None else f"{os.environ['TITLE']} {os.environ['RELEASE']}\n{notes}")

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        Path("/data/last").write_text(text)
        self.answer(psql("insert into notes (text) values (:'text') returning id", text=text))

    def answer(self, text):
        self.send_response(503 if text is None else 200)
        self.end_headers()
        self.wfile.write((text or "").encode())


ThreadingHTTPServer(("", 9000), Notes).serve_forever()
