"""How big an installation is and how long it takes, in a fresh environment each, without pip's cache.

    python benchmarks/installing.py dist/01-convolution.zip dist/04-im2col.zip ".[instructor]"

What is installed is what a bundle's requirements.txt says, or what pip is told of a clone. Downloading
and installing are timed apart, since a network is everybody's own. Of installing, processor time is told
too, which a busy machine changes less.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def megabytes(folder: Path) -> float:
    """Return what a folder's files take."""
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 1e6


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command; return the seconds that it took, and those that it computed."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    computed = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, computed


def install(what: str, scratch: Path) -> str:
    """Install it, and return a line that says what that took."""
    folder, wanted = ROOT, ["-c", "requirements.lock", what, "setuptools>=77"]  # which builds it
    if what.endswith(".zip"):
        with zipfile.ZipFile(what) as bundle:
            bundle.extractall(scratch)
        folder, wanted = scratch / Path(what).stem, ["-r", "requirements.txt"]
    made, wheels = scratch / "venv", scratch / "wheels"
    venv.create(made, with_pip=True)
    empty = megabytes(made)
    pip = [str(made / "bin" / "python"), "-m", "pip", "-qqq", "--no-cache-dir"]
    fetched = timed([*pip, "download", "-d", str(wheels), *wanted], folder)
    from_there = ["install", "--no-index", "--find-links", str(wheels)]
    installed = timed([*pip, *from_there, *wanted], folder)
    return (
        f"{what:28} {megabytes(wheels):8.0f} {fetched[0]:8.0f} {installed[0]:9.0f} {installed[1]:9.0f}"
        f" {megabytes(made) - empty:8.0f}"
    )


def main() -> None:
    """Install each of what the command line names, and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", help="a bundle, or what pip is told of a clone")
    print(
        f"Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print(f"{'':28} {'MB down':>8} {'fetch s':>8} {'install s':>9} {'of CPU':>9} {'MB disk':>8}")
    for what in parser.parse_args().what:
        with tempfile.TemporaryDirectory() as scratch:
            print(install(what, Path(scratch)), flush=True)


if __name__ == "__main__":
    main()
