#!/usr/bin/env python3
"""Write samples/chroma-0.6: a small palace as MemPalace left it in the days of Chroma 0.6.  Run it with the python of 0.6.3.

    make_sample.py [PALACE]

Promises: PALACE (default samples/chroma-0.6 of this checkout, replaced) is written by the running Chroma: 60 drawers and 8 closets of
readable text, 16 dimensions, cosine; part of the drawers in the index, the rest and all closets in the queue; a knowledge graph and
an embedder record; no -wal or journal file, so that plain files under version control are the whole of it.  Beside it stands
PALACE.expected.json.gz, and Chroma agrees with it.  The vectors are those of mempalace_run.py's embedder, so that MemPalace can search.
"""
import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path

import truth
from inventory import knowledge_graph
from make_palace import agree
from mempalace_run import embed
from real_chroma import chromadb, open_client, write_rows

SAMPLE = Path(__file__).resolve().parent.parent.parent / "samples" / "chroma-0.6"
DIMENSION, SYNC = 16, 40
WHO = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia"]
WHAT = ["the retention of backups", "the colour of the lamp", "a slow query", "the move to Köln", "the garden plan", "chapter two", "the night job",
        "naming things", "the broken sensor", "the reading list"]
DID = ["decided about", "wrote a note on", "measured", "asked again about", "closed the matter of", "found the cause of"]
WINGS = {"home_lab": ["decisions", "incidents"], "novel": ["chapters", "notes"], "garden": ["seeds", "planning"]}


def drawers():
    """60 drawers: (id, document, metadata)."""
    for number in range(60):
        wing = list(WINGS)[number % 3]
        room = WINGS[wing][number // 3 % 2]
        text = f"{WHO[number % 6]} {DID[number // 6 % 6]} {WHAT[number % 10]}; entry {number} of the {room} in {wing.replace('_', ' ')}."
        metadata = {"wing": wing, "room": room, "source_file": f"/home/ada/{wing}/{room}-{number % 7}.md", "chunk_index": number % 4, "added_by": "mempalace",
                    "filed_at": f"2025-02-{1 + number % 28:02d}T08:{number % 60:02d}:00.000001", "source_mtime": 1738400000.5 + number}
        yield f"drawer_{wing}_{room}_{truth.hashlib.sha256(text.encode()).hexdigest()[:24]}", text, metadata


def closets():
    """8 closets."""
    for number in range(8):
        wing = list(WINGS)[number % 3]
        room = WINGS[wing][number % 2]
        text = f"{wing} {room}: {', '.join(WHAT[number:number + 3])}"
        yield (f"closet_{wing}_{room}_{truth.hashlib.sha256(text.encode()).hexdigest()[:24]}_{number:02d}", text,
               {"wing": wing, "room": room, "source_file": f"/home/ada/{wing}/{room}-{number}.md", "drawer_count": number + 1, "filed_at": "2025-02-20T09:00:00.000001"})


def fill(client, name, rows):
    """One collection; its truth."""
    metadata = {"hnsw:space": "cosine", "hnsw:sync_threshold": SYNC, "hnsw:batch_size": 10}
    collection = client.create_collection(name, metadata=metadata, embedding_function=None)
    model = truth.Model("cosine", DIMENSION, SYNC, metadata, None)
    for id, text, values in rows:
        row = {"id": id, "vector": embed(text, DIMENSION), "document": text, "metadata": values}
        write_rows(collection, "add", [row])
        model.add(**row)
    agree(collection, model)
    return model.data


def write_graph(file):
    """MemPalace's knowledge graph, closed in rollback mode: one file."""
    db = sqlite3.connect(file)
    db.executescript("CREATE TABLE entities(id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT DEFAULT 'unknown', properties TEXT DEFAULT '{}', created_at TEXT);"
                     "CREATE TABLE triples(id TEXT PRIMARY KEY, subject TEXT NOT NULL, predicate TEXT NOT NULL, object TEXT NOT NULL, valid_from TEXT, valid_to TEXT,"
                     " confidence REAL DEFAULT 1.0, source_closet TEXT, source_file TEXT, extracted_at TEXT);")
    for number, who in enumerate(WHO):
        db.execute("INSERT INTO entities VALUES (?,?,?,?,?)", (who.lower(), who, "person", "{}", "2025-02-01T08:00:00"))
        db.execute("INSERT INTO triples VALUES (?,?,?,?,?,?,?,?,?,?)", (f"t_{who.lower()}_knows_{number:012x}", who.lower(), "knows", WHO[(number + 1) % 6].lower(),
                                                                    "2025-02-01", None, 1.0, None, None, "2025-02-01T08:00:00"))
    db.commit()
    db.close()


def main():
    palace = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    shutil.rmtree(palace, ignore_errors=True)
    palace.mkdir(parents=True)
    client = open_client(palace)
    collections = {"mempalace_drawers": fill(client, "mempalace_drawers", drawers()), "mempalace_closets": fill(client, "mempalace_closets", closets())}
    (palace / "mempalace_embedder.json").write_text(json.dumps({name: {"model_name": "openai-compat", "dimension": DIMENSION} for name in collections}, indent=1))
    write_graph(palace / "knowledge_graph.sqlite3")
    whole = {"format": 1, "chroma": chromadb.__version__, "seed": None, "recipe": "sample", "collections": collections,
             "side_files": {"mempalace_embedder.json": truth.sha256(palace / "mempalace_embedder.json")}, "knowledge_graph": knowledge_graph(palace)}
    truth.save(truth.expected_path(palace), whole)
    print(f"{palace}: chroma {chromadb.__version__}, {sum(file.stat().st_size for file in palace.rglob('*') if file.is_file())} bytes")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
