"""The real MemPalace 3.11.0, killed with SIGKILL at a moment of its own work.

`run(HOME, PALACE, COMMAND, moment)` lets `mempalace COMMAND` work on PALACE and kills it from within as soon as it says the words of
the moment, so that the state on disk is always the same one.  Its code is untouched; only its batches can be made smaller, so that a
small palace has a first and a second one.
"""
import dataclasses
import json
import subprocess

import mempalace_run

DRIVER = r'''
import builtins, functools, json, os, signal, sys, threading
plan = json.loads(sys.argv.pop(1))
real, seen = builtins.print, 0

def die():
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)

def watched(*words, **options):
    global seen
    real(*words, **options)
    if plan["words"] and plan["words"] in " ".join(map(str, words)):
        seen += 1
        if seen == plan["times"]:
            threading.Timer(plan["after"], die).start() if plan["after"] else die()

builtins.print = watched
import mempalace.cli, mempalace.migrate, mempalace.repair
if plan["batch"]:
    for name, position in (("_rebuild_collection_via_temp", 5), ("rebuild_from_sqlite", None)):
        def smaller(whole, position):
            @functools.wraps(whole)
            def call(*arguments, **options):
                if position is not None and len(arguments) > position:
                    arguments = (*arguments[:position], plan["batch"], *arguments[position + 1:])
                else:
                    options["batch_size"] = plan["batch"]
                return whole(*arguments, **options)
            return call
        whole = getattr(mempalace.repair, name)
        for module in [m for n, m in list(sys.modules.items()) if n.startswith("mempalace")]:
            if getattr(module, name, None) is whole:
                setattr(module, name, smaller(whole, position))
if plan["before"]:
    setattr(mempalace.repair, plan["before"], lambda *arguments, **options: die())
sys.argv[0] = "mempalace"
sys.exit(mempalace.cli.main())
'''


@dataclasses.dataclass(frozen=True)
class Moment:
    """Kill `after` seconds after the words were said for the `times`-th time, or as soon as the function `before` of mempalace.repair is
    called; `batch` is how many drawers go at a time."""

    words: str = ""
    times: int = 1
    after: float = 0
    batch: int = 0
    before: str = ""


def run(home, palace, command, moment, limit=600):
    """(whether it was killed, exit code, output)."""
    plan = json.dumps(dataclasses.asdict(moment))
    arguments = [str(mempalace_run.python()), "-c", DRIVER, plan, "--palace", str(palace), *map(str, command)]
    code, output = home.run(arguments, limit=limit)
    return code == -9, code, output
