#!/usr/bin/env python3
"""crash_matrix: an outsider's judge of crash safety for a command that rebuilds a directory and swaps it in.

It traces the command (ptrace + seccomp; strace is not needed), numbers every mutating syscall made under the palace's
parent directory (1..N, over all threads and child processes), then re-runs the command once per point and hurts it there:

  kill      SIGKILL every process of the run just BEFORE syscall k executes       (process crash)
  torn      let only half of write k reach the file, then SIGKILL                 (torn write)
  errors    make syscall k fail with ENOSPC / EIO / EACCES / EXDEV ..., once      (transient fault)
  sticky    make k and every later applicable syscall fail that way               (disk stays full or broken)
  nested    SIGKILL at a point, then SIGKILL `recover` at each of ITS syscalls    (crash during recovery)
  powercut  on a loop-mounted ext4/xfs/btrfs/ext2: SIGKILL at k, then lose what was not fsynced

Then: verify -> OLD or NEW; if neither, recover + verify -> RECOVERABLE; if still neither -> LOST.
Exit: 0 all points fine, 1 some point failed, 2 could not run, 3 budget spent before every point was tried.
Linux x86-64, Python >= 3.8, standard library only; powercut needs root, mount and mkfs. See README.md.
"""
import argparse, collections, concurrent.futures as cf, contextlib, ctypes, errno, fcntl, fnmatch, glob, hashlib, json, os, platform, re
import shlex, shutil, signal, stat, struct, subprocess, sys, tempfile, time

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes, libc.ptrace.restype = [ctypes.c_ulong, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_void_p], ctypes.c_long
libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
TRACEME, POKEUSER, CONT, SYSCALL, SETOPTIONS, GET_SYSCALL_INFO = 0, 6, 7, 24, 0x4200, 0x420E
OPTS = 0x2 | 0x4 | 0x8 | 0x10 | 0x80 | 0x100000  # fork, vfork, clone, exec, seccomp, EXITKILL (tracees die with us)
RAX, RDX, ORIG_RAX, WALL = 80, 96, 120, 0x40000000  # offsets in struct user; __WALL
# name: (number, how its paths are given, argument position, position of open flags)
SYS = {"write": (1, "fd", 0), "pwrite64": (18, "fd", 0), "writev": (20, "fd", 0), "pwritev": (296, "fd", 0), "pwritev2": (328, "fd", 0),
       "sendfile": (40, "fd", 0), "copy_file_range": (326, "fd", 2), "ftruncate": (77, "fd", 0), "fallocate": (285, "fd", 0),
       "fsync": (74, "fd", 0), "fdatasync": (75, "fd", 0), "syncfs": (306, "fd", 0), "fchmod": (91, "fd", 0), "open": (2, "open", 0, 1),
       "creat": (85, "p", 0), "openat": (257, "openat", 0, 2), "openat2": (437, "openat", 0, -2), "truncate": (76, "p", 0),
       "rename": (82, "pp", 0), "renameat": (264, "atat", 0), "renameat2": (316, "atat", 0), "mkdir": (83, "p", 0),
       "mkdirat": (258, "at", 0), "rmdir": (84, "p", 0), "unlink": (87, "p", 0), "unlinkat": (263, "at", 0), "link": (86, "pp", 0),
       "linkat": (265, "atat", 0), "symlink": (88, "p", 1), "symlinkat": (266, "at", 1), "chmod": (90, "p", 0),
       "fchmodat": (268, "at", 0), "utimensat": (280, "at", 0), "mmap": (9, "mmap", 4), "msync": (26, "msync", 0),
       "io_uring_enter": (426, "uring", 0)}
BYNR = {v[0]: (k,) + v[1:] for k, v in SYS.items()}
COUNTED = {"write", "pwrite64", "writev", "pwritev", "pwritev2"}  # third argument says how much
WRITES = COUNTED | {"sendfile", "copy_file_range"}
SYNCS = {"fsync", "fdatasync", "syncfs", "msync"}
RENAMES = {"rename", "renameat", "renameat2", "link", "linkat"}
MAKES = {"open", "creat", "openat", "openat2", "mkdir", "mkdirat", "symlink", "symlinkat"}
NAMES = RENAMES | MAKES | {"rmdir", "unlink", "unlinkat"}
SPACE = WRITES | SYNCS | MAKES | RENAMES | {"fallocate", "ftruncate"}
APPLIES = {"ENOSPC": SPACE, "EDQUOT": SPACE, "EACCES": NAMES, "EPERM": NAMES, "EROFS": NAMES, "EXDEV": RENAMES,
           "EBUSY": RENAMES | {"rmdir"}, "EINVAL": {"renameat2"} | SYNCS, "ENOSYS": {"renameat2"},
           "EMFILE": {"open", "openat", "openat2", "creat"}}  # an errno not listed (EIO ...) is tried on every call
FATAL = ("LOST", "LIED", "STUCK", "HALFWAY", "HUNG", "HARNESS")


def same(event):
    """An event without what differs from run to run: UUIDs, run ids and other numbers."""
    event = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{8}T\d{6}Z-[0-9a-f]+", "#", event)
    return re.sub(r"[0-9a-f]*\d[0-9a-f]*", "#", event)


def ptrace(req, pid, addr=0, data=0):
    if libc.ptrace(req, pid, addr, data) < 0 and ctypes.get_errno() != errno.ESRCH:  # ESRCH: killed, waitpid will tell
        raise OSError(ctypes.get_errno(), "ptrace(%#x)" % req)


def seccomp_program():  # stops for the tracer at the calls of SYS, lets all others run at full speed
    nrs = sorted(BYNR)
    ins = [(0x20, 0, 0, 4), (0x15, 1, 0, 0xC000003E), (0x06, 0, 0, 0x7FFF0000), (0x20, 0, 0, 0)]
    ins += [(0x15, len(nrs) - i, 0, nr) for i, nr in enumerate(nrs)]
    ins += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x7FF00000)]  # RET_ALLOW, RET_TRACE
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *x) for x in ins))
    return code, ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(ins), ctypes.addressof(code)))


class Run:
    """One traced run of argv. plan: None or (what, k, errno name), what being kill, torn, error or sticky."""

    def __init__(self, argv, root, plan, timeout, env, out):
        self.root, self.plan, self.events, self.blind = root, plan or (None, 0, None), [], set()
        self.hit = self.timed_out = self.killed = False
        self.rc, self.live, self.torn, self.alarms, prog = None, set(), None, 0, seccomp_program()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                fd = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0), os.dup2(fd, 1), os.dup2(fd, 2)
                os.setsid()
                ptrace(TRACEME, 0)
                os.kill(os.getpid(), signal.SIGSTOP)
                if libc.prctl(38, 1, 0, 0, 0) == 0 == libc.prctl(22, 2, ctypes.addressof(prog[1]), 0, 0):
                    os.execvpe(argv[0], argv, env)
            except BaseException as e:
                os.write(2, repr(e).encode())
            finally:
                os._exit(127)
        os.waitpid(self.pid, WALL)
        self.live.add(self.pid)
        ptrace(SETOPTIONS, self.pid, 0, OPTS)
        ptrace(CONT, self.pid)
        signal.signal(signal.SIGALRM, self.on_alarm)
        signal.setitimer(signal.ITIMER_REAL, timeout, 10)
        try:
            self.loop()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def on_alarm(self, *_):
        self.timed_out, self.alarms = True, self.alarms + 1
        self.kill_all()
        if self.alarms > 3:
            raise RuntimeError("processes %s do not die" % sorted(self.live))

    def kill_all(self):
        self.killed = True
        for t in list(self.live):  # only ids that we trace: our child and its descendants, not yet reaped
            with contextlib.suppress(ProcessLookupError):
                os.kill(t, signal.SIGKILL)

    def loop(self):
        while self.live:
            tid, st = os.waitpid(-1, WALL)
            if os.WIFEXITED(st) or os.WIFSIGNALED(st):
                self.live.discard(tid)
                if tid == self.pid:
                    self.rc = os.WEXITSTATUS(st) if os.WIFEXITED(st) else -os.WTERMSIG(st)
                continue
            sig, event, known = os.WSTOPSIG(st), st >> 16, tid in self.live
            self.live.add(tid)
            if self.killed:
                os.kill(tid, signal.SIGKILL)
            elif event == 7:
                self.syscall(tid)
            elif tid == self.torn:
                self.kill_all()  # the half write is done
            else:  # a new thread's first SIGSTOP and the ptrace events are ours; other signals belong to the program
                ptrace(CONT, tid, 0, 0 if event or (sig == signal.SIGSTOP and not known) else sig)

    def peek(self, tid, addr, n):
        with open("/proc/%d/mem" % tid, "rb", 0) as m:
            m.seek(addr)
            return m.read(n)

    def path(self, tid, dirfd, addr):
        raw, n = b"", 4096 - addr % 4096  # page by page: the next page may not be mapped
        while b"\0" not in raw and len(raw) < 8192:
            raw, n = raw + self.peek(tid, addr + len(raw), n), 4096
        p = os.fsdecode(raw.split(b"\0")[0])
        if not p.startswith("/"):
            at = "cwd" if dirfd is None or dirfd & 0xFFFFFFFF == 0xFFFFFF9C else "fd/%d" % dirfd
            p = os.path.join(os.readlink("/proc/%d/%s" % (tid, at)), p)
        return os.path.normpath(p)

    def mapped(self, tid, addr):
        """The file mapped at an address, if any."""
        for line in open("/proc/%d/maps" % tid):
            where, *_, path = line.rstrip("\n").split(None, 5)
            start, end = (int(x, 16) for x in where.split("-"))
            if start <= addr < end:
                return [path.replace(" (deleted)", "")] if path.startswith("/") else []
        return []

    def paths(self, tid, kind, pos, flags, a):
        fdpath = lambda fd: os.readlink("/proc/%d/fd/%d" % (tid, fd)).replace(" (deleted)", "")
        if kind == "fd":
            return [fdpath(a[pos])]
        if kind in ("open", "openat"):
            fl = a[flags] if flags > 0 else struct.unpack("Q", self.peek(tid, a[-flags], 8))[0]
            if not fl & (os.O_CREAT | os.O_TRUNC | 0o20000000):  # the last is O_TMPFILE
                return []
            return [self.path(tid, None, a[0]) if kind == "open" else self.path(tid, a[0], a[1])]
        if kind in ("p", "pp"):
            return [self.path(tid, None, x) for x in (a[:2] if kind == "pp" else [a[pos]])]
        if kind in ("at", "atat"):
            return [self.path(tid, a[i], a[i + 1]) if a[i + 1] else fdpath(a[i]) for i in ([0, 2] if kind == "atat" else [pos])]
        if kind == "msync":
            return self.mapped(tid, a[0])
        if kind == "uring" or (a[2] & 2 and a[3] & 1 and a[4] < 1 << 31 and fdpath(a[4]).startswith(self.root + "/")):  # PROT_WRITE, MAP_SHARED
            self.blind.add("io_uring" if kind == "uring" else "shared mmap of " + os.path.relpath(fdpath(a[4]), self.root))
        return []

    def syscall(self, tid):
        buf = ctypes.create_string_buffer(128)
        if libc.ptrace(GET_SYSCALL_INFO, tid, 128, ctypes.addressof(buf)) < 0:
            return
        nr, *a = struct.unpack_from("7Q", buf, 24)
        name, kind, pos, *fl = BYNR[nr]
        try:
            ps = self.paths(tid, kind, pos, fl[0] if fl else 0, a)
        except OSError:
            ps = []  # a bad pointer or descriptor, which the kernel will refuse too
        if not any((p + "/").startswith(self.root + "/") for p in ps):
            return ptrace(CONT, tid)
        tag = ".dir" if name in SYNCS and os.path.isdir(ps[0]) else ".exchange" if name == "renameat2" and a[4] & 2 else ""
        self.events.append("%s%s %s" % (name, tag, " -> ".join(os.path.relpath(p, self.root) for p in ps)))
        k, (what, at, err) = len(self.events), self.plan
        if what in ("kill", "torn") and k == at:
            self.hit = True
            if what == "kill" or name not in COUNTED or a[2] < 2:
                return self.kill_all()
            self.torn = tid
            ptrace(POKEUSER, tid, RDX, a[2] // 2)
            return ptrace(SYSCALL, tid)
        if err and name in APPLIES.get(err, SYS) and ((what == "error" and k == at) or (what == "sticky" and k >= at)):
            self.hit = True
            ptrace(POKEUSER, tid, ORIG_RAX, 2 ** 64 - 1)
            ptrace(POKEUSER, tid, RAX, 2 ** 64 - getattr(errno, err))
        ptrace(CONT, tid)


def sh(*argv, check=True):
    r = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    if check and r.returncode:
        raise RuntimeError("%s: %s" % (" ".join(argv), r.stdout.decode(errors="replace")[-400:]))
    return r.returncode


class Plain:
    """A scratch directory that holds a copy of the palace, made anew for every point."""
    fs = "plain"

    def __init__(self, cfg):
        self.base, self.dir = cfg.base, tempfile.mkdtemp(prefix="ws-", dir=cfg.work)
        self.root = os.path.join(self.dir, "root")

    def fresh(self, src=None):
        sh("rm", "-rf", self.root)
        os.mkdir(self.root)
        sh("cp", "-a", (src or self.base) + "/.", self.root)


class Loop(Plain):
    """The same on a loop-mounted image; cut() pulls its plug."""
    MIB = {"ext2": 32, "ext4": 48, "xfs": 320, "btrfs": 128}
    MKFS = {"ext2": "mkfs.ext2 -q -F", "ext4": "mkfs.ext4 -q -F", "xfs": "mkfs.xfs -q -f", "btrfs": "mkfs.btrfs -q -f"}
    HOWS = {"ext4": ["nologflush", "logflush"], "xfs": ["nologflush", "logflush"], "btrfs": ["lazy"], "ext2": ["lazy", "deep", "shallow"]}

    def __init__(self, cfg, fs, how):
        super().__init__(cfg)
        self.fs, self.how, self.gold, self.img = fs, how, self.dir + "/gold.img", self.dir + "/disk.img"
        self.opts = "loop,noauto_da_alloc" if fs == "ext4" else "loop"
        kib = sum(os.lstat(os.path.join(d, f)).st_blocks // 2 for d, _, names in os.walk(cfg.base) for f in names)
        with open(self.gold, "wb") as f:
            f.truncate((self.MIB[fs] << 20) + 5 * 1024 * kib)
        sh(*self.MKFS[fs].split(), self.gold)
        os.mkdir(self.root)
        sh("mount", "-o", self.opts, self.gold, self.root)
        sh("cp", "-a", self.base + "/.", self.root)
        self.umount()

    def umount(self):
        for i in range(50):  # whoever holds it is going
            if sh("umount", *["-l"] * (i == 49), self.root, check=False) == 0:
                return
            time.sleep(0.1)

    def fresh(self, src=None):
        if os.path.ismount(self.root):
            self.umount()
        sh("cp", "--sparse=always", self.gold, self.img)
        sh("mount", "-o", self.opts, self.img, self.root)

    def cut(self):
        """nologflush: only what was fsynced survives; logflush: names and sizes do, unsynced data does not (shutdown ioctl).
        lazy: a copy of the device as it is; deep / shallow: the same after the kernel wrote back every directory below
        the parent but not the parent / the parent alone, as it may. Returns why the disk is beyond repair, or None."""
        dirs = [d for d, _, _ in os.walk(self.root)]  # the root comes first
        flag = {"logflush": 1, "nologflush": 2}.get(self.how)
        for d in {"deep": dirs[1:], "lazy": []}.get(self.how, dirs[:1]):
            fd = os.open(d, os.O_RDONLY)  # XFS_IOC_GOINGDOWN, which is also EXT4_IOC_SHUTDOWN
            fcntl.ioctl(fd, 0x8004587D, struct.pack("I", flag)) if flag else os.fsync(fd)
            os.close(fd)
        sh("cp", "--sparse=always", self.img, self.img + ".cut")
        self.umount()
        if not flag:
            os.replace(self.img + ".cut", self.img)
            if self.fs == "ext2" and sh("e2fsck", "-fy", self.img, check=False) > 3:
                return "e2fsck could not repair the file system"
        if sh("mount", "-o", self.opts, self.img, self.root, check=False):
            return "the file system cannot be mounted after the cut"


def tree_hash(path):
    h = hashlib.sha256()
    for p in sorted(os.path.join(d, f) for d, dirs, files in os.walk(path) for f in dirs + files):
        data = os.fsencode(os.readlink(p)) if os.path.islink(p) else b"" if os.path.isdir(p) else open(p, "rb").read()
        h.update(b"%s\0%d\0%d\0" % (os.fsencode(os.path.relpath(p, path)), stat.S_IFMT(os.lstat(p).st_mode), len(data)) + data)
    return "tree " + h.hexdigest()[:16]


VARYING = re.compile(rb"[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{8}T\d{6}Z-[0-9a-f]+|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?")
NUMBER = re.compile(rb"[0-9a-f]*\d[0-9a-f]{3,}")


def alike(data):
    """The bytes of a file without what differs from run to run: UUIDs, hashes, run ids, times; in a text also inode numbers, process ids and sizes."""
    data = VARYING.sub(b"#", data)
    return data if b"\0" in data else NUMBER.sub(b"#", data)


def state(root, logs):
    """A digest that is equal for directories that differ in nothing but what differs from run to run, and in the words of logs."""
    entries, links = [], collections.defaultdict(list)
    for d, dirs, files in os.walk(root):
        for p in (os.path.join(d, f) for f in dirs + files):
            st, name = os.lstat(p), VARYING.sub(b"#", os.fsencode(os.path.relpath(p, root)))
            data = os.fsencode(os.readlink(p)) if stat.S_ISLNK(st.st_mode) else open(p, "rb").read() if stat.S_ISREG(st.st_mode) else b""
            if any(fnmatch.fnmatchcase(os.path.relpath(p, root), log) for log in logs):
                data = re.sub(rb"[^\n]+", b"line", data)
            entries.append((name, st.st_mode, hashlib.sha256(alike(data)).hexdigest()))
            if stat.S_ISREG(st.st_mode) and st.st_nlink > 1:
                links[st.st_ino].append(name)
    return hashlib.sha256(repr((sorted(entries), sorted(sorted(names) for names in links.values()))).encode()).hexdigest()


class Judge:
    def __init__(self, cfg, ws):
        self.cfg, self.ws, self.palace, self.out = cfg, ws, os.path.join(ws.root, cfg.name), ws.dir + "/out.txt"

    def command(self, template):
        return [x.replace("{P}", self.palace).replace("{R}", self.ws.root) for x in shlex.split(template)]

    def traced(self, template, plan=None):
        env = dict(os.environ, **dict(x.replace("{R}", self.ws.root).split("=", 1) for x in self.cfg.env))
        return Run(self.command(template), self.ws.root, plan, self.cfg.timeout, env, self.out)

    def verify(self):  # the line that names the generation of a complete palace, or None
        if not self.cfg.verify:
            return tree_hash(self.palace) if os.path.isdir(self.palace) else None
        try:
            p = subprocess.run(self.command(self.cfg.verify), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, timeout=self.cfg.timeout)
        except subprocess.TimeoutExpired:
            return None
        return p.stdout.decode(errors="replace").strip() if p.returncode == 0 else None

    def audit(self):
        """What the audit command finds to complain about, in one line."""
        if not self.cfg.audit:
            return ""
        env = dict(os.environ, CRASH_OLD=self.cfg.old, CRASH_NEW=self.cfg.new)
        p = subprocess.run(self.command(self.cfg.audit), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=self.cfg.timeout, env=env)
        text = p.stdout.decode(errors="replace").strip().replace("\n", " | ")
        return text or "exit %d" % p.returncode if p.returncode else ""

    def generation(self):
        return {None: "BAD", self.cfg.old: "OLD", self.cfg.new: "NEW"}.get(self.verify(), "BAD")

    def shape(self):
        """The names that are there, to tell kinds of crashed directories apart; below a stray nothing counts."""
        names = set()
        for at in range(1, 5):
            found = [os.path.relpath(p, self.ws.root) for p in glob.glob(os.path.join(self.ws.root, *["*"] * at)) +
                     glob.glob(os.path.join(self.ws.root, *["*"] * (at - 1) + [".*"]))]
            names |= {same(p) for p in found if at == 1 or p.split("/")[0] not in self.strays()}
        return sorted(names)

    def said(self):
        return open(self.out, errors="replace").read()[-300:].strip().replace("\n", " | ")

    def strays(self):
        known = [self.cfg.name, "lost+found"] + self.cfg.expected
        return sorted(x for x in os.listdir(self.ws.root) if not any(fnmatch.fnmatchcase(x, k) for k in known))

    def once(self, what, examine):
        """What examine() says of the directory as it lies now; not asked again for one that another point left, if it was well with that."""
        known = os.path.join(self.cfg.work, "judged-%s-%s-%s" % (what, self.ws.fs, state(self.ws.root, self.cfg.log)))
        if not self.cfg.each and os.path.exists(known):
            with open(known) as f:
                return dict(json.load(f), anew=False)
        r = examine()
        if r["class"] not in FATAL and not r["notes"]:
            with open("%s.%d" % (known, os.getpid()), "w") as f:
                json.dump(r, f)
            os.rename(f.name, known)
        return dict(r, anew=True)

    def judge(self, r, acknowledged):
        """Complete the record r from the directory as it lies now."""
        found = self.once("left-%d" % acknowledged, lambda: self.examine(acknowledged))
        return dict(r, **dict(found, notes=r["notes"] + found["notes"]))

    def examine(self, acknowledged):
        notes, now = [], self.generation()
        r = {"notes": notes, "left": self.strays(), "shape": self.shape(), "now": now, "final": now, "class": now}
        if self.cfg.recover:
            rec = self.traced(self.cfg.recover)
            r["final"] = self.generation()
            notes += ["recover exit %s%s" % (rec.rc, " TIMEOUT" if rec.timed_out else "")] if rec.rc != 0 else []
            if r["now"] == "BAD" and r["final"] != "BAD":
                r["class"] = "RECOVERABLE"
            notes += ["left after recover: " + ",".join(self.strays())[:80]] if self.strays() else []
            notes += ["recover went back from NEW to OLD"] if (r["now"], r["final"]) == ("NEW", "OLD") and not self.cfg.may_go_back else []
        if r["final"] == "BAD":
            r["class"] = "LOST"
            notes.append("output: " + self.said())
        elif acknowledged and r["final"] != "NEW":
            r["class"] = "LIED"  # it said done (exit 0), and the new palace is not there
        if r["class"] != "LIED":
            after = self.once("recovered", lambda: self.recovered(r["class"] != "LOST"))
            notes += after["notes"]
            r["class"] = after["class"] or r["class"]
        return r

    def recovered(self, rerun):
        """What is wrong beside the palace after recover, and after the command was run once more."""
        r, complaint = {"notes": [], "class": ""}, self.audit() if self.cfg.recover else ""
        r["notes"] += ["left after recover: " + complaint[:300]] if complaint else []
        if self.cfg.rerun and rerun:
            again = self.traced(self.cfg.run)
            if again.rc != 0 or self.generation() != "NEW":
                r["class"] = "STUCK"
                r["notes"].append("running it again: exit %s, %s; %s" % (again.rc, self.generation(), self.said()))
            complaint = self.audit()
            r["notes"] += ["left after running it again: " + complaint[:300]] if complaint else []
        return r

    def point(self, mode, k, err, label):
        r, powercut = {"mode": mode, "k": k, "error": err, "notes": []}, mode == "powercut"
        self.ws.fresh()
        run = self.traced(self.cfg.run, ({"errors": "error", "powercut": "kill"}.get(mode, mode), k, err))
        r["event"], r["rc"] = run.events[k - 1] if k <= len(run.events) else "(after exit)", run.rc
        output = open(self.out, errors="replace").read()
        r["said"], words = re.search(self.cfg.warning, output) is not None, self.said()
        if not run.hit and not (powercut and k > len(run.events)):
            return dict(r, **{"class": "NOHIT", "now": "", "final": ""})
        if label and same(label) != same(r["event"]):
            r["notes"].append("drift: was " + label)
        if powercut and (why := self.ws.cut()):
            return dict(r, **{"class": "LOST", "now": "BAD", "final": "BAD", "notes": [why]})
        r = self.judge(r, run.rc == 0 and not run.killed)
        if err and run.rc == 0 and r["class"] == "NEW" and not ignored_by_sqlite(run.events, k) and re.split(r"[ .]", r["event"])[0] in SYNCS | WRITES:
            r["class"] = "SWALLOWED"  # a write or fsync failed, and yet exit 0: the fsyncgate mistake
            where = r["event"].split(" ", 1)[1]
            if r["said"] and any(fnmatch.fnmatchcase(where, glob.split("=")[0]) and re.search(glob.partition("=")[2], output)
                                 for glob in self.cfg.may_warn):
                r["class"] = "WARNED"
            else:
                r["notes"].append("output: " + words)
        if run.rc in self.cfg.unchanged and r["now"] != "OLD" and r["class"] not in FATAL:
            r["class"] = "LIED"  # it said that nothing changed
            r["notes"].append("output: " + words)
        if mode == "errors" and r["now"] == "BAD" and r["class"] not in FATAL:
            r["class"] = "HALFWAY"  # one call failed, once, and the run could not go back by itself
        return dict(r, **{"class": "HUNG"}) if run.timed_out and r["class"] not in FATAL else r

    def nested(self, k):
        """Crash at k, then crash recover at each of its own syscalls; the second recover must still save the palace."""
        self.ws.fresh()
        self.traced(self.cfg.run, ("kill", k, None))
        snap, out = self.ws.dir + "/crashed", []
        sh("rm", "-rf", snap)
        sh("cp", "-a", self.ws.root, snap)
        events = self.traced(self.cfg.recover).events
        total = len(events)
        for j in sample(list(range(1, total + 1)), events, limit(self.cfg, "nested")):
            self.ws.fresh(snap)
            rec = self.traced(self.cfg.recover, ("kill", j, None))
            out.append(self.judge({"mode": "nested", "k": k, "error": "recover@%d/%d" % (j, total), "notes": [], "rc": rec.rc,
                                   "event": rec.events[j - 1] if rec.hit else "?"}, False))
        return out


def ignored_by_sqlite(events, k):
    """SQLite flushes the directory of a journal that it has just flushed, and does not look whether that failed."""
    kind, _, where = events[k - 1].partition(" ")
    return kind == "fsync.dir" and k > 1 and events[k - 2].startswith("fsync %s/" % where) and events[k - 2].endswith("-journal")


def _init(cfg, fs, how):
    global _judge
    signal.signal(signal.SIGINT, signal.SIG_IGN), libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # ^C is the parent's; die with it
    _judge = Judge(cfg, Loop(cfg, fs, how) if fs else Plain(cfg))


def _task(mode, k, err, label):
    try:
        return _judge.nested(k) if mode == "nested" else [_judge.point(mode, k, err, label)]
    except Exception as e:
        return [{"mode": mode, "k": k, "error": err, "class": "HARNESS", "event": label, "now": "", "final": "", "notes": [repr(e)[:300]]}]


def sample(points, events, limit):
    """At most `limit` points: before and after renames for two thirds, the rest spread evenly with first and last."""
    if not limit or len(points) <= limit:
        return points
    even = lambda xs, n: [xs[i * (len(xs) - 1) // max(1, n - 1)] for i in range(n)] if n < len(xs) else xs
    renames = {k + d for k in points if k <= len(events) and events[k - 1].startswith("rename") for d in (0, 1)}
    key = even(sorted(renames & set(points)), limit * 2 // 3)
    return sorted(set(key + even([k for k in points if k not in key], limit - len(key))))


def sweep(cfg):
    """Unmount and delete the scratch copies; our mounts are in a private namespace, so they never outlive us."""
    for m in [x.split()[1] for x in open("/proc/self/mounts")][::-1]:
        if m.startswith(cfg.work):
            sh("umount", "-l", m, check=False)
    for d in os.listdir(cfg.work):
        if d.startswith("ws-") and not cfg.keep:
            shutil.rmtree(os.path.join(cfg.work, d), ignore_errors=True)


def limit(cfg, mode):
    """At most so many points of a mode; 0 is all."""
    return int(dict(x.split("=") for x in cfg.modes.split(",") if "=" in x).get(mode, cfg.points))


def cuts(cfg, events, how):
    """The points at which cuts can leave different directories: where only what was flushed survives, those after a flush; elsewhere not
    those in the midst of writes to one file.  The first, the last and the one after exit are always there."""
    name = lambda k: re.split(r"[ .]", events[k - 1])[0]
    if how in ("nologflush", "lazy"):
        changes = lambda k: name(k - 1) in SYNCS
    else:
        changes = lambda k: not (name(k) in WRITES and events[k - 1] == events[k - 2])
    last = len(events)
    return [k for k in range(1, last + 2) if cfg.each or k in (1, last, last + 1) or changes(k)]


def plan(cfg, events):
    """[(title, fs, how, tasks)], a task being (mode, k, errno name)."""
    every = list(range(1, len(events) + 1))
    fits = lambda k, allowed: re.split(r"[ .]", events[k - 1])[0] in allowed
    only = cfg.only.split(":") if cfg.only else None
    jobs = []
    for m in [only[0]] if only else [mode.split("=")[0] for mode in cfg.modes.split(",")]:
        chosen = lambda k: not cfg.events or k > len(events) or re.search(cfg.events, events[k - 1])
        pick = lambda ks: [int(only[1])] if only else sample([k for k in ks if chosen(k)], events, limit(cfg, m))
        if m in ("kill", "torn"):
            jobs.append((m, None, None, [(m, k, None) for k in pick(every if m == "kill" else [k for k in every if fits(k, COUNTED)])]))
        elif m in ("errors", "sticky"):
            for e in only[2:] if only else cfg.errors.split(","):
                jobs.append((m + " " + e, None, None, [(m, k, e) for k in pick([k for k in every if fits(k, APPLIES.get(e, SYS))])]))
        elif m == "powercut":
            for fs in cfg.fs.split(","):
                jobs += [("powercut %s/%s" % (fs, how), fs, how, [(m, k, None) for k in pick(cuts(cfg, events, how))]) for how in Loop.HOWS[fs]]
        elif m == "nested" and cfg.recover:
            jobs.append((m, None, None, [(m, k, None) for k in pick(every)] if only else None))
        else:
            raise RuntimeError("unknown mode, or nested without --recover: " + m)
    return jobs


def run_all(cfg, start):
    j = Judge(cfg, Plain(cfg))
    j.ws.fresh()
    cfg.old, lines, runs = j.verify(), [], []
    for _ in range(2):
        j.ws.fresh()
        t = time.time()
        runs.append(j.traced(cfg.run))
        took = time.time() - t
        if runs[-1].rc != 0:
            raise RuntimeError("the undisturbed run failed, exit %s: %s" % (runs[-1].rc, open(j.out, errors="replace").read()[-500:]))
        lines.append(j.verify())
    cfg.new, events = lines[0], runs[0].events
    if None in (cfg.old, cfg.new) or lines[0] != lines[1] or cfg.old == cfg.new:
        raise RuntimeError("verify must name two generations, the same way each time; OLD=%r NEW=%r" % (cfg.old, lines))
    print("OLD=%r NEW=%r; %d mutating syscalls, %.2fs a run%s" % (cfg.old, cfg.new, len(events), took,
          "" if [same(e) for e in runs[0].events] == [same(e) for e in runs[1].events] else "; two undisturbed runs differ, so points may drift"))
    print("  " + ", ".join("%s %d" % x for x in collections.Counter(e.split()[0] for e in events).most_common()))
    for b in sorted(runs[0].blind):
        print("  BLIND SPOT: %s: what goes through it is not a point" % b)
    print("%-24s %6s %5s %5s %5s %5s  other" % ("mode", "points", "OLD", "NEW", "RECOV", "LOST"))
    results, skipped = [], 0
    for title, fs, how, tasks in plan(cfg, events):
        if tasks is None:  # nested: one crash point for each kind of crashed directory that kill left behind
            seen = {(r["now"], tuple(r["shape"])): r["k"] for r in reversed(results) if r["mode"] == "kill" and "shape" in r}
            m = "nested"
            tasks = [(m, k, None) for k in sample(sorted(seen.values()), events, 2 * limit(cfg, m)) or sample(list(range(1, len(events) + 1)), events, 8)]
        rs, t = [], time.time()
        with cf.ProcessPoolExecutor(max(1, min(cfg.jobs, len(tasks))), initializer=_init, initargs=(cfg, fs, how)) as ex:
            futures = [ex.submit(_task, m, k, e, events[k - 1] if k <= len(events) else "") for m, k, e in tasks]
            for f in futures:
                try:
                    rs += f.result(timeout=max(0.1, cfg.budget - (time.time() - start)))
                except (cf.TimeoutError, cf.CancelledError):
                    skipped += 1
                    [x.cancel() for x in futures]
        sweep(cfg)
        c = collections.Counter(r["class"] for r in rs)
        other = ", ".join("%s %d" % x for x in sorted(c.items()) if x[0] not in ("OLD", "NEW", "RECOVERABLE", "LOST"))
        print("%-24s %6d %5d %5d %5d %5d  %s [%d states, %.1fs]" % (
            title, len(rs), c["OLD"], c["NEW"], c["RECOVERABLE"], c["LOST"], other, sum(r.get("anew", False) for r in rs), time.time() - t), flush=True)
        results += [dict(r, title=title) for r in rs]
    if cfg.json:
        open(cfg.json, "w").writelines(json.dumps(r) + "\n" for r in results)
    picky = lambda r: cfg.strict and (r["class"] == "SWALLOWED" or any(n.startswith(("left after", "recover ")) for n in r["notes"]))
    bad = [r for r in results if r["class"] in FATAL or picky(r)]
    for r in bad[:40]:
        print("FAIL %s %s k=%s %s exit=%s [%s] now=%s final=%s %s" % (
            r["class"], r["title"], r["k"], r["error"] or "", r.get("rc"), r["event"], r["now"], r["final"], "; ".join(r["notes"])))
    for text, n in collections.Counter(re.sub(r"\d+", "#", x)[:90] for r in results if r not in bad for x in r["notes"]).most_common(6):
        print("note x%d: %s" % (n, text))
    print("%d points, %d failed, %d not tried, %.0fs" % (len(results), len(bad), skipped, time.time() - start))
    return 1 if bad else 3 if skipped else 0


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--palace", required=True, help="a prepared palace directory; it is only ever copied")
    ap.add_argument("--run", required=True, help="command under test; {P} stands for the palace, {R} for its parent")
    ap.add_argument("--recover", help="command that repairs after a crash")
    ap.add_argument("--verify", help="exit 0 only for a complete palace, and print a line that names its generation (default: a hash of the tree)")
    ap.add_argument("--audit", help="command that looks at everything else after recover, CRASH_OLD and CRASH_NEW being verify's two"
                    " lines; fails with a complaint (counts with --strict)")
    ap.add_argument("--beside", action="append", default=[], metavar="GLOB", help="siblings of the palace that belong to the fixture")
    ap.add_argument("--may-warn", action="append", default=[], metavar="GLOB[=REGEX]", help="a failed write or fsync of a path like this may end"
                    " in exit 0 and a line that matches --warning (class WARNED), for it is not part of what exit 0 promises; the output matches REGEX, too")
    ap.add_argument("--unchanged", default="", help="exit codes, 1,3, that promise the old palace")
    ap.add_argument("--warning", default="(?i)warn")
    ap.add_argument("--expected", action="append", default=[], metavar="GLOB", help="names in the parent that are no strays")
    ap.add_argument("--modes", default="kill,errors", help="of kill,torn,errors,sticky,nested,powercut; kill=25 samples this mode")
    ap.add_argument("--errors", default="ENOSPC,EIO,EACCES,EXDEV")
    ap.add_argument("--fs", default="ext4,xfs", help="for powercut, of ext4,xfs,btrfs,ext2")
    ap.add_argument("--points", type=int, default=0, help="at most so many points a mode (0: all)")
    ap.add_argument("--may-go-back", action="store_true", help="recover may turn NEW into OLD: it was asked to")
    ap.add_argument("--events", metavar="REGEX", help="only points whose call and paths match, such as 'rename|journal'")
    ap.add_argument("--only", help="one point: MODE:K or MODE:K:ERRNO; with --keep, to look at what is left")
    ap.add_argument("--rerun", action="store_true", help="also: running the command again afterwards must end NEW")
    ap.add_argument("--strict", action="store_true", help="SWALLOWED, strays after recover and recover's complaints fail too")
    ap.add_argument("--log", action="append", default=[], metavar="GLOB", help="files whose lines make no difference, only how many they are")
    ap.add_argument("--each", action="store_true", help="every point by itself: also where a cut cannot leave anything new, and what another point left is judged again")
    ap.add_argument("--jobs", type=int, default=os.cpu_count())
    ap.add_argument("--timeout", type=float, default=60, help="seconds for one command; --budget: seconds for everything")
    ap.add_argument("--budget", type=float, default=1500)
    ap.add_argument("--env", action="append", default=[], metavar="K=V")
    ap.add_argument("--json", help="write one JSON object a point")
    ap.add_argument("--keep", action="store_true", help="keep the scratch copies")
    cfg = ap.parse_args()
    cfg.unchanged = [int(code) for code in cfg.unchanged.split(",") if code]
    assert platform.machine() == "x86_64" and sys.platform == "linux", "Linux on x86-64 only"
    palace = os.path.realpath(cfg.palace)
    cfg.work = os.path.realpath(tempfile.mkdtemp(prefix="crash_matrix-"))
    cfg.name, cfg.base = os.path.basename(palace), os.path.join(cfg.work, "base")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    try:
        if "powercut" in (cfg.only or cfg.modes) and (  # unshare(CLONE_NEWNS), then mount / MS_REC|MS_PRIVATE
                libc.unshare(0x20000) or libc.mount(b"none", b"/", None, ctypes.c_ulong(0x44000), None)):
            raise RuntimeError("powercut needs root: " + os.strerror(ctypes.get_errno()))
        os.mkdir(cfg.base)
        for source in [palace] + sorted(p for pattern in cfg.beside for p in glob.glob(os.path.join(os.path.dirname(palace), pattern))):
            sh("cp", "-a", source, cfg.base)
        return run_all(cfg, time.time())
    except (RuntimeError, OSError) as e:
        print("crash_matrix: %s" % e, file=sys.stderr)
        return 2
    finally:
        sweep(cfg)
        print("kept: " + cfg.work) if cfg.keep else shutil.rmtree(cfg.work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
