#!/usr/bin/env python3
"""Make the standard corpus: one palace per Chroma release, written by that release.

    corpus.py TARGET [--cache DIR] [--seed N] [VERSION...]

Promises: TARGET/VERSION/palace and its truth for every VERSION (default: all of SIZES); an existing case is kept; the whole is
about 40 MB.  The environments must exist already (setup).  Exit 0 only when every palace was made.
"""
import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZES = {                     # release: (drawers, dimension)
    "0.4.0": (300, 32), "0.4.3": (300, 32), "0.4.14": (300, 32), "0.4.24": (300, 32), "0.5.0": (300, 32), "0.5.5": (300, 32),
    "0.5.23": (300, 32), "0.6.3": (300, 64), "1.0.15": (300, 6), "1.3.7": (300, 32), "1.4.1": (300, 32), "1.5.9": (300, 384),
}
EXTRA = {"1.0.15": ["--set", "*.M=4"]}      # this release allots 10,000 slots to every index: keep them small


def size_of(directory):
    """Bytes on disk below a directory."""
    return sum(os.lstat(os.path.join(root, name)).st_blocks * 512 for root, _, names in os.walk(directory) for name in names)


def make(target, version, cache, seed):
    """One case; True when it exists afterwards."""
    palace = target / version / "palace"
    if palace.with_name("palace.expected.json.gz").exists():
        return True
    drawers, dimension = SIZES.get(version, (300, 48))
    began = time.time()
    run = subprocess.run([str(cache / version / "bin" / "python"), str(HERE / "make_palace.py"), str(palace), "--seed", str(seed),
                          "--drawers", str(drawers), "--dimension", str(dimension), *EXTRA.get(version, [])], capture_output=True, text=True)
    lines = (run.stdout if run.returncode == 0 else run.stderr).strip().splitlines() or ["no output"]
    print(f"{version}: {lines[-1]} ({time.time() - began:.1f} s, {size_of(target / version) / 1e6:.1f} MB)", flush=True)
    return run.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("versions", nargs="*", metavar="VERSION")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("PALACE_CHROMA_CACHE", Path.home() / ".cache" / "palace-chroma")))
    parser.add_argument("--seed", type=int, default=2026)
    args = parser.parse_args()
    made = [make(args.target, version, args.cache, args.seed) for version in args.versions or SIZES]
    print(f"corpus: {sum(made)} of {len(made)} palaces, {size_of(args.target) / 1e6:.1f} MB")
    return 0 if all(made) else 1


if __name__ == "__main__":
    sys.exit(main())
