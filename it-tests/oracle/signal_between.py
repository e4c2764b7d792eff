#!/usr/bin/env python3
"""Runs a command and sends it a signal while nothing stands at a path, as between the two renames of a swap.

    signal_between.py PATH SIGNAL COMMAND...

What the command says on standard error goes through a pipe that holds one write, and is taken out of it only while a thread waits to
write the next one.  So the command stands still before every line it logs, and whether PATH is missing there can be looked at in peace.
Exit code: that of the command; 99 when PATH was never missing.  Linux, Python 3.10 and its standard library.
"""
import fcntl
import os
import signal
import subprocess
import sys
import time

NEVER = 99
STANDARD_ERROR = 2
WRITE = os.uname().machine in ("x86_64", "amd64") and "1" or "64"


def waits_to_write(pid):
    """Whether a thread of the process stands in a write to standard error."""
    for task in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/syscall" % (pid, task)) as file:
                words = file.read().split()
        except OSError:
            continue
        if words[:2] == [WRITE, hex(STANDARD_ERROR)]:
            return True
    return False


def main():
    path, number, command = sys.argv[1], getattr(signal, "SIG" + sys.argv[2]), sys.argv[3:]
    reading, writing = os.pipe2(os.O_DIRECT)
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 1)
    process = subprocess.Popen(command, stderr=writing)
    os.close(writing)
    sent = False
    while process.poll() is None:
        if not waits_to_write(process.pid):
            time.sleep(0.001)
            continue
        if not sent and not os.path.lexists(path):
            process.send_signal(number)
            time.sleep(0.5)
            sent = not os.path.lexists(path)
            print("signal_between: sent while %s was missing" % path, file=sys.stderr)
        os.write(STANDARD_ERROR, os.read(reading, 65536))
        if sent:
            break
    while rest := os.read(reading, 65536):
        os.write(STANDARD_ERROR, rest)
    process.wait()
    return process.returncode if sent else NEVER


if __name__ == "__main__":
    sys.exit(main())
