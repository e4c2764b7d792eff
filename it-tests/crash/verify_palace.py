#!/usr/bin/env python3
"""Says in one line which generation of a palace lies at a path; shares no code with `palace` and none with Chroma.

    verify_palace.py PALACE

Exit 0 only for a palace that can be read whole, with one line that is the same for the same generation, whatever segment ids,
times and row ids it has, and another one for every other content:

    level 9/4/2 drawers=52 sha256=... beside=... sound
    level 10/6/2 drawers=52 sha256=... beside=... 3 faults 5f2c...

sha256   over every collection with its rows of settings, and over every drawer: id, document, typed metadata, vector bits as
         the index and then the queue have them (no vector is also an answer)
beside   over every file that is not Chroma's: bytes, and rows where it is a SQLite database, with what its -wal holds
faults   what is wrong with indexes, sequence numbers, full text or pages, and the bytes of every faulty segment, so that
         two damaged palaces differ too; a damaged palace and a repaired one never have the same line

Segment directories that no row names are not looked at: they harm nobody (audit_palace.py reports them).
Nothing is written at or beside the palace: the database is read from a private copy, recovered as its next reader would.
Python 3.8 and its standard library.
"""
import array
import hashlib
import os
import pickletools
import re
import shutil
import sqlite3
import stat
import struct
import sys
import tempfile
from pathlib import Path

ADD, UPDATE, UPSERT, DELETE = range(4)
HUGE = 64 << 20
SIDECARS = ("-wal", "-journal", "-shm")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
HEADER = struct.Struct("<iQQQQQQiIQQQdQ")
HEADER_FIELDS = ("version offset_level0 max_elements count element_size label_offset data_offset max_level entry_point "
                 "max_m max_m0 m mult ef_construction").split()


class Unreadable(Exception):
    """There is no whole palace."""


# ---------------------------------------------------------------- SQLite

def open_copy(file, work):
    """A connection to a private copy of a SQLite file with its -wal or -journal, recovered there."""
    copy = Path(work) / ("%d.sqlite3" % len(os.listdir(work)))
    shutil.copyfile(file, copy)
    for suffix in SIDECARS[:2]:
        if os.path.exists(str(file) + suffix):
            shutil.copyfile(str(file) + suffix, str(copy) + suffix)
    db = sqlite3.connect(str(copy))
    db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return db


def columns(db, table):
    return [row[1] for row in db.execute("PRAGMA table_info(%s)" % table)]


def encoded(value):
    """Bytes that tell values and their types apart."""
    if isinstance(value, (list, tuple)):
        return b"(" + b"".join(encoded(item) for item in value) + b")"
    if isinstance(value, float):
        value = struct.pack(">d", value)
        return b"f%s" % value
    if isinstance(value, bytes):
        return b"b%d:%s" % (len(value), value)
    raw = str(value).encode("utf-8", "surrogateescape")
    return b"%s%d:%s" % (type(value).__name__.encode(), len(raw), raw)


class Digest:
    """A hash over values in the order given."""

    def __init__(self):
        self.hash = hashlib.sha256()

    def add(self, *values):
        self.hash.update(encoded(values))

    def __str__(self):
        return self.hash.hexdigest()[:24]


# ---------------------------------------------------------------- the index

def unpickle(data):
    """The dict of an index_metadata.pickle, a plain dict or an instance of one class; runs nothing."""
    stack, marks, memo = [], [], {}
    for op, argument, _ in pickletools.genops(data):
        name = op.name
        if name in ("PROTO", "FRAME", "STOP"):
            continue
        if name == "MARK":
            marks.append(len(stack))
        elif name in ("MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT"):
            memo[len(memo) if name == "MEMOIZE" else int(argument)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(memo[int(argument)])
        elif name in ("EMPTY_DICT", "EMPTY_TUPLE", "NONE", "NEWTRUE", "NEWFALSE"):
            stack.append({"EMPTY_DICT": {}, "EMPTY_TUPLE": (), "NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
        elif name in ("STACK_GLOBAL", "NEWOBJ"):
            del stack[-2:]
            stack.append(None)
        elif name == "GLOBAL":
            stack.append(None)
        elif name == "BUILD":
            state = stack.pop()
            stack[-1] = state
        elif name in ("SETITEM", "SETITEMS"):
            start = len(stack) - 2 if name == "SETITEM" else marks.pop()
            items = stack[start:]
            del stack[start:]
            stack[-1].update(zip(items[::2], items[1::2]))
        elif argument is not None and ("INT" in name or "LONG" in name or "UNICODE" in name or "FLOAT" in name):
            stack.append(argument)
        else:
            raise ValueError("pickle opcode " + name)
    return stack[-1]


class Index:
    """One HNSW directory, every claim in it checked; `faults` says which fail."""

    def __init__(self, directory):
        self.directory, self.faults, self.live, self.maps = Path(directory), [], {}, None
        try:
            self.read()
        except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error) as e:
            what = "%s %s" % (e.strerror, os.path.basename(str(e.filename))) if isinstance(e, OSError) else str(e)
            self.faults.append("%s: %s" % (type(e).__name__, what))

    def read(self):
        head = dict(zip(HEADER_FIELDS, HEADER.unpack((self.directory / "header.bin").read_bytes()[:HEADER.size])))
        self.count, size = head["count"], head["element_size"]
        dimension = (head["label_offset"] - head["data_offset"]) // 4
        sane = (head["version"] == 1 and self.count <= head["max_elements"] and head["max_m0"] == 2 * head["max_m"]
                and head["data_offset"] == 4 * head["max_m0"] + 4 and 0 < dimension < 1 << 16 and size == head["label_offset"] + 8)
        if not sane:
            raise ValueError("header")
        with open(self.directory / "data_level0.bin", "rb") as file:
            level0 = file.read(self.count * size)
        with open(self.directory / "length.bin", "rb") as file:
            self.lengths = array.array("f", file.read(4 * self.count))
        if len(level0) < self.count * size or len(self.lengths) < self.count:
            raise ValueError("elements cut off")
        self.maps = unpickle((self.directory / "index_metadata.pickle").read_bytes())
        slots = {}
        for i in range(self.count):
            at = i * size
            degree, deleted = struct.unpack_from("<HB", level0, at)
            neighbours = struct.unpack_from("<%dI" % min(degree, head["max_m0"]), level0, at + 4)
            label, = struct.unpack_from("<Q", level0, at + head["label_offset"])
            if degree > head["max_m0"] or any(n >= self.count or n == i for n in neighbours):
                self.faults.append("neighbours of element")
            if degree == 0 and self.count > 1:
                self.faults.append("element without neighbours")
            if label in slots:
                self.faults.append("label twice")
            slots[label] = (bool(deleted & 1), array.array("f", level0[at + head["data_offset"]:at + head["label_offset"]]), i)
        self.check_links(head)
        forward, back = self.maps["id_to_label"], self.maps["label_to_id"]
        if {label: id for id, label in forward.items()} != back:
            self.faults.append("maps disagree")
        if set(forward.values()) != {label for label, (deleted, _, _) in slots.items() if not deleted}:
            self.faults.append("labels and maps disagree")
        if self.maps["total_elements_added"] < max(slots, default=0):
            self.faults.append("total_elements_added")
        self.live = {id: slots[label][1:] for id, label in forward.items() if label in slots and not slots[label][0]}

    def check_links(self, head):
        block, levels = 4 * head["max_m"] + 4, []
        with open(self.directory / "link_lists.bin", "rb") as file:
            for _ in range(self.count):
                size, = struct.unpack("<I", file.read(4))
                if size % block or size > 64 * block:
                    raise ValueError("link list")
                for start in range(0, size, block):
                    links = file.read(block)
                    degree, = struct.unpack_from("<H", links)
                    if degree > head["max_m"] or any(n >= self.count for n in struct.unpack_from("<%dI" % degree, links, 4)):
                        self.faults.append("upper neighbours")
                levels.append(size // block)
            if file.read(1):
                self.faults.append("link lists too long")
        top = max(levels, default=-1)
        if top != head["max_level"] or (levels and levels[head["entry_point"]] != top):
            self.faults.append("entry point")

    def vectors(self, cosine):
        """id -> vector as its owner gave it."""
        return {id: array.array("f", (x * self.lengths[slot] for x in stored)) if cosine else stored
                for id, (stored, slot) in self.live.items()}


# ---------------------------------------------------------------- the palace

class Reader:
    """Everything the line says about one palace."""

    def __init__(self, palace, work):
        self.palace, self.work = Path(palace), work
        self.content, self.faults, self.broken, self.drawers = Digest(), [], Digest(), 0
        if not (self.palace / "chroma.sqlite3").is_file():
            raise Unreadable("no chroma.sqlite3")
        self.db = open_copy(self.palace / "chroma.sqlite3", work)
        self.read()
        self.beside = self.companions()

    def rows(self, query, *values):
        return self.db.execute(query, values).fetchall()

    def fault(self, where, what):
        self.faults.append("%s: %s" % (where, what))
        self.broken.add(where, what)

    def read(self):
        levels = {}
        for kind, version in self.rows("SELECT dir, version FROM migrations ORDER BY dir, version"):
            levels[kind] = levels.get(kind, 0) + 1
            if version != levels[kind]:
                self.fault("migrations", "%s %d" % (kind, version))
        if not levels:
            raise Unreadable("no migrations")
        self.level = "/".join(str(levels.get(kind, 0)) for kind in ("sysdb", "metadb", "embeddings_queue"))
        for line, in self.rows("PRAGMA integrity_check"):
            if line != "ok":
                self.fault("pages", re.sub(r"\d+", "#", line))
        places = {}
        if "database_id" in columns(self.db, "collections"):
            places = {id: (tenant, name) for id, tenant, name in self.rows("SELECT id, tenant_id, name FROM databases")}
        at = "database_id" if places else "NULL"
        found = [((places.get(place, ("default_tenant", "default_database"))) + (name,), id, dimension)
                 for id, name, dimension, place in self.rows("SELECT id, name, dimension, %s FROM collections" % at)]
        for label, id, dimension in sorted(found):
            self.collection("/".join(label), id, dimension)
        self.segments = {row[0] for row in self.rows("SELECT id FROM segments")}
        self.full_text()

    def collection(self, label, id, dimension):
        self.content.add("collection", label, dimension, sorted(self.settings(id), key=repr))
        scopes = dict(self.rows("SELECT scope, id FROM segments WHERE collection=?", id))
        metadata = self.metadata(scopes.get("METADATA"))
        queue = [(number(row[0]),) + row[1:] for row in self.rows(
            "SELECT seq_id, operation, id, vector, encoding FROM embeddings_queue WHERE topic LIKE ? ORDER BY seq_id", "%" + id)]
        vectors, seen = self.vectors(label, id, scopes.get("VECTOR"), queue)
        self.sequences(label, scopes, queue)
        for drawer in sorted(metadata):
            if vectors.get(drawer) is None:
                self.fault(label, "no vector")
            elif dimension is not None and len(vectors[drawer]) != 4 * dimension:
                self.fault(label, "a vector of another dimension")
            self.content.add("drawer", drawer, sorted(metadata[drawer], key=repr), vectors.get(drawer))
        if set(vectors) - set(metadata):
            self.fault(label, "vectors without a drawer")
        self.drawers += len(metadata)

    def settings(self, id):
        names = [name for name in columns(self.db, "collections") if name in ("config_json_str", "schema_str")]
        rows = [tuple(row) for row in self.rows("SELECT * FROM collection_metadata WHERE collection_id=?", id)]
        stated = self.rows("SELECT %s FROM collections WHERE id=?" % ", ".join(names or ["1"]), id)
        return [row[1:] for row in rows] + [tuple(zip(names, stated[0]))]

    def metadata(self, segment):
        """id -> its rows of typed metadata, the document among them."""
        drawers = {key: (id, []) for key, id in self.rows("SELECT id, embedding_id FROM embeddings WHERE segment_id=?", segment)}
        for table in ("embedding_metadata", "embedding_metadata_array"):
            if columns(self.db, table):
                for row in self.rows("SELECT m.* FROM %s m JOIN embeddings e ON e.id=m.id WHERE e.segment_id=? ORDER BY m.rowid" % table, segment):
                    drawers[row[0]][1].append((table == "embedding_metadata_array",) + row[1:])
        found = {}
        for id, rows in drawers.values():
            found[id] = [row for row in rows if not row[0]] + [(True, i) + row for i, row in enumerate(rows) if row[0]]
        return found

    def vectors(self, label, collection, segment, queue):
        """id -> vector bits: the index, and on top of it what the queue has since."""
        found, cosine, directory = {}, self.space(collection, segment) == "cosine", self.palace / str(segment)
        row = self.rows("SELECT seq_id FROM max_seq_id WHERE segment_id=?", segment)
        flushed = number(row[0][0]) if row else 0
        if directory.is_dir() and (os.listdir(directory) != [] and ((directory / "index_metadata.pickle").exists() or row)):
            index = Index(directory)
            if not row and index.maps:
                flushed = index.maps.get("max_seq_id") or 0
            found = {id: vector.tobytes() for id, vector in index.vectors(cosine).items()} if index.live else {}
            for fault in sorted(set(index.faults)):
                self.fault(label, "index: " + fault)
            if index.faults:
                for file in sorted(directory.iterdir()):
                    self.broken.add(file.name, file.stat().st_size, sha256_of(file))
        elif row:
            self.fault(label, "no index, and yet a vector sequence number")
        for seq, operation, id, vector, encoding in queue:
            if seq <= flushed:
                continue
            if operation == DELETE:
                found.pop(id, None)
            elif vector is not None and (operation != ADD or id not in found) and (operation != UPDATE or id in found):
                found[id] = bytes(vector) if encoding == "FLOAT32" else b"?" + bytes(vector)
        return found, flushed

    def space(self, collection, segment):
        """The space, from where the releases of its level look for it."""
        rows = self.rows("SELECT str_value FROM segment_metadata WHERE segment_id=? AND key='hnsw:space'", segment)
        names = [n for n in columns(self.db, "collections") if n in ("schema_str", "config_json_str")]
        for name in sorted(names, reverse=True) if int(self.level.split("/")[1]) >= 5 else []:
            text, = self.rows("SELECT %s FROM collections WHERE id=?" % name, collection)[0]
            stated = re.findall(r'"space"\s*:\s*"(\w+)"', text or "")
            if stated:
                return stated[-1] if name == "config_json_str" else self.schema_space(text)
        rows = rows or self.rows("SELECT str_value FROM collection_metadata WHERE collection_id=? AND key='hnsw:space'", collection)
        return rows[0][0] if rows else "l2"

    @staticmethod
    def schema_space(text):
        import json
        schema = json.loads(text)
        for part in (schema.get("keys", {}).get("#embedding", {}), schema.get("defaults", {})):
            index = part.get("float_list", {}).get("vector_index", {}).get("config", {})
            if index.get("space"):
                return index["space"]
        return "l2"

    def sequences(self, label, scopes, queue):
        """What the segments have consumed must be no more than the queue can still hand out."""
        newest = max((row[0] for row in queue), default=0)
        for scope in ("METADATA", "VECTOR"):
            for value, in self.rows("SELECT seq_id FROM max_seq_id WHERE segment_id=?", scopes.get(scope)):
                if isinstance(value, bytes) and int(self.level.split("/")[1]) >= 5:
                    self.fault(label, "a sequence number of the old kind")
                if number(value) > newest:
                    self.fault(label, "the queue is behind " + scope)
                if scope == "METADATA" and number(value) < newest:
                    self.fault(label, "rows nobody has read")

    def full_text(self):
        """The full text has every document of the records and nothing else."""
        if "c0" not in columns(self.db, "embedding_fulltext_search_content"):
            return
        stored = dict(self.rows("SELECT id, c0 FROM embedding_fulltext_search_content"))
        wanted = dict(self.rows("SELECT m.id, m.string_value FROM embedding_metadata m JOIN embeddings e ON e.id=m.id WHERE m.key='chroma:document'"))
        if stored != wanted:
            self.fault("full text", "differs from the documents")
        try:
            self.db.execute("INSERT INTO embedding_fulltext_search(embedding_fulltext_search) VALUES('integrity-check')")
        except sqlite3.DatabaseError as e:
            self.fault("full text", str(e))

    def companions(self):
        """A hash over everything beside the store."""
        digest, names = Digest(), []
        for directory, below, files in os.walk(self.palace):
            relative = os.path.relpath(directory, self.palace)
            if relative == ".":
                below[:] = [name for name in below if name != ".palace" and not self.is_segment(name)]
                files = [name for name in files if name != "chroma.sqlite3" and not name.startswith(("chroma.sqlite3-", ".chroma.sqlite3"))]
            names += [os.path.normpath(os.path.join(relative, name)) for name in files + below]
        for name in sorted(names, key=os.fsencode):
            path = self.palace / name
            kind = stat.S_IFMT(os.lstat(path).st_mode)
            if kind == stat.S_IFLNK:
                digest.add(name, kind, os.readlink(path))
            elif kind != stat.S_IFREG:
                digest.add(name, kind)
            elif not any(name.endswith(s) and (self.palace / name[:-len(s)]).is_file() for s in SIDECARS):
                digest.add(name, kind, self.dump(path) if is_sqlite(path) else sha256_of(path))
        return digest

    def is_segment(self, name):
        return name in self.segments or bool(UUID.fullmatch(name))

    def dump(self, path):
        """The rows of another SQLite database, its -wal included."""
        db = open_copy(path, self.work)
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")]
        return [(table, db.execute('SELECT * FROM "%s"' % table.replace('"', '""')).fetchall()) for table in tables]

    def line(self):
        state = "%d faults %s" % (len(self.faults), self.broken) if self.faults else "sound"
        return "level %s drawers=%d sha256=%s beside=%s %s" % (self.level, self.drawers, self.content, self.beside, state)


def number(value):
    """A sequence number, an INTEGER or an 8-byte big-endian BLOB."""
    return int.from_bytes(value, "big") if isinstance(value, bytes) else int(value)


def sha256_of(path):
    """The hash of a file's first 64 MiB; a damaged palace may have a file of a terabyte, nearly all of it a hole."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read(HUGE)).digest()


def is_sqlite(path):
    with open(path, "rb") as file:
        return file.read(16) == b"SQLite format 3\0" or os.path.exists(str(path) + "-wal")


def read(palace):
    """The Reader of a palace; Unreadable when there is none that can be read whole."""
    with tempfile.TemporaryDirectory(prefix="verify-") as work:
        try:
            return Reader(palace, work)
        except (sqlite3.DatabaseError, OSError, ValueError, KeyError, IndexError, TypeError) as e:
            raise Unreadable("%s: %s" % (type(e).__name__, e)) from e


def main():
    talk = len(sys.argv) > 2 and sys.argv[2] == "-v"
    try:
        reader = read(sys.argv[1])
    except Unreadable as e:
        print("no whole palace at %s: %s" % (sys.argv[1], e), file=sys.stderr)
        return 1
    print(reader.line())
    if talk:
        print("\n".join(reader.faults), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
