"""The program under test: where Maven puts it, and how it starts in a third of the time."""
import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
FAST = "-XX:TieredStopAtLevel=1 -Xlog:disable -Xlog:all=error:stderr"


def distribution():
    """The start script that Maven built."""
    found = sorted(HERE.parent.parent.glob("cli/target/palace-*-dist/palace-*/bin/palace"))
    if not found:
        raise SystemExit("no distribution in cli/target; build it, or name one with --palace-cmd")
    return str(found[-1])


def quickly(work, palace, fixture, command):
    """JVM options with which the program starts in a third of the time: classes of one run of this command in an archive."""
    archive, copy = work / "classes.jsa", work / "training"
    shutil.copytree(str(fixture), str(copy), symlinks=True)
    line = [x.replace("{P}", str(copy / "palace")) for x in command]
    done = subprocess.run([palace] + line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, HOME=str(copy), PALACE_JAVA_OPTS=FAST + " -XX:ArchiveClassesAtExit=" + str(archive)))
    if done.returncode:
        raise SystemExit("%s: exit %d\n%s" % (" ".join(line), done.returncode, done.stdout.decode(errors="replace")))
    shutil.rmtree(str(copy))
    return FAST + (" -XX:SharedArchiveFile=%s" % archive if archive.exists() else "")


def knows(palace, verb):
    said = subprocess.run([palace, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    return re.search(r"^\s+%s\b" % verb, said, re.M) is not None
