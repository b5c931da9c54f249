"""A program that is called like `vllm serve` and starts at once; one of its workers ignores SIGTERM.

As vLLM does, it answers only who shows the key of its environment. It appends `started` and `ended` to the file
`servers.txt` of its folder, and does as `mode.txt` there says: `answer`, `refuse` every request, be
`slow`, `hang` before it is healthy, or `linger` when it is to end.
"""

import sys
from pathlib import Path

PROGRAM = """#!{python}
import json, os, signal, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = {folder!r}
WORKER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(120)"


def mode():
    with open(FOLDER + "/mode.txt") as file:
        return file.read()


def note(what):
    with open(FOLDER + "/servers.txt", "a") as file:
        file.write(f"{{what}} {{time.time()}} {{' '.join(sys.argv[1:])}}\\n")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(200, {{}})

    def do_POST(self):
        if self.headers["Authorization"] != "Bearer " + os.environ["VLLM_API_KEY"]:
            self.reply(401, {{"error": {{"message": "Unauthorized"}}}})
            return
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(FOLDER + "/asked.txt", "a") as file:
            file.write(asked["model"] + "\\n")
        if mode() == "refuse":
            self.reply(404, {{"error": {{"message": "no such model"}}}})
            return
        if mode() == "slow":
            time.sleep(1)
        message = {{"role": "assistant", "content": "tench"}}
        self.reply(200, {{"choices": [{{"message": message, "finish_reason": "stop"}}], "usage": {{}}}})

    def reply(self, status, content):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *arguments):
        pass


def end(*arguments):
    if mode() == "linger":
        time.sleep(2)
    note("ended")
    os._exit(0)


note("started")
print("starting", flush=True)
subprocess.Popen([sys.executable, "-c", WORKER], start_new_session=True)
signal.signal(signal.SIGTERM, end)
if mode() == "hang":
    time.sleep(120)
port = int(sys.argv[sys.argv.index("--port") + 1])
server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
server.serve_forever()
"""


def installed(folder: Path, mode: str = "answer") -> Path:
    """Install the program as `vllm` in a folder, for the PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "vllm"
    program.write_text(PROGRAM.format(python=sys.executable, folder=str(folder)))
    program.chmod(0o755)
    (folder / "mode.txt").write_text(mode)
    return program
