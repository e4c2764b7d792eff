#!/usr/bin/env python3
"""Makes the small palaces that the crash matrix hurts, from the frozen ones: 52 drawers, few system calls, everything in them.

    make_fixture.py migrate DIR            DIR/palace, written by Chroma 0.6.3
    make_fixture.py repair DIR             DIR/palace, written by Chroma 1.5.9; one index has lost its upper levels, the full text is empty
    make_fixture.py rescue DIR             the same, and a table of the database is gone
    make_fixture.py restore DIR PALACE     the first, migrated by the program PALACE; DIR/id names the snapshot to restore
    make_fixture.py restore-db DIR PALACE  the second, repaired
    make_fixture.py restore-full DIR PALACE  the first with a full snapshot, then migrated

Kept are a collection whose drawers are all in the queue (of cosine space) and one with an index and a queue (of space ip), a
knowledge graph whose rows are only in its -wal, and the files beside.  Python 3.8 and its standard library.
"""
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

ARCHIVES = Path(__file__).resolve().parent.parent / "src" / "test" / "resources" / "palaces"
KEPT = ("mempalace_closets", "foreign.ip-2")


def unpack(name, directory):
    """The frozen palace in a new directory."""
    directory.mkdir(parents=True)
    with zipfile.ZipFile(ARCHIVES / (name + ".zip")) as archive:
        archive.extractall(directory)
    for file in directory.glob("palace.*"):
        file.unlink()
    return directory / "palace"


def shrink(palace):
    """Take out every collection but the kept ones, as if they had never been there."""
    db = sqlite3.connect(str(palace / "chroma.sqlite3"))
    gone = [row[0] for row in db.execute("SELECT id FROM collections WHERE name NOT IN (%s)" % ",".join("?" * len(KEPT)), KEPT)]
    gone += [row[0] for row in db.execute("SELECT c.id FROM collections c JOIN databases d ON d.id=c.database_id WHERE d.name<>'default_database'")]
    for collection in gone:
        for segment, in db.execute("SELECT id FROM segments WHERE collection=?", (collection,)).fetchall():
            rows = "(SELECT id FROM embeddings WHERE segment_id=?)"
            tables = [t for t, in db.execute("SELECT name FROM sqlite_master WHERE name IN ('embedding_metadata', 'embedding_metadata_array')")]
            for statement in (["DELETE FROM embedding_fulltext_search WHERE rowid IN " + rows] + ["DELETE FROM %s WHERE id IN %s" % (t, rows) for t in tables]
                              + ["DELETE FROM %s WHERE segment_id=?" % t for t in ("embeddings", "max_seq_id", "segment_metadata")]):
                db.execute(statement, (segment,))
            shutil.rmtree(palace / segment, ignore_errors=True)
        for statement in ("segments WHERE collection=?", "collection_metadata WHERE collection_id=?", "collections WHERE id=?"):
            db.execute("DELETE FROM " + statement, (collection,))
        db.execute("DELETE FROM embeddings_queue WHERE topic LIKE ?", ("%" + collection,))
    db.execute("INSERT INTO embedding_fulltext_search(embedding_fulltext_search) VALUES('optimize')")
    db.commit()
    db.execute("VACUUM")
    db.close()


def damage(palace, *statements):
    """Cut the upper levels of the one index and empty the full text, and change the database further."""
    for file in palace.glob("*/link_lists.bin"):
        if (file.parent / "index_metadata.pickle").exists():
            file.unlink()
    db = sqlite3.connect(str(palace / "chroma.sqlite3"))
    for statement in ("DELETE FROM embedding_fulltext_search",) + statements:
        db.execute(statement)
    db.commit()
    db.close()


def program(command, *arguments):
    """Run palace, which must succeed."""
    done = subprocess.run([command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise SystemExit("%s: exit %d\n%s" % (" ".join(arguments), done.returncode, done.stdout.decode(errors="replace")))


def newest_snapshot(palace):
    """The id of the last snapshot of a palace."""
    ops = palace.with_name(palace.name + ".ops")
    return sorted(os.listdir(ops / "snapshots" if ops.is_dir() else palace / ".palace" / "ops" / "snapshots"))[-1]


def make(kind, directory, command, confined=False):
    """The fixture of that name in a new directory; a confined palace is one that MemPalace keeps its own settings in."""
    damaged = kind in ("repair", "rescue", "restore-db")
    palace = unpack("1.5.9" if damaged else "0.6.3", directory)
    shrink(palace)
    if damaged:
        damage(palace, *(["DROP TABLE embeddings_queue_config"] if kind == "rescue" else []))
    if confined:
        (palace / "config.json").write_text("{}")
    if kind == "restore-full":
        program(command, "snapshot", "create", "--scope", "full", "--palace", str(palace))
        (directory / "id").write_text(newest_snapshot(palace))
        program(command, "migrate", "--yes", "--palace", str(palace))
    elif kind in ("restore", "restore-db"):
        program(command, "repair" if damaged else "migrate", "--yes", "--palace", str(palace))
        (directory / "id").write_text(newest_snapshot(palace))


def main():
    make(sys.argv[1], Path(sys.argv[2]).absolute(), sys.argv[3] if len(sys.argv) > 3 else None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
