#!/usr/bin/env python3
"""Make a palace through the real Chroma API.  Run it with the python of one of `setup`'s environments.

    make_palace.py PALACE [--seed N] [--recipe NAME] [--drawers N] [--dimension N] [--set COLLECTION.KEY=VALUE]...
                   [--no-lists]

Promises:
  * PALACE is a new directory written only by the installed chromadb (plus MemPalace's side files);
  * PALACE.expected.json.gz beside it is the logical truth (see truth.py), and the running Chroma has agreed with it:
    ids, documents and typed metadata exactly, vectors within 1e-6 relative;
  * the same arguments under the same Chroma give the same truth.
Recipes: standard (drawers, closets, an l2 and an ip collection), drawers (drawers only), hundred (100 small collections),
one (a single drawer), empty (collections without a row), queue (drawers never flushed), frozen (what the frozen palaces hold:
`frozen_recipe`).  --no-lists keeps list values out of the metadata, so that releases before 1.5 can hold the palace too.
"""
import argparse
import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import truth
from palace_files import Palace
from real_chroma import (VERSION, chromadb, create_database, get_all, get_vectors, has_bool, has_databases, has_lists, open_client,
                         write_rows)

import numpy

HAS_BOOL = has_bool()
HAS_COLLECTION_BOOL = VERSION >= (0, 5, 1)
HAS_LISTS = has_lists()
READD_WORKS = VERSION >= (0, 5, 6)      # earlier releases drop an id that is deleted and added again inside one batch
WORDS = ("palace drawer closet memory vector repair lantern river copper violet granite harbor signal orchard winter "
         "compass ribbon candle meadow cipher anchor velvet thunder marble saffron pocket ladder mirror canyon").split()
WINGS = ["atlas", "home_lab", "novel", "garden", "work-ops"]
ROOMS = ["notes", "decisions", "chapter_1", "seeds", "incidents"]
UNICODE = ["Grüße aus Köln – naïve façade", "日本語の引き出し 🗝️🏛️", "ключ от комнаты", "مفتاح الغرفة", "e\u0301 combining, zero\u200bwidth",
           "quote ' double \" percent % under _ back \\ slash", "tab\tnewline\nend"]


def recipe_of(name, drawers, dimension):
    """The list of collection specs; every spec can be changed with --set."""
    drawer = {"name": "mempalace_drawers", "kind": "drawers", "n": drawers, "dimension": dimension, "space": "cosine", "sync": 100,
              "embedding_function": True, "metadata": {"hnsw:num_threads": 1, "description": "drawers – Schubladen"}}
    closet = {"name": "mempalace_closets", "kind": "closets", "n": max(1, drawers // 6), "dimension": dimension, "space": "cosine",
              "sync": 1000, "embedding_function": True, "metadata": {"hnsw:num_threads": 1}}
    l2 = {"name": "foreign_l2", "kind": "foreign", "n": max(30, drawers // 5), "dimension": 12, "space": "l2", "sync": 25,
          "metadata": {"owner": "another tool", "level": 3, "ratio": 0.25, "flag": True}}
    ip = {"name": "foreign.ip-2", "kind": "foreign", "n": max(20, drawers // 8), "dimension": 5, "space": "ip", "sync": 1000}
    hundred = [dict(l2, name=f"col-{i:03d}", n=i % 7, dimension=3 + i % 5, space=["l2", "ip", "cosine"][i % 3], sync=[3, 5, 1000][i % 3])
               for i in range(100)]
    if name == "frozen":
        return frozen_recipe(drawer, closet, l2, ip)
    return {
        "standard": [drawer, closet, l2, ip],
        "drawers": [drawer],
        "hundred": hundred,
        "one": [dict(drawer, n=1, sync=1000, churn=False)],
        "empty": [dict(drawer, n=0, churn=False), dict(closet, n=0, churn=False), dict(l2, n=0, churn=False)],
        "queue": [dict(drawer, sync=50000)],
    }[name]


def frozen_recipe(drawer, closet, l2, ip):
    """Every state a collection can be in: half in the queue, only in the queue, persisted to the last row, empty; and every kind
    of record.  A second tenant holds a collection that has the name of one in the default database."""
    small = dict(batch=10)
    return [
        dict(drawer, sync=90, finish="half", showcase=True),
        dict(closet, sync=150, finish="queue"),
        dict(l2, sync=25, n=40, dimension=12, finish="persisted", showcase=True, **small),
        dict(ip, sync=20, n=30, finish="any", configured=True, **small),
        dict(l2, name="foreign_empty", n=0, metadata={"owner": "nobody yet"}, finish="empty"),
        dict(l2, sync=15, n=25, dimension=7, metadata={"owner": "another tenant"}, finish="any", database=SECOND, **small),
    ]


SECOND = "second_tenant/archive"


class Vectors:
    """Clustered vectors from a seed: mostly of length one, some not, a few exact twins."""

    def __init__(self, seed, dimension):
        self.random = numpy.random.RandomState(seed)      # RandomState's stream is frozen across numpy releases
        self.dimension = dimension
        self.centres = self.random.normal(size=(10, dimension))
        self.last = None

    def next(self):
        if self.last is not None and self.random.randint(60) == 0:
            return self.last
        vector = self.centres[self.random.randint(10)] + 0.6 * self.random.normal(size=self.dimension)
        vector /= numpy.linalg.norm(vector) or 1.0
        if self.random.randint(25) == 0:
            vector = vector * self.random.uniform(0.05, 40.0)
        self.last = vector.astype("<f4")
        return self.last


class Author:
    """Ids, documents and metadata in MemPalace's manner, from a seed."""

    def __init__(self, seed, kind):
        self.random = random.Random(f"{seed}/{kind}")
        self.kind = kind
        self.serial = 0

    def hex(self, digits):
        return hashlib.sha256(f"{self.random.random()}".encode()).hexdigest()[:digits]

    def text(self, low=5, high=28):
        words = [self.random.choice(WORDS) for _ in range(self.random.randint(low, high))]
        return " ".join(words) + "."

    def document(self):
        """Usually prose; sometimes absent, empty, odd or very long."""
        draw = self.random.random()
        if draw < 0.04:
            return None
        if draw < 0.07:
            return ""
        if draw < 0.17:
            return self.random.choice(UNICODE) + " " + self.text()
        if draw < 0.175:
            return " ".join(self.text(50, 60) for _ in range(60))
        return self.text()

    def id(self):
        self.serial += 1
        wing, room, draw = self.random.choice(WINGS), self.random.choice(ROOMS), self.random.random()
        if self.kind == "closets":
            return f"closet_{wing}_{room}_{self.hex(24)}_{self.serial % 100:02d}"
        if self.kind == "foreign":
            odd = ["plain", "with space", "ünï-日本", "quote'\"", "per%cent_", "x" * 300]
            return f"{odd[self.serial % len(odd)]}#{self.serial}"
        if draw < 0.06:
            return f"diary_{wing}_20260{1 + self.serial % 9}01_120000{self.serial:06d}_{self.hex(12)}"
        if draw < 0.08:
            return f"_reg_{self.hex(24)}"
        if draw < 0.14:
            return f"drawer_{wing}_{room}_{self.hex(24)}_chunk_{self.serial:06d}"
        return f"drawer_{wing}_{room}_{self.hex(24)}"

    def metadata(self):
        """Typed flat metadata; about one record in twenty-five has none at all."""
        if self.random.random() < 0.04:
            return {}
        wing, room = self.random.choice(WINGS), self.random.choice(ROOMS)
        stamp = f"2026-0{self.random.randint(1, 9)}-1{self.random.randint(0, 9)}T08:{self.random.randint(10, 59)}:00.000001"
        if self.kind == "closets":
            return {"wing": wing, "room": room, "source_file": f"/src/{wing}/{room}.md", "drawer_count": self.random.randint(1, 40),
                    "filed_at": stamp, "normalize_version": 2}
        if self.kind == "foreign":
            values = {"n": self.random.choice([0, -1, 7, 2**53 + 1, 2**63 - 1, -2**63]), "x": self.random.choice([0.0, 1.0, 0.1, -2.5e-7, 1e100]),
                      "s": self.random.choice(["", "x", "long " * 400, *UNICODE]), "clé-日": "unicode key", "rank": self.serial}
            if HAS_BOOL:
                values["b"] = bool(self.serial % 2)
            if HAS_LISTS and self.serial % 3 == 0:
                values.update({"tags": self.random.sample(WORDS, 3), "ints": [1, 2, 2**40], "floats": [0.5, 1.0], "bools": [True, False]})
            return values
        values = {"wing": wing, "room": room, "source_file": f"/home/u/{wing}/{self.random.choice(WORDS)}.md", "chunk_index": self.serial % 12,
                  "added_by": "mempalace", "filed_at": stamp, "normalize_version": 2, "source_mtime": float(1767225600 + self.serial),
                  "line_start": self.serial, "line_end": self.serial + 20, "content_date": stamp[:10], "hall": "hall_facts",
                  "entities": ";".join(self.random.sample(WORDS, 3))}
        if HAS_BOOL and self.serial % 9 == 0:
            values["is_sentinel"] = self.serial % 2 == 0
        if HAS_LISTS and self.serial % 11 == 0:
            values["people"] = [self.random.choice(UNICODE), "Ada"]
        return values


def create_collection(client, spec):
    """Create it the way MemPalace does: index options as `hnsw:` metadata, which every release understands."""
    batch = spec.get("batch", min(100, spec["sync"]))
    metadata = {"hnsw:space": spec["space"], "hnsw:sync_threshold": spec["sync"], "hnsw:batch_size": batch}
    for option, key in (("M", "hnsw:M"), ("ef_construction", "hnsw:construction_ef"), ("ef_search", "hnsw:search_ef")):
        if option in spec:
            metadata[key] = spec[option]
    extra = {k: v for k, v in spec.get("metadata", {}).items() if HAS_COLLECTION_BOOL or not isinstance(v, bool)}
    metadata.update(extra)
    arguments = {} if spec.get("embedding_function") else {"embedding_function": None}
    if spec.get("configured") and VERSION >= (1, 0):      # the newer way: options in the configuration, metadata only what was given
        metadata = extra
        arguments["configuration"] = {"hnsw": {"space": spec["space"], "sync_threshold": spec["sync"], "batch_size": batch}}
    collection = client.create_collection(spec["name"], metadata=metadata or None, **arguments)
    named = "default" if spec.get("embedding_function") and VERSION >= (1, 0) else None
    return collection, truth.Model(spec["space"], spec["dimension"], spec["sync"], metadata, named)


class Writer:
    """Performs the same operations on the real collection and on the model."""

    def __init__(self, palace, collection, model, spec, seed):
        self.palace, self.collection, self.model, self.spec = palace, collection, model, spec
        self.label = f"{spec['database']}/{spec['name']}" if "database" in spec else spec["name"]
        self.random = random.Random(f"{seed}/{self.label}/ops")
        self.author = Author(f"{seed}/{self.label}", spec["kind"])
        self.vectors = Vectors(random.Random(f"{seed}/{self.label}").randrange(2**31), spec["dimension"])

    def row(self, id=None):
        return {"id": id or self.author.id(), "vector": self.vectors.next(), "document": self.author.document(), "metadata": self.author.metadata()}

    def do(self, method, rows):
        if not rows:
            return
        if method == "delete":
            self.collection.delete(ids=[row["id"] for row in rows])
        else:
            write_rows(self.collection, method, rows)
        for row in rows:
            getattr(self.model, method)(**row)

    def some(self, share):
        ids = sorted(self.model.records)
        return self.random.sample(ids, min(len(ids), max(1, int(len(ids) * share))))

    def fill(self, count):
        """`count` new records in batches of uneven size."""
        while count > 0:
            size = min(count, 4000, self.random.randint(1, max(60, self.spec["n"] // 8)))
            self.do("add", [self.row() for _ in range(size)])
            count -= size

    def churn(self):
        """Updates of each kind, upserts of old and new, deletes, and deleted ids that come back."""
        self.do("update", [{"id": i, "metadata": {"note": self.author.text(2, 4), "rank2": 3, "source_mtime": 2.5}} for i in self.some(0.04)])
        self.do("update", [{"id": i, "document": "rewritten " + self.author.text(), "vector": self.vectors.next()} for i in self.some(0.04)])
        self.do("update", [{"id": i, "vector": self.vectors.next()} for i in self.some(0.04)])
        self.do("upsert", [self.row(i) for i in self.some(0.03)] + [self.row() for _ in range(3)])
        gone = self.some(0.06)
        self.do("delete", [{"id": i} for i in gone])
        if READD_WORKS:
            self.do("add", [self.row(i) for i in gone[::3]])

    def showcase(self):
        """One record of every kind, whatever the seed: absent, empty, odd and long texts, no metadata, each type and its extremes."""
        kinds = {"nothing": (None, {}), "text-only": ("only a text", {}), "empty": ("", {"s": ""}), "metadata-only": (None, {"n": 1}),
                 "long": (" ".join(f"{word} {i}" for i in range(30) for word in WORDS), {"long": "m" * 3000})}
        kinds.update({f"odd-{i}": (text, {f"key {text[:9]}": text}) for i, text in enumerate(UNICODE)})
        types = {"int": 7, "int zero": 0, "int max": 2**63 - 1, "int min": -2**63, "float": 0.1, "float whole": 3.0, "float zero": 0.0, "float tiny": 5e-324,
                 "float huge": 1.7976931348623157e308, "text": "7", "empty text": ""}
        if HAS_BOOL:
            types.update({"true": True, "false": False})
        if HAS_LISTS:
            types.update({"texts": ["a", "", "ü"], "one text": ["alone"], "ints": [1, 0, -2**63], "floats": [0.5, 1.0], "bools": [True, False]})
        kinds["types"] = ("every type", types)
        self.do("add", [{"id": f"showcase-{name}", "vector": self.vectors.next(), "document": document, "metadata": metadata}
                        for name, (document, metadata) in kinds.items()])

    def pending(self):
        """How many log rows the index on disk lacks, and whether there is an index at all."""
        files = Palace(self.palace)
        collection = files.collections[self.label]
        return len(files.pending(collection)), files.flushed(collection) > 0

    def finish(self):
        """Bring the collection into the state the spec asks for, and make sure of it."""
        wanted = self.spec.get("finish", "any")
        low, high = {"persisted": (0, 0), "half": (self.spec["sync"] * 5 // 9, self.spec["sync"] * 7 // 9)}.get(wanted, (0, 10**9))
        for _ in range(2 * self.spec["sync"]):
            if low <= self.pending()[0] <= high or wanted in ("empty", "queue", "any"):
                break
            self.do("add", [self.row()])
        if wanted == "half":         # changes of persisted records whose newest state only the queue has
            self.do("update", [{"id": i, "vector": self.vectors.next()} for i in self.some(0.02)])
            self.do("update", [{"id": i, "document": "rewritten late " + self.author.text(), "vector": self.vectors.next()} for i in self.some(0.02)])
            self.do("update", [{"id": i, "metadata": {"late": True if HAS_BOOL else 1}} for i in self.some(0.02)])
            self.do("delete", [{"id": i} for i in self.some(0.02)])
        rows, index = self.pending()
        good = {"persisted": index and rows == 0, "half": index and rows >= low, "queue": not index and rows > 0, "empty": rows == 0}.get(wanted, True)
        if not good:
            raise SystemExit(f"{self.label}: wanted {wanted}, but {rows} rows are pending and the index is {'there' if index else 'absent'}")

    def write(self):
        count = self.spec["n"]
        if self.spec.get("showcase"):
            self.showcase()
        self.fill(int(count * 0.8))
        if self.spec.get("churn", True) and count >= 10:
            self.churn()
        self.fill(count - int(count * 0.8))
        if self.spec.get("churn", True) and count >= 10:
            self.do("update", [{"id": i, "metadata": {"last": "touch"}} for i in self.some(0.01)])
            self.do("delete", [{"id": self.some(0.01)[0]}])
        self.finish()


KNOWLEDGE_GRAPH = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA journal_mode=WAL")
db.execute("PRAGMA wal_autocheckpoint=0")
db.executescript('CREATE TABLE entities(id TEXT PRIMARY KEY, name TEXT, type TEXT, properties TEXT);'
                 'CREATE TABLE triples(id TEXT PRIMARY KEY, subject TEXT, predicate TEXT, object TEXT, valid_from TEXT, confidence REAL);')
for i in range(40):
    db.execute("INSERT INTO entities VALUES (?,?,?,?)", (f"e{i}", f"Entity {i} \\u00fc", "person", "{}"))
    db.execute("INSERT INTO triples VALUES (?,?,?,?,?,?)", (f"t_e{i}_knows_e{i+1}_{i:012x}", f"e{i}", "knows", f"e{i+1}", "2026-01-01", i / 7))
    if i % 10 == 9:
        db.commit()
os._exit(0)          # no checkpoint: the rows are only in the -wal file
"""


def write_side_files(palace, drawers):
    """MemPalace's own files and one nobody knows."""
    (palace / ".mempalace").mkdir()
    (palace / ".mempalace" / "origin.json").write_text(json.dumps({"schema": 1, "origin": "mine", "root": "/home/u/notes"}, indent=1))
    (palace / "mempalace_embedder.json").write_text(json.dumps({"mempalace_drawers": {"model_name": "minilm", "dimension": drawers}}))
    (palace / "user notes – keep.txt").write_bytes(b"\x00\x01 not ours\r\n" * 7)
    subprocess.run([sys.executable, "-c", KNOWLEDGE_GRAPH, str(palace / "knowledge_graph.sqlite3")], check=True)
    names = [".mempalace/origin.json", "mempalace_embedder.json", "user notes – keep.txt"]
    return {name: truth.sha256(palace / name) for name in names}


def read_knowledge_graph(palace):
    """Its rows, read from a copy so that the -wal file stays unmerged."""
    work = palace.with_name(palace.name + ".kg-copy")
    work.mkdir()
    try:
        for suffix in ("", "-wal"):
            source = palace / ("knowledge_graph.sqlite3" + suffix)
            (work / source.name).write_bytes(source.read_bytes())
        db = sqlite3.connect(work / "knowledge_graph.sqlite3")
        return {table: [list(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY id")] for table in ("entities", "triples")}
    finally:
        db.close()
        for file in work.iterdir():
            file.unlink()
        work.rmdir()


def agree(collection, model):
    """Chroma's own answer must equal the model, or the truth would be a guess."""
    got = get_all(collection, ["documents", "metadatas"])
    wanted = model.records
    vectors, _ = get_vectors(collection, got["ids"])
    if sorted(got["ids"]) != sorted(wanted):
        raise SystemExit(f"{collection.name}: ids differ: {set(got['ids']) ^ set(wanted)}")
    for id, document, metadata in zip(got["ids"], got["documents"], got["metadatas"]):
        record, exact = wanted[id], truth.decode_vector(wanted[id]["vector"]).astype("f8")
        if document != record["document"]:
            raise SystemExit(f"{collection.name}/{id}: document {document!r:.80} is not {record['document']!r:.80}")
        if not truth.same_metadata(metadata, record["metadata"]):
            raise SystemExit(f"{collection.name}/{id}: metadata {metadata} is not {record['metadata']}")
        error = numpy.abs(numpy.asarray(vectors[id], dtype="f8") - exact).max() / (numpy.abs(exact).max() or 1.0)
        if not error <= 1e-6:
            raise SystemExit(f"{collection.name}/{id}: vector differs by {error:.2e}")


def apply_settings(specs, settings):
    """--set mempalace_drawers.M=32; `*` names all collections."""
    for setting in settings:
        target, _, value = setting.partition("=")
        name, _, key = target.rpartition(".")
        hits = [spec for spec in specs if name in ("*", spec["name"])]
        if not hits:
            raise SystemExit(f"--set {setting}: no collection {name}")
        for spec in hits:
            spec[key] = json.loads(value) if value[:1] in "0123456789-{[tfn" else value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("palace", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--recipe", default="standard")
    parser.add_argument("--drawers", type=int, default=300)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--set", action="append", default=[], metavar="COLLECTION.KEY=VALUE")
    parser.add_argument("--no-lists", action="store_true", help="no list values in metadata")
    args = parser.parse_args()
    if args.no_lists:
        global HAS_LISTS
        HAS_LISTS = False
    if args.palace.exists():
        raise SystemExit(f"{args.palace} exists already")
    args.palace.mkdir(parents=True)
    specs = recipe_of(args.recipe, args.drawers, args.dimension)
    apply_settings(specs, args.set)
    clients, collections, databases = {None: open_client(args.palace)}, {}, {}
    for spec in specs:
        place = spec.get("database")
        if place and not has_databases():
            continue
        if place not in clients:
            clients[place] = create_database(args.palace, *place.split("/"))
        collection, model = create_collection(clients[place], spec)
        Writer(args.palace, collection, model, spec, args.seed).write()
        agree(collection, model)
        (databases.setdefault(place, {"collections": {}})["collections"] if place else collections)[spec["name"]] = model.data
    whole = {"format": 1, "chroma": chromadb.__version__, "seed": args.seed, "recipe": args.recipe, "collections": collections}
    if databases:
        whole["databases"] = databases
    whole["side_files"] = write_side_files(args.palace, args.dimension)
    whole["knowledge_graph"] = read_knowledge_graph(args.palace)
    truth.save(truth.expected_path(args.palace), whole)
    counts = {label: len(data["records"]) for _, content in truth.databases(whole) for label, data in content.items()}
    print(f"{args.palace}: chroma {chromadb.__version__}, " + ", ".join(f"{label} {count}" for label, count in counts.items()))
    sys.stdout.flush()
    os._exit(0)          # as most hosts end: no shutdown of the client


if __name__ == "__main__":
    main()
