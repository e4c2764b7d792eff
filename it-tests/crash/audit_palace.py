#!/usr/bin/env python3
"""Looks at everything around a palace after a crash and its recovery: work that was left, and whether there is a way back.

    audit_palace.py PALACE        CRASH_OLD and CRASH_NEW are verify_palace.py's lines of the two generations

Complains, one line each and exit 1, about
  - a journal, a temporary file or a work directory that is still there, in the operations folder or in the palace
  - segment directories in the palace that no row names, and sidecars of the database
  - a snapshot without snapshot.json, or with other files, sizes or hashes than it says
  - a snapshot that, put back, is neither of the two generations
  - the new generation without a snapshot that holds the old one
  - a history with more than one line that is no JSON
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import verify_palace

RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]+")
ORDINARY = {"lock", "history.jsonl", "history.lock", "state.json", "snapshots"}


def inside(palace):
    """Complaints about the palace itself."""
    reader = verify_palace.read(palace)
    for entry in sorted(os.listdir(palace)):
        if verify_palace.UUID.fullmatch(entry) and entry not in reader.segments:
            yield "segment directory %s belongs to nothing" % entry
        if entry.startswith(".chroma") or entry in ("chroma.sqlite3-journal", "chroma.sqlite3-wal", "chroma.sqlite3-shm"):
            yield "%s in the palace" % entry
    own = palace / ".palace"
    for entry in sorted(os.listdir(own)) if own.is_dir() else []:
        if entry not in ("seal.json", "ops"):
            yield ".palace/%s in the palace" % entry
    if (own / "seal.json").exists():
        yield from parsed(own / "seal.json")


def parsed(file):
    try:
        json.loads(file.read_bytes())
    except ValueError as e:
        yield "%s: %s" % (file.name, e)


def listed(snapshot, description):
    """Complaints about the files of a snapshot."""
    said = description["files"]
    found = {}
    for directory, _, files in os.walk(snapshot):
        for name in files:
            path = Path(directory, name)
            if path != snapshot / "snapshot.json":
                found[path.relative_to(snapshot).as_posix()] = path
    for name in sorted(set(said) ^ {name for name in found if not (name.endswith("-shm") and name not in said)}):
        yield "%s is %s" % (name, "missing" if name in said else "not listed")
    for name, path in sorted(found.items()):
        if name in said and not path.is_symlink():
            size = path.stat().st_size
            hashed = size <= verify_palace.HUGE
            if size != said[name]["size"] or hashed and verify_palace.sha256_of(path).hex() != said[name]["sha256"]:
                yield "%s differs from what snapshot.json says" % name


def copy(source, target):
    """Like shutil.copytree, but a hole stays a hole."""
    subprocess.run(["cp", "-a", "--sparse=always", str(source), str(target)], check=True)


def put_back(snapshot, palace, work):
    """The palace as it would be with this snapshot in it."""
    whole, back = snapshot / "palace", Path(work) / "palace"
    if whole.is_dir() and not is_confined(palace):
        return whole
    copy(palace, back)
    for file in back.glob("chroma.sqlite3*"):
        file.unlink()
    for entry in sorted(whole.iterdir()) if whole.is_dir() else [snapshot / "chroma.sqlite3"] + sorted(snapshot.glob("segments/*")):
        if (back / entry.name).is_dir():
            shutil.rmtree(str(back / entry.name))
        copy(entry, back / entry.name)
    return back


def is_confined(palace):
    """Whether the palace stays where it is, so that only its store is exchanged and kept."""
    return (palace / ".palace" / "ops").is_dir()


def line_of(snapshot, palace):
    with tempfile.TemporaryDirectory(prefix="audit-") as work:
        try:
            return verify_palace.read(put_back(snapshot, palace, work)).line()
        except (verify_palace.Unreadable, OSError, subprocess.CalledProcessError) as e:
            return str(e)


def around(palace, now, old, new):
    """Complaints about the operations folder."""
    ops, lines = palace.with_name(palace.name + ".ops"), []
    if is_confined(palace):
        ops = palace / ".palace" / "ops"
    for entry in sorted(os.listdir(ops)) if ops.is_dir() else []:
        if entry not in ORDINARY:
            yield "%s in the operations folder" % entry
    snapshots = ops / "snapshots"
    for name in sorted(os.listdir(snapshots)) if snapshots.is_dir() else []:
        snapshot = snapshots / name
        if not RUN.fullmatch(name) or not (snapshot / "snapshot.json").is_file():
            yield "snapshots/%s has no snapshot.json" % name
            continue
        try:
            complaints = list(listed(snapshot, json.loads((snapshot / "snapshot.json").read_bytes())))
        except (ValueError, KeyError) as e:
            complaints = ["snapshot.json: %s" % e]
        yield from ("snapshot: " + complaint for complaint in complaints)
        lines.append(line_of(snapshot, palace))
        if lines[-1] not in (old, new):
            yield "snapshot is neither generation: %s" % lines[-1]
    if now == new and old not in lines:
        yield "no snapshot holds the old palace"
    history = ops / "history.jsonl"
    if history.exists():
        broken = [1 for line in history.read_bytes().splitlines() if list(json_fault(line))]
        if len(broken) > 1:
            yield "%d lines of history.jsonl are no JSON" % len(broken)


def json_fault(line):
    try:
        json.loads(line)
    except ValueError as e:
        yield e


def main():
    palace, old, new = Path(sys.argv[1]), os.environ["CRASH_OLD"], os.environ["CRASH_NEW"]
    try:
        complaints = list(inside(palace)) + list(around(palace, verify_palace.read(palace).line(), old, new))
    except verify_palace.Unreadable as e:
        complaints = [str(e)]
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
