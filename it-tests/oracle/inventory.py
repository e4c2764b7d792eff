"""The truth of a healthy palace, read from its files without Chroma: rows from SQLite, vectors from the index and the log.

`inventory(PALACE)` gives a truth as truth.py describes it.  A palace that is not in order (a damaged file, log rows that the
metadata segment has not seen) is refused with ValueError: a truth read from it would be a guess.

    inventory.py PALACE           write PALACE.expected.json.gz
    inventory.py --compare PALACE compare with the one that is there; exit 1 and one line per difference
"""
import array
import json
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import truth
from palace_files import Index, Palace, close

ADD, UPDATE, UPSERT, DELETE = range(4)
DATABASES = ("knowledge_graph.sqlite3", "logstream.sqlite3")


def typed(string, integer, real, flag):
    """The one value of a row of typed columns."""
    if flag is not None:
        return bool(flag)
    return string if string is not None else integer if integer is not None else real


def columns_of(db, table):
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


def release_of(palace):
    """A Chroma release of the palace's schema level; the exact one is written nowhere."""
    level = palace.level
    if level["metadb"] >= 6:
        return "1.5.9"
    if level["metadb"] >= 5:
        return "1.3.7" if level["sysdb"] >= 10 else "1.0.15"
    return "0.6.3" if level["sysdb"] >= 9 else "0.5.0" if level["sysdb"] >= 6 else "0.4.24"


def collection_metadata(db, collection):
    """What the collection's owner and Chroma wrote about it."""
    flag = "bool_value" if "bool_value" in columns_of(db, "collection_metadata") else "NULL"
    rows = db.execute(f"SELECT key, str_value, int_value, float_value, {flag} FROM collection_metadata WHERE collection_id=?", (collection.id,))
    return {key: typed(*values) for key, *values in rows}


def configuration(db, collection, metadata):
    """(space, sync_threshold, embedding function's name) as the newest place that knows them says."""
    found, names = {}, columns_of(db, "collections")

    def search(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("space", "sync_threshold") and not isinstance(value, dict):
                    found[key] = value
                elif key == "embedding_function" and isinstance(value, dict) and value.get("name"):
                    found["function"] = value["name"]
                search(value)

    for column in ("config_json_str", "schema_str"):
        if column in names:
            text = db.execute(f"SELECT {column} FROM collections WHERE id=?", (collection.id,)).fetchone()[0]
            search(json.loads(text) if text else {})
    space = metadata.get("hnsw:space") or found.get("space", "l2")
    return space, metadata.get("hnsw:sync_threshold") or found.get("sync_threshold", 1000), found.get("function")


def rows_of(db, palace, collection):
    """id -> (document, metadata) from the metadata segment."""
    records, by_key = {}, {}
    for key, id in db.execute("SELECT id, embedding_id FROM embeddings WHERE segment_id=?", (collection.metadata,)):
        records[id] = by_key[key] = {"document": None, "metadata": {}}
    flag = "m.bool_value" if "bool_value" in columns_of(db, "embedding_metadata") else "NULL"
    query = (f"SELECT m.id, m.key, m.string_value, m.int_value, m.float_value, {flag} FROM embedding_metadata m "
             "JOIN embeddings e ON e.id=m.id WHERE e.segment_id=?")
    for owner, key, *values in db.execute(query, (collection.metadata,)):
        if key == "chroma:document":
            by_key[owner]["document"] = values[0]
        else:
            by_key[owner]["metadata"][key] = typed(*values)
    if "id" in columns_of(db, "embedding_metadata_array"):
        query = ("SELECT m.id, m.key, m.string_value, m.int_value, m.float_value, m.bool_value FROM embedding_metadata_array m "
                 "JOIN embeddings e ON e.id=m.id WHERE e.segment_id=? ORDER BY m.rowid")
        for owner, key, *values in db.execute(query, (collection.metadata,)):
            by_key[owner]["metadata"].setdefault(key, []).append(typed(*values))
    return records


def vectors_of(palace, collection, space):
    """id -> vector: the index on disk, then the log rows it has not seen."""
    vectors, directory = {}, palace.directory(collection)
    if (directory / "index_metadata.pickle").exists():
        index = Index(directory)
        vectors = {id: index.vector(slot, space == "cosine") for id, slot in index.slots_by_id().items()}
    for _, operation, id, data, encoding, _ in palace.pending(collection):
        if operation == DELETE:
            vectors.pop(id, None)
        elif data is not None and (operation != ADD or id not in vectors) and (operation != UPDATE or id in vectors):
            if encoding != "FLOAT32":
                raise ValueError(f"{collection.name}/{id}: encoding {encoding}")
            vectors[id] = array.array("f", data)
    return vectors


def read_collection(db, palace, collection):
    """One collection in the form of truth.Model.data."""
    row = db.execute("SELECT seq_id FROM max_seq_id WHERE segment_id=?", (collection.metadata,)).fetchone()
    seen = palace.decode_seq(row[0]) if row else 0
    if any(palace.decode_seq(entry[0]) > seen for entry in palace.queue(collection)):
        raise ValueError(f"{collection.name}: the metadata segment has not seen the whole log")
    metadata = collection_metadata(db, collection)
    space, sync, function = configuration(db, collection, metadata)
    records, vectors = rows_of(db, palace, collection), vectors_of(palace, collection, space)
    if records.keys() != vectors.keys():
        raise ValueError(f"{collection.name}: {len(records)} records, {len(vectors)} vectors")
    for id, vector in vectors.items():
        records[id]["vector"] = truth.encode_vector_bytes(vector.tobytes())
    dimension = db.execute("SELECT dimension FROM collections WHERE id=?", (collection.id,)).fetchone()[0]
    return {"space": space, "dimension": dimension or 3, "sync_threshold": sync, "metadata": metadata, "embedding_function": function, "records": records}


def side_files(palace):
    """Digests of the files that are not Chroma's and no live SQLite database."""
    segments = {row[0] for row in palace.connect().execute("SELECT id FROM segments")}
    names = [file.relative_to(palace.path) for file in sorted(palace.path.rglob("*")) if file.is_file()]
    return {name.as_posix(): truth.sha256(palace.path / name) for name in names
            if name.parts[0] not in segments and not name.name.startswith(("chroma.sqlite3", *DATABASES))}


def knowledge_graph(path):
    """The rows of its two tables, read from a copy with its -wal file; None when there is no knowledge graph."""
    file = Path(path) / "knowledge_graph.sqlite3"
    if not file.exists():
        return None
    with tempfile.TemporaryDirectory() as work:
        for name in (file, file.with_name(file.name + "-wal")):
            if name.exists():
                shutil.copy(name, work)
        db = sqlite3.connect(Path(work) / file.name)
        rows = {table: [list(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY id")] for table in ("entities", "triples")}
        db.close()
        return rows


def inventory(path):
    """The whole truth of the palace at `path`."""
    palace, collections, databases = Palace(path), {}, {}
    with palace.connect() as db:
        for label, collection in palace.collections.items():
            data = read_collection(db, palace, collection)
            place, _, name = label.rpartition("/")
            (databases.setdefault(place, {"collections": {}})["collections"] if place else collections)[name] = data
    whole = {"format": 1, "chroma": release_of(palace), "seed": None, "recipe": "inventory", "collections": collections,
             "side_files": side_files(palace), "knowledge_graph": knowledge_graph(path)}
    return {**whole, "databases": databases} if databases else whole


def differences(left, right):
    """What differs between two truths of one palace, as lines; vectors may differ by 1e-6 relative."""
    lines = []
    ours, theirs = ({label: data for _, content in truth.databases(side) for label, data in content.items()} for side in (left, right))
    if ours.keys() != theirs.keys():
        lines.append(f"collections {sorted(ours.keys() ^ theirs.keys())}")
    for label in sorted(ours.keys() & theirs.keys()):
        a, b = ours[label], theirs[label]
        for key in ("space", "sync_threshold"):
            if a[key] != b[key]:
                lines.append(f"{label}: {key} {a[key]} is not {b[key]}")
        if a["records"].keys() != b["records"].keys():
            lines.append(f"{label}: ids {sorted(a['records'].keys() ^ b['records'].keys())[:3]}")
        for id in sorted(a["records"].keys() & b["records"].keys()):
            one, two = a["records"][id], b["records"][id]
            if one["document"] != two["document"] or not truth.same_metadata(one["metadata"], two["metadata"]):
                lines.append(f"{label}/{id}: text or metadata")
            if not close(*(array.array("f", truth.vector_bytes(side["vector"])) for side in (one, two)), tolerance=1e-6):
                lines.append(f"{label}/{id}: vector")
    for key in ("side_files", "knowledge_graph"):
        if left.get(key) != right.get(key):
            lines.append(key)
    return lines


def main():
    compare, path = sys.argv[1] == "--compare", Path(sys.argv[-1])
    found = inventory(path)
    if not compare:
        truth.save(truth.expected_path(path), found)
        return 0
    lines = differences(found, truth.load(truth.expected_path(path)))
    print("\n".join(lines[:10]) or f"{path}: equal")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
