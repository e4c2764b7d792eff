"""MemPalace 3.11.0 with everything of its own in one throw-away folder and an embedder that needs no network and no model.

`Embedder` answers OpenAI's /v1/embeddings on 127.0.0.1 with a unit vector made from shake_256(text): equal texts have equal
vectors, different ones almost orthogonal vectors, in every run and on every machine.  `Home` is the environment MemPalace runs in.
"""
import hashlib
import http.server
import json
import math
import os
import struct
import subprocess
import threading
import time
from pathlib import Path

import frozen

NAME = "mempalace-3.11.0"


def python():
    """The interpreter that has MemPalace."""
    return frozen.python_of(NAME)


def embed(text, dimension):
    """The unit vector of a text."""
    data = hashlib.shake_256(text.encode("utf-8", "surrogatepass")).digest(4 * dimension)
    values = [number / 2**31 - 1.0 for number in struct.unpack(f"<{dimension}I", data)]
    length = math.sqrt(sum(value * value for value in values))
    return [value / length for value in values]


def age(palace):
    """Make the index files a day older than the database."""
    before = time.time() - 86400
    for file in palace.rglob("*"):
        if file.parent != palace and file.suffix in (".bin", ".pickle"):
            os.utime(file, (before, before))


class Embedder:
    """The server, for the length of a `with` block; `url` is its address and `texts` how many texts it has embedded."""

    def __init__(self, dimension):
        self.dimension, self.texts = dimension, 0

    def __enter__(self):
        embedder = self

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                texts = [request["input"]] if isinstance(request["input"], str) else request["input"]
                embedder.texts += len(texts)
                rows = [{"object": "embedding", "index": i, "embedding": embed(text, embedder.dimension)} for i, text in enumerate(texts)]
                body = json.dumps({"object": "list", "data": rows, "model": request.get("model"), "usage": {"prompt_tokens": 0, "total_tokens": 0}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *problem):
        self.server.shutdown()
        self.server.server_close()


class Home:
    """A folder that is HOME, configuration and temporary folder to MemPalace, and the way to run it there."""

    def __init__(self, folder, embedder):
        self.folder = Path(folder)
        for name in ("config", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        keep = {key: value for key, value in os.environ.items()
                if not key.startswith(("MEMPAL", "XDG_", "CHROMA", "PYTHON", "OPENAI", "ANTHROPIC")) and not key.lower().endswith("_proxy")}
        self.environment = {**keep, "HOME": str(self.folder), "MEMPALACE_CONFIG_DIR": str(self.folder / "config"), "TMPDIR": str(self.folder / "tmp"),
                            "ANONYMIZED_TELEMETRY": "False", "NO_PROXY": "127.0.0.1", "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8",
                            "MEMPALACE_EMBEDDING_MODEL": "openai-compat", "MEMPALACE_EMBEDDING_API_URL": embedder.url,
                            "MEMPALACE_EMBEDDING_API_MODEL": "shake-256"}

    def command(self, palace, *arguments, limit=600):
        """`mempalace --palace PALACE ARGUMENTS`: (exit code, output)."""
        return self.run([str(python()), "-m", "mempalace", "--palace", str(palace), *map(str, arguments)], "", limit)

    def tools(self, palace, calls, limit=600):
        """Let MemPalace's MCP server on PALACE answer tool calls [(name, arguments)]: its answers, in order, as parsed JSON.

        The server gets all of them on stdin and ends when stdin does, as it does when its host goes away.
        """
        requests = [{"method": "initialize", "params": {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "oracle", "version": "1"}}}]
        requests += [{"method": "tools/call", "params": {"name": f"mempalace_{name}", "arguments": arguments}} for name, arguments in calls]
        text = "".join(json.dumps({"jsonrpc": "2.0", "id": i, **request}) + "\n" for i, request in enumerate(requests))
        code, output = self.run([str(python()), "-m", "mempalace.mcp_server", "--palace", str(palace)], text, limit)
        answers = {}
        for line in output.splitlines():
            if line.startswith('{"jsonrpc"'):
                message = json.loads(line)
                answers[message.get("id")] = message
        found = []
        for i, (name, _) in enumerate(calls, 1):
            answer = answers.get(i, {"error": f"no answer (exit {code}): {output[-300:]}"})
            result = answer.get("result", {}).get("content", [{}])[0].get("text")
            found.append(json.loads(result) if result else {"error": answer.get("error", answer)})
        return found

    def run(self, command, text="", limit=600):
        """Run a program in this environment: (exit code, output)."""
        try:
            run = subprocess.run(command, input=text, capture_output=True, text=True, errors="replace", timeout=limit, env=self.environment, cwd=self.folder)
            return run.returncode, run.stdout + run.stderr
        except subprocess.TimeoutExpired:
            return "timeout", f"no answer within {limit} s"
