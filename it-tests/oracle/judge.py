#!/usr/bin/env python3
"""Judge a palace with a real Chroma.  Run it with the python of one of `setup`'s environments.

    judge.py PALACE [--expected FILE] [--partial LOST.json] [--damage DAMAGE.json] [--read-only] [--json FILE]

Promises:
  * PALACE itself is only read: Chroma opens a sparse-aware copy, each time in a new process with a time limit, so a crash of
    Chroma is a verdict and never takes the judge down;
  * `pass` means: exactly the expected collections, in every database of the truth; in each every id, document byte, typed metadata value and vector (1e-6
    relative); count, metadata filters and document filters as brute force says; top-10 of 50 queries with true distances and a
    mean recall of at least --min-recall; writes of every kind visible at once, after a new open, and after more than
    sync_threshold further writes (which make Chroma persist its index and purge its log) and another open; side files unharmed;
  * what PARTIAL declares lost is listed and forgiven.  With DAMAGE (from break_palace.py) a loss is forgiven only if it is
    declared AND unavoidable; declaring a loss that could have been avoided fails.  DAMAGE also names what may appear in addition.
LOST.json: {"lost": {COLLECTION: {"vectors": [ids], "documents": [ids], "metadata": [ids], "records": [ids]}}}; any JSON that holds
such a "lost" object at some depth will do.  A record whose vector is lost may be absent; when it is present, its document and metadata are judged.
stdout: one JSON verdict, then one line for people.  Exit 0 pass, 1 fail, 2 could not judge.
"""
import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import truth

KINDS = ("vectors", "documents", "metadata", "records")
VECTOR_TOLERANCE = 1e-6
DISTANCE_TOLERANCE = 2e-4
HERE = Path(__file__).resolve()


# ---------------------------------------------------------------- the parent: copies, starts steps, sums up

def copy_sparse(source, target):
    """Copy one file without filling its holes."""
    with open(source, "rb") as src, open(target, "wb") as dst:
        size, position = os.fstat(src.fileno()).st_size, 0
        while position < size:
            try:
                start = os.lseek(src.fileno(), position, os.SEEK_DATA)
            except OSError:
                break
            position = os.lseek(src.fileno(), start, os.SEEK_HOLE)
            src.seek(start), dst.seek(start)
            while start < position:
                block = src.read(min(1 << 20, position - start))
                dst.write(block)
                start += len(block)
        dst.truncate(size)
    shutil.copystat(source, target)


def copy_palace(source, target):
    """A private, writable copy."""
    shutil.copytree(source, target, copy_function=copy_sparse, symlinks=True)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            os.chmod(path, 0o755 if path.is_dir() else 0o644)


def run_step(name, work, options):
    """Run one step in its own process; a crash or a time-out becomes a problem."""
    began, report_file = time.time(), work / f"{name}.json"
    command = [sys.executable, str(HERE), "--step", name, "--work", str(work), str(options.palace)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=options.timeout)
        code, output = run.returncode, (run.stderr or run.stdout).strip()[-400:]
    except subprocess.TimeoutExpired:
        code, output = "timeout", f"no answer within {options.timeout} s"
    report = {"problems": [], "stats": {}}
    if report_file.exists():
        report = json.loads(report_file.read_text())
    if code != 0:
        kind = "timeout" if code == "timeout" else "crash" if code < 0 else "error"
        detail = signal.Signals(-code).name if kind == "crash" else output
        report["problems"].append({"kind": kind, "collection": report.get("at"), "detail": detail, "call": report.get("call")})
    return {"step": name, "seconds": round(time.time() - began, 2), "problems": report["problems"], "stats": report["stats"]}


def find_lost(document):
    """The declared losses of a tool's report: the first "lost" object found in it, brought to the standard shape."""
    if isinstance(document, dict):
        lost = document.get("lost")
        if isinstance(lost, dict) and all(isinstance(v, dict) for v in lost.values()):
            return {name: {kind: list(parts.get(kind, [])) for kind in KINDS} for name, parts in lost.items()}
        document = list(document.values())
    if isinstance(document, list):
        for item in document:
            found = find_lost(item)
            if found is not None:
                return found
    return None


def avoidable(declared, damage):
    """Losses that were declared although the damage left a source for them; of what is uncertain a repair may say that it is lost."""
    allowed, uncertain, problems = damage.get("may_lose", {}), damage.get("uncertain", {}), []
    for name, parts in declared.items():
        for kind, ids in parts.items():
            whole = set(allowed.get(name, {}).get("records", []))
            extra = sorted(set(ids) - set(allowed.get(name, {}).get(kind, [])) - set(uncertain.get(name, {}).get(kind, [])) - whole)
            if extra:
                problems.append({"kind": "avoidable-loss", "collection": name, "detail": f"{kind} declared lost but recoverable",
                                 "count": len(extra), "ids": extra[:5]})
    return problems


def check_side_files(palace, expected):
    """Files that are not Chroma's must be byte for byte what they were; the knowledge graph row by row."""
    problems = []
    for name, digest in expected.get("side_files", {}).items():
        if not (palace / name).is_file():
            problems.append({"kind": "side-file-missing", "detail": name})
        elif truth.sha256(palace / name) != digest:
            problems.append({"kind": "side-file-changed", "detail": name})
    graph = palace / "knowledge_graph.sqlite3"
    if expected.get("knowledge_graph"):
        try:
            db = sqlite3.connect(graph)
            rows = {table: [list(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY id")] for table in expected["knowledge_graph"]}
            db.close()
            if rows != expected["knowledge_graph"]:
                problems.append({"kind": "knowledge-graph-changed", "detail": str({t: len(r) for t, r in rows.items()})})
        except sqlite3.Error as problem:
            problems.append({"kind": "knowledge-graph-lost", "detail": str(problem)})
    return problems


def judge(options):
    """The whole verdict as a dict."""
    work = Path(tempfile.mkdtemp(prefix="judge-", dir=options.tmp))
    try:
        began = time.time()
        expected = truth.load(options.expected or truth.expected_path(options.palace))
        declared = find_lost(json.loads(options.partial.read_text())) if options.partial else None
        damage = json.loads(options.damage.read_text()) if options.damage else {}
        case = {"expected": expected, "declared": declared or {}, "damage": damage, "min_recall": options.min_recall, "bulk": options.bulk}
        (work / "case.json").write_text(json.dumps(case))
        copy_palace(options.palace, work / "palace")
        first = {"step": "files", "problems": check_side_files(work / "palace", expected), "stats": {}, "seconds": 0}
        if damage and declared:
            first["problems"] += avoidable(declared, damage)
        steps = [first]
        for name in ["read"] if options.read_only else ["read", "write", "reread", "bulk", "final"]:
            steps.append(run_step(name, work, options))
            if any(p["kind"] in ("crash", "timeout", "cannot-open") for p in steps[-1]["problems"]):
                break
        problems = [dict(p, step=s["step"]) for s in steps for p in s["problems"]]
        chroma = next((s["stats"]["chroma"] for s in steps if "chroma" in s["stats"]), None)
        return {"verdict": "fail" if problems else "pass", "chroma": chroma, "palace": str(options.palace), "seconds": round(time.time() - began, 1),
                "declared_lost": {n: {k: len(i) for k, i in parts.items() if i} for n, parts in (declared or {}).items()},
                "problems": problems, "steps": [{k: s[k] for k in ("step", "seconds", "stats")} for s in steps]}
    finally:
        if options.keep:
            print(f"kept {work}", file=sys.stderr)
        else:
            shutil.rmtree(work, ignore_errors=True)


def human_line(verdict):
    """One line: verdict, release, and the first problems."""
    seen = {}
    for problem in verdict["problems"]:
        seen.setdefault(f"{problem['kind']}@{problem['step']}", problem)
    text = "; ".join(f"{key} {p.get('collection') or ''} {p.get('count', '')} {str(p.get('detail', ''))[:90]}" for key, p in list(seen.items())[:4])
    lost = sum(sum(parts.values()) for parts in verdict["declared_lost"].values())
    return (f"{verdict['verdict'].upper()} chroma {verdict['chroma']} {verdict['palace']} in {verdict['seconds']} s"
            + (f", {lost} declared lost" if lost else "") + (f": {text}" if text else ""))


# ---------------------------------------------------------------- the child: one open of the palace

class Report:
    """What one step found; saved after every call so that a crash still tells where it happened."""

    def __init__(self, path):
        self.path, self.data = path, {"problems": [], "stats": {}, "at": None, "call": None}

    def entering(self, collection, call):
        self.data.update(at=collection, call=call)
        self.save()

    def problem(self, kind, collection=None, detail="", ids=()):
        entry = {"kind": kind, "collection": collection, "detail": str(detail)[:300]}
        if ids:
            entry.update(count=len(ids), ids=sorted(ids)[:5])
        self.data["problems"].append(entry)

    def save(self):
        self.path.write_text(json.dumps(self.data))


class Forgiven:
    """Which differences of one collection are declared or unavoidable."""

    def __init__(self, case, name):
        parts = case["declared"].get(name, {})
        self.records = set(parts.get("records", [])) | set(parts.get("vectors", []))
        self.vectors = self.records
        self.documents = set(parts.get("documents", [])) | set(parts.get("records", []))
        self.metadata = set(parts.get("metadata", [])) | set(parts.get("records", []))
        self.extra = set(case["damage"].get("may_add", {}).get(name, []))
        uncertain = case["damage"].get("uncertain", {}).get(name, {})      # e.g. a vector that is NaN in the only source
        self.vectors = self.vectors | set(uncertain.get("vectors", []))
        self.documents |= set(uncertain.get("documents", []))
        self.metadata |= set(uncertain.get("metadata", []))
        self.direction_only = set(case["damage"].get("direction_only", {}).get(name, []))


def sample_rows(model, salt, count, prefix):
    """Deterministic new records that fit a collection."""
    import numpy
    random = numpy.random.RandomState(salt)
    return [{"id": f"{prefix}-{i}", "vector": random.normal(size=model.data["dimension"]).astype("<f4"),
             "document": f"judge {prefix} lighthouse {i}", "metadata": {"judge": prefix, "i": i, "half": i + 0.5}} for i in range(count)]


def first_writes(model, avoid):
    """add 3, update one, upsert one old and one new, delete one; as (method, rows) and already applied to the model."""
    rows = sample_rows(model, 11, 5, "judge-w")
    old = sorted(set(model.records) - avoid)
    plan = [("add", rows[:3])]
    if len(old) >= 4:
        plan += [("update", [dict(rows[3], id=old[0])]), ("upsert", [dict(rows[4], id=old[1]), rows[4]]), ("delete", [{"id": old[2]}])]
    else:
        plan += [("update", [dict(rows[3], id=rows[0]["id"])]), ("upsert", [rows[4]]), ("delete", [{"id": rows[1]["id"]}])]
    apply_plan(model, plan)
    return plan


def bulk_writes(model, limit):
    """More records than sync_threshold (at most `limit`): the index is persisted and the log purged."""
    count = model.data["sync_threshold"] + 20
    plan = [("add", sample_rows(model, 12, count if count <= limit else 20, "judge-b"))]
    apply_plan(model, plan)
    return plan


def apply_plan(model, plan):
    for method, rows in plan:
        for row in rows:
            getattr(model, method)(**row)


def models_after(case, stage):
    """The truth after `stage` (0 untouched, 1 first writes, 2 bulk) and the plan that leads from the stage before to it."""
    models, plans = {}, {}
    whole = {label: data for _, collections in truth.databases(case["expected"]) for label, data in collections.items()}
    for name, data in whole.items():
        model = truth.Model.of(data)
        lost = case["declared"].get(name, {})
        for id in lost.get("records", []):
            model.records.pop(id, None)
        plans[name] = first_writes(model, set(lost.get("vectors", []))) if stage >= 1 else []
        if stage >= 2:
            plans[name] = bulk_writes(model, case["bulk"])
        models[name] = model
    return models, plans


def perform(collection, plan, report, name):
    from real_chroma import write_rows
    for method, rows in plan:
        report.entering(name, method)
        try:
            if method == "delete":
                collection.delete(ids=[row["id"] for row in rows])
            else:
                for start in range(0, len(rows), 500):
                    write_rows(collection, method, rows[start:start + 500])
        except Exception as problem:
            report.problem("write-error", name, f"{method}: {type(problem).__name__}: {problem}")


def compare_records(collection, model, forgiven, report, name, stats):
    """Count, ids, documents, metadata and vectors."""
    wanted = set(model.records)
    from real_chroma import get_all
    report.entering(name, "get")
    got = get_all(collection, ["documents", "metadatas"])
    ids = got["ids"]
    if len(ids) != len(set(ids)):
        report.problem("duplicate-ids", name, "get() repeats ids", [id for id in set(ids) if ids.count(id) > 1])
    missing, extra = wanted - set(ids) - forgiven.records, set(ids) - wanted - forgiven.extra - forgiven.records
    if missing:
        report.problem("missing-records", name, "ids absent", missing)
    if extra:
        report.problem("extra-records", name, "ids nobody wrote", extra)
    report.entering(name, "count")
    if collection.count() != len(set(ids)):
        report.problem("count", name, f"count() {collection.count()}, get() {len(set(ids))}")
    documents, metadata = {}, {}
    for id, document, values in zip(ids, got["documents"], got["metadatas"]):
        documents[id], metadata[id] = document, values
    present = wanted & set(ids)
    vectorless = wanted & forgiven.vectors
    if vectorless:
        stats.update(vectorless_kept=len(vectorless & present), vectorless_dropped=len(vectorless - present))
    wrong = [i for i in present - forgiven.documents if documents[i] != model.records[i]["document"]]
    if wrong:
        report.problem("documents", name, f"{documents[wrong[0]]!r:.60} is not {model.records[wrong[0]]['document']!r:.60}", wrong)
    wrong = [i for i in present - forgiven.metadata if not truth.same_metadata(metadata[i], model.records[i]["metadata"])]
    if wrong:
        report.problem("metadata", name, f"{metadata[wrong[0]]!r:.120} is not {model.records[wrong[0]]['metadata']!r:.120}", wrong)
    compare_vectors(collection, model, forgiven, report, name, stats, present)


def compare_vectors(collection, model, forgiven, report, name, stats, present):
    """Every vector within 1e-6 of what was written, relative to its largest component."""
    import numpy
    from real_chroma import get_vectors
    report.entering(name, "get embeddings")
    asked = sorted(present - forgiven.vectors)
    vectors, error = get_vectors(collection, asked)
    absent = set(asked) - set(vectors)
    if absent:
        report.problem("missing-vectors", name, error, absent)
    worst, wrong = 0.0, []
    for id, vector in vectors.items():
        exact = truth.decode_vector(model.records[id]["vector"]).astype("f8")
        given = numpy.asarray(vector, dtype="f8")
        if id in forgiven.direction_only:
            exact, given = exact / (numpy.linalg.norm(exact) or 1.0), given / (numpy.linalg.norm(given) or 1.0)
        difference = numpy.inf if given.shape != exact.shape else numpy.abs(given - exact).max() / (numpy.abs(exact).max() or 1.0)
        worst = max(worst, difference)
        if not difference <= VECTOR_TOLERANCE:
            wrong.append(id)
    if wrong:
        report.problem("vectors", name, f"worst relative error {worst:.3g}", wrong)
    stats["vector_error"] = float(worst) if worst < 1e30 else None


def compare_metadata(collection, data, source, report, name):
    """The collection's own metadata (all but `hnsw:` tuning) and its embedding function's name."""
    from real_chroma import VERSION
    ours = {k: v for k, v in (collection.metadata or {}).items() if not k.startswith("hnsw:") or k == "hnsw:space"}
    wanted = {k: v for k, v in data["metadata"].items() if not k.startswith("hnsw:") or k == "hnsw:space"}
    if VERSION < (0, 5, 1):                        # these releases have no place for a boolean here
        ours, wanted = ({k: v for k, v in side.items() if not isinstance(data["metadata"].get(k), bool)} for side in (ours, wanted))
    if ours.get("hnsw:space") == data["space"] and "hnsw:space" not in wanted:      # configured without metadata; the same space said twice
        ours.pop("hnsw:space")
    if not truth.same_metadata(ours, wanted):
        report.problem("collection-metadata", name, f"{ours} is not {wanted}")
    configuration = getattr(collection, "configuration_json", None)
    if min(source, VERSION) >= (1, 0) and isinstance(configuration, dict):      # 0.x keeps no embedding function
        found = (configuration.get("embedding_function") or {}).get("name")
        if found != data["embedding_function"]:
            report.problem("embedding-function", name, f"{found} is not {data['embedding_function']}")


def filters_for(model):
    """(where, where_document, predicate) triples whose answers brute force knows."""
    values = [r["metadata"] for r in model.records.values()]
    def pick(kind):
        return next(((k, v) for m in values for k, v in sorted(m.items()) if type(v) is kind and v != ""), None)
    text, number, real, flag = pick(str), pick(int), pick(float), pick(bool)
    tests = []
    if text:
        tests.append(({text[0]: text[1]}, None, lambda r: truth.same_value(r["metadata"].get(text[0]), text[1])))
    if number:
        tests.append(({number[0]: {"$gte": number[1]}}, None, lambda r: type(r["metadata"].get(number[0])) is int and r["metadata"][number[0]] >= number[1]))
    if real:
        tests.append(({real[0]: {"$gt": real[1]}}, None, lambda r: type(r["metadata"].get(real[0])) is float and r["metadata"][real[0]] > real[1]))
    if flag:
        tests.append(({flag[0]: flag[1]}, None, lambda r: r["metadata"].get(flag[0]) is flag[1]))
    if text and number:
        tests.append(({"$and": [{text[0]: text[1]}, {number[0]: number[1]}]}, None,
                      lambda r: truth.same_value(r["metadata"].get(text[0]), text[1]) and truth.same_value(r["metadata"].get(number[0]), number[1])))
    for word in ("lantern", "rewritten", "引き出し", "nowhere-to-be-found"):
        tests.append((None, {"$contains": word}, lambda r, word=word: r["document"] is not None and word in r["document"]))
    return tests


def compare_filters(collection, model, forgiven, report, name):
    """Metadata and document filters return exactly the ids brute force selects."""
    from real_chroma import get_all
    doubtful = forgiven.metadata | forgiven.documents | forgiven.extra | forgiven.records
    for where, where_document, predicate in filters_for(model):
        if (where is None and name in OLD_FULL_TEXT):
            continue
        report.entering(name, f"get {where or where_document}")
        try:
            got = set(get_all(collection, [], where=where, where_document=where_document)["ids"])
        except Exception as problem:
            report.problem("filter-error", name, f"{where or where_document}: {type(problem).__name__}: {problem}")
            continue
        wrong = (got ^ {id for id, record in model.records.items() if predicate(record)}) - doubtful
        if wrong:
            report.problem("filter", name, f"{where or where_document}: {len(wrong)} ids differ", wrong)


OLD_FULL_TEXT = set()      # collections whose document filter cannot be judged (before 0.4.6 another tokenizer was used)


def distances_to(matrix, query, space):
    """Brute-force distances in the meaning of Chroma's space names."""
    import numpy
    if space == "l2":
        return ((matrix - query) ** 2).sum(axis=1)
    if space == "ip":
        return 1.0 - matrix @ query
    norms = numpy.linalg.norm(matrix, axis=1) * (numpy.linalg.norm(query) or 1.0)
    return 1.0 - (matrix @ query) / numpy.where(norms == 0, 1.0, norms)


def compare_queries(collection, model, forgiven, report, name, stats, min_recall, queries=50, top=10):
    """Top-10 of 50 queries: known ids, true distances, enough recall."""
    import numpy
    ids = sorted(set(model.records) - forgiven.vectors)
    if not ids:
        return
    matrix = numpy.array([truth.decode_vector(model.records[id]["vector"]) for id in ids], dtype="f8")
    place, random = {id: i for i, id in enumerate(ids)}, numpy.random.RandomState(5)
    picks = [matrix[random.randint(len(ids))] * random.uniform(0.9, 1.1) + 0.05 * random.normal(size=matrix.shape[1]) * numpy.abs(matrix).mean()
             for _ in range(queries)]
    top = min(top, len(ids))
    report.entering(name, "query")
    more = len(forgiven.vectors & set(model.records))          # what is forgiven may be found, too, and must not crowd out the rest
    wanted = max(top, min(top + more, collection.count())) if more else top
    answer = collection.query(query_embeddings=[[float(x) for x in pick] for pick in picks], n_results=wanted, include=["distances"])
    hits, strangers, worst = 0, set(), 0.0
    for pick, found, distances in zip(picks, answer["ids"], answer["distances"]):
        exact = distances_to(matrix, pick.astype("f4").astype("f8"), model.data["space"])
        scale = max(1.0, float(numpy.abs(exact).max()))
        limit = numpy.sort(exact)[top - 1] + DISTANCE_TOLERANCE * scale
        kept = [(id, distance) for id, distance in zip(found, distances) if id not in forgiven.vectors]
        for id, distance in kept[:top]:
            if id in place:
                worst = max(worst, abs(exact[place[id]] - distance) / scale)
                hits += exact[place[id]] <= limit
            elif id not in forgiven.extra:
                strangers.add(id)
    recall = hits / (queries * top)
    stats.update(recall=round(recall, 4), distance_error=float(f"{worst:.2e}"))
    if strangers:
        report.problem("ghosts", name, "query() returns ids that were never written or were deleted", strangers)
    if not worst <= DISTANCE_TOLERANCE:
        report.problem("distances", name, f"relative error {worst:.3g}: another space, or another vector")
    if recall < min_recall:
        report.problem("recall", name, f"{recall:.3f} < {min_recall}")


def step(name, work):
    """One open of the palace in this process."""
    report = Report(work / f"{name}.json")
    case = json.loads((work / "case.json").read_text())
    models, plans = models_after(case, {"read": 0, "write": 1, "reread": 1, "bulk": 2, "final": 2}[name])
    report.entering(None, "open")
    import real_chroma
    report.data["stats"]["chroma"] = real_chroma.chromadb.__version__
    source = tuple(int(part) for part in case["expected"]["chroma"].split("."))
    if real_chroma.VERSION < (0, 4, 6):
        OLD_FULL_TEXT.update(models)
    for place, content in truth.databases(case["expected"]):
        label, prefix = "/".join(place or ()) or None, "".join(f"{part}/" for part in place or ())
        try:
            client = real_chroma.open_database(work / "palace", *place) if place else real_chroma.open_client(work / "palace")
            names = {prefix + found for found in real_chroma.collection_names(client)}
        except BaseException as problem:       # a Rust panic is not an Exception
            report.problem("missing-database" if place else "cannot-open", label, f"{type(problem).__name__}: {problem}")
            if place is None:
                break
            continue
        optional = set(case["damage"].get("may_appear", []))
        if set(content) - names:
            report.problem("missing-collections", label, "collections absent", set(content) - names)
        if names - set(content) - optional:
            report.problem("extra-collections", label, "unexpected collections", names - set(content) - optional)
        judge_collections(client, prefix, sorted(set(content) & names), name, case, models, plans, source, report)
    report.save()


def judge_collections(client, prefix, labels, name, case, models, plans, source, report):
    """Step `name` for the collections of one database."""
    for collection_name in labels:
        model, forgiven, stats = models[collection_name], Forgiven(case, collection_name), {}
        report.data["stats"][collection_name] = stats
        try:
            collection = client.get_collection(collection_name[len(prefix):])
            if name in ("write", "bulk"):
                perform(collection, plans[collection_name], report, collection_name)
            if name == "read":
                compare_metadata(collection, model.data, source, report, collection_name)
            compare_records(collection, model, forgiven, report, collection_name, stats)
            if name not in ("write", "bulk"):
                compare_filters(collection, model, forgiven, report, collection_name)
            compare_queries(collection, model, forgiven, report, collection_name, stats, case["min_recall"])
        except BaseException as problem:
            report.problem("error", collection_name, f"{report.data['call']}: {type(problem).__name__}: {problem}")
            if os.environ.get("JUDGE_TRACE"):
                traceback.print_exc()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("palace", type=Path)
    parser.add_argument("--expected", type=Path, help="default: PALACE.expected.json.gz")
    parser.add_argument("--partial", type=Path, help="the tool's report with its declared losses")
    parser.add_argument("--damage", type=Path, help="break_palace.py's record of the damage")
    parser.add_argument("--read-only", action="store_true", help="skip the write probes")
    parser.add_argument("--json", type=Path, help="also write the verdict here")
    parser.add_argument("--min-recall", type=float, default=0.85)
    parser.add_argument("--bulk", type=int, default=1100, help="largest number of records added to force a persist")
    parser.add_argument("--timeout", type=int, default=300, help="seconds per open")
    parser.add_argument("--tmp", default=None, help="where copies are made")
    parser.add_argument("--keep", action="store_true", help="keep the judged copy")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step(options.step, options.work)
        sys.stdout.flush()
        os._exit(0)
    try:
        verdict = judge(options)
    except (OSError, ValueError) as problem:
        print(json.dumps({"verdict": "error", "detail": str(problem)}))
        return 2
    text = json.dumps(verdict, ensure_ascii=False)
    if options.json:
        options.json.write_text(text)
    print(text)
    print(human_line(verdict))
    return 0 if verdict["verdict"] == "pass" else 1


if __name__ == "__main__":
    sys.exit(main())
