"""The frozen palaces: where they lie, what they are called, how they are packed and unpacked.

`NAME.zip` in src/test/resources/palaces holds `palace/` and `palace.expected.json.gz` (see truth.py), so that an unpacked archive
is a case directory as run_cases.py wants it.  NAME is the Chroma release that wrote the palace, or RELEASE-scalar for a palace
whose metadata holds no lists, which releases before 1.5 can hold too.
"""
import os
import zipfile
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent.parent / "src" / "test" / "resources" / "palaces"
RELEASES = ["0.4.0", "0.4.3", "0.4.14", "0.4.24", "0.5.0", "0.5.5", "0.5.23", "0.6.3",
            "1.0.15", "1.2.2", "1.3.7", "1.4.1", "1.5.0", "1.5.9"]
NAMES = RELEASES + ["1.5.0-scalar", "1.5.9-scalar"]
LIMIT = 12_000_000            # bytes of all archives together
SCALAR = "-scalar"


def release_of(name):
    """'1.5.9-scalar' -> '1.5.9'."""
    return name.removesuffix(SCALAR)


def version_key(version):
    """'0.5.23' -> (0, 5, 23)."""
    return tuple(int(part) for part in version.split("."))


def has_lists(name):
    """True when the metadata of this palace holds lists."""
    return not name.endswith(SCALAR) and version_key(name) >= (1, 5)


def archive(name):
    """The file of a frozen palace."""
    return DIRECTORY / f"{name}.zip"


def cache():
    """Where the environments live."""
    return Path(os.environ.get("PALACE_CHROMA_CACHE") or Path.home() / ".cache" / "palace-chroma")


def python_of(version):
    """The interpreter that runs one Chroma release."""
    return cache() / version / "bin" / "python"


def pack(case, file):
    """Zip a case directory: sorted, without times, so that equal cases give equal archives."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path in sorted(case.rglob("*")):
            name = path.relative_to(case).as_posix() + ("/" if path.is_dir() else "")
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o40755 << 16 | 0x10) if path.is_dir() else 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, b"" if path.is_dir() else path.read_bytes())


def unpack(name, case):
    """Unzip a frozen palace into a new case directory and return the palace in it."""
    case = Path(case)
    case.mkdir(parents=True)
    with zipfile.ZipFile(archive(name)) as source:
        source.extractall(case)
    return case / "palace"
