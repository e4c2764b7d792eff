#!/usr/bin/env python3
"""Make palaces in the odd states that are no damage, or keep one open.  Run it with the python of one of `setup`'s environments.

    healthy_states.py make DIR          one palace per state below DIR
    healthy_states.py open PALACE       open it, read every collection, and end: what an upgrade of Chroma does
    healthy_states.py hold PALACE       open it and read, print `open PID`, and keep it open until stdin ends

Promises: everything is written by the running Chroma alone; the states are `never_written`, `one_drawer`, `queue_only`, `emptied`
(every drawer deleted again), `flat` (an index of few elements, so that no list above level 0 exists), `updated_once` (an index
of one element, updated), `half_deleted`, `twins` (forty drawers with one vector), `zero_vectors`, and `inner_products` (a thousand
random vectors of all lengths in an ip space, in which hnswlib leaves many elements without a link to them).
"""
import random
import sys
from pathlib import Path

import chromadb
from chromadb.config import Settings


def client(path):
    return chromadb.PersistentClient(str(path), settings=Settings(anonymized_telemetry=False))


def vectors(count, dimension, seed=7):
    generator = random.Random(seed)
    return [[generator.gauss(0, 1) for _ in range(dimension)] for _ in range(count)]


def add(collection, rows, first=0):
    collection.add(ids=[f"id-{first + i}" for i in range(len(rows))], embeddings=rows, documents=[f"document {first + i}" for i in range(len(rows))],
                   metadatas=[{"n": first + i} for i in range(len(rows))])


def collection_in(folder, name, space="cosine", sync=1000):
    folder = folder / name / "palace"
    folder.mkdir(parents=True)
    return client(folder).create_collection("drawers", metadata={"hnsw:space": space, "hnsw:sync_threshold": sync, "hnsw:batch_size": min(sync, 100)})


def make(folder):
    collection_in(folder, "never_written")
    add(collection_in(folder, "one_drawer"), vectors(1, 4))
    add(collection_in(folder, "queue_only"), vectors(60, 8))
    emptied = collection_in(folder, "emptied", sync=5)
    add(emptied, vectors(12, 4))
    emptied.delete(ids=[f"id-{i}" for i in range(12)])
    add(collection_in(folder, "flat", sync=3), vectors(4, 4))
    updated = collection_in(folder, "updated_once", sync=2)
    add(updated, vectors(1, 4))
    updated.update(ids=["id-0"], embeddings=vectors(1, 4, seed=8))
    updated.update(ids=["id-0"], metadatas=[{"n": 1}])
    halved = collection_in(folder, "half_deleted", sync=10)
    add(halved, vectors(40, 4))
    halved.delete(ids=[f"id-{i}" for i in range(0, 40, 2)])
    add(collection_in(folder, "twins", sync=10), [vectors(1, 6)[0]] * 40)
    add(collection_in(folder, "zero_vectors", space="l2", sync=4), [[0.0] * 4] * 2 + vectors(10, 4))
    products = collection_in(folder, "inner_products", space="ip", sync=1000)
    lengths = random.Random(3)
    rows = [[component * length for component in row] for row, length in zip(vectors(1000, 5), [lengths.lognormvariate(0, 1.5) for _ in range(1000)])]
    for first in range(0, len(rows), 100):
        add(products, rows[first:first + 100], first)


def read(path):
    opened = client(path)
    for each in opened.list_collections():
        collection = opened.get_collection(each if isinstance(each, str) else each.name)
        collection.count()
        collection.get(limit=3, include=["embeddings", "documents", "metadatas"])
    return opened


def main():
    action, path = sys.argv[1], Path(sys.argv[2])
    if action == "make":
        make(path)
    else:
        opened = read(path)
        if action == "hold":
            import os
            print("open", os.getpid(), flush=True)
            sys.stdin.read()
        del opened


if __name__ == "__main__":
    main()
