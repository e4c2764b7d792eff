"""The tool under test, called, and real Chroma's verdict on what it left."""
import json
import shlex
import subprocess
from pathlib import Path

import frozen
import truth

HERE = Path(__file__).resolve().parent


def tool(options, verb, palace, *more):
    """(exit code, parsed JSON or {}, stderr) of the tool."""
    command = [*shlex.split(options.palace_cmd), verb, *more, "--json", "--palace", str(palace)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=options.limit, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "timeout", {}, f"no end within {options.limit} s"
    try:
        return run.returncode, json.loads(run.stdout), run.stderr
    except ValueError:
        return run.returncode, {}, run.stderr or run.stdout


def codes(report):
    """Codes of the findings that are more than a notice."""
    return sorted({finding["code"] for finding in report.get("findings", []) if finding.get("severity", "").lower() != "notice"})


def judged(palace, work, version, options, *more):
    """The verdict of one release as a dict."""
    command = [str(frozen.python_of(version)), str(HERE / "judge.py"), str(palace), "--tmp", str(work), "--timeout", "90",
               "--damage", str(truth.damage_path(palace)), *more, *(["--read-only"] if options.read_only else [])]
    run = subprocess.run(command, capture_output=True, text=True)
    return json.loads(run.stdout.splitlines()[0]) if run.stdout else {"verdict": "error", "problems": [{"kind": "judge", "step": "", "detail": run.stderr[-300:]}]}
