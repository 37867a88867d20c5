"""The bundle: a zip with all that a student needs to do a lab, the same bytes each time it is made.

It holds what was released of the lab, the kit as a wheel, what to install, how to start, and a
manifest. Dates, owners and order in the archives are fixed, and nothing is compressed: another zlib
would give other bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive: the first that a zip can hold."""

NEEDS = ("ipython", "jupyterlab", "matplotlib", "numpy", "pillow")
"""What a student's machine needs besides the kit, each pinned as the course's own lock has it."""


ABOUT = ("pyproject.toml", "README.md", "LICENSE")
"""What of a clone is in its wheel besides the package."""


class BundleError(Exception):
    """A bundle can't be made. The message says what is missing, or what a tool said."""


@dataclass(frozen=True)
class Marks:
    """What a lab is worth: by itself, by hand, and exercise by exercise."""

    automatic: float
    manual: float
    exercises: Mapping[str, float]


@dataclass(frozen=True)
class Wheel:
    """The kit as a wheel: its file name and its bytes."""

    name: str
    data: bytes


def make_zip(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of `files`, by name; the same files give the same bytes.

    >>> make_zip({"b": b"2", "a": b"1"}) == make_zip({"a": b"1", "b": b"2"})
    True
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, also where it is made on Windows
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def build_wheel(root: Path) -> Wheel:
    """Build the kit's wheel from the sources at `root`, offline; raise `BundleError` if it can't be.

    Only what belongs to the package takes part: what else lies in the folder changes no byte.
    """
    with tempfile.TemporaryDirectory(prefix="labkit-wheel-") as scratch:
        sources, built = Path(scratch, "sources"), Path(scratch, "built")
        built.mkdir()
        _copy_sources(root, sources)
        script = (
            "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(built)],
            cwd=sources,
            env={**os.environ, "SOURCE_DATE_EPOCH": "315532800"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BundleError(f"the wheel can't be built: {done.stderr.strip()[-2000:]}")
        (path,) = built.glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            return _stamped({name: archive.read(name) for name in archive.namelist()})


def installed_wheel() -> Wheel:
    """Make a wheel of the kit as it is installed, where there is no clone of it."""
    kit = distribution(NAME)
    files = {
        path.as_posix(): Path(str(kit.locate_file(path))).read_bytes()
        for path in kit.files or ()
        if path.parts[0] == "grader" or ".dist-info" in path.parts[0]
        if "__pycache__" not in path.parts and path.name not in _OF_AN_INSTALLATION
    }
    if not any(name.startswith("grader/") for name in files):
        raise BundleError(
            f"{NAME} is installed in a way that holds no files to bundle: install its wheel, or "
            "`pip install -e` a clone of the kit"
        )
    return _stamped(files)


NAME = "cnn-labkit"
_OF_AN_INSTALLATION = ("INSTALLER", "REQUESTED", "direct_url.json")


def _stamped(files: Mapping[str, bytes]) -> Wheel:
    """Make a wheel of these files, whose version tells its content.

    Or a student who has the kit would keep the old one: pip installs no version twice.
    """
    info = next(name.partition("/")[0] for name in files if ".dist-info/" in name)
    version = info.removesuffix(".dist-info").partition("-")[2].partition("+")[0]
    package = {name: data for name, data in files.items() if not name.startswith(f"{info}/")}
    whole = hashlib.sha256()
    for name in sorted(package):
        whole.update(f"{name} {hashlib.sha256(package[name]).hexdigest()}\n".encode())
    new = f"{version}+{whole.hexdigest()[:8]}"
    renamed = dict(package)
    for name, data in files.items():
        if name.startswith(f"{info}/") and not name.endswith("/RECORD"):
            renamed[name.replace(info, f"cnn_labkit-{new}.dist-info", 1)] = data
    about = f"cnn_labkit-{new}.dist-info/METADATA"
    renamed[about] = re.sub(
        rb"(?m)^Version: .*$", f"Version: {new}".encode(), renamed[about], count=1
    )
    record = f"cnn_labkit-{new}.dist-info/RECORD"
    renamed[record] = _record(renamed, record)
    return Wheel(f"cnn_labkit-{new}-py3-none-any.whl", make_zip(renamed))


def _record(files: Mapping[str, bytes], record: str) -> bytes:
    """List a wheel's files as pip wants them: each with its hash and its size."""
    lines = [
        f"{name},sha256={urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},"
        f"{len(data)}"
        for name, data in sorted(files.items())
    ]
    return "\n".join([*lines, f"{record},,", ""]).encode()


def _copy_sources(root: Path, to: Path) -> None:
    if not (root / "pyproject.toml").is_file():
        raise BundleError(f"{root} isn't a clone of the kit: expected pyproject.toml and grader/")
    forget = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".DS_Store")
    shutil.copytree(root / "grader", to / "grader", ignore=forget)
    for name in ABOUT:
        if (root / name).is_file():
            shutil.copyfile(root / name, to / name)


def requirements(lock: str, wheel: str, *, torch: bool = False) -> str:
    r"""Return the bundle's requirements file: the course's own versions, and the kit beside it.

    >>> requirements("numpy==2.3.5\ntorch==2.13.0", "kit.whl").splitlines()[1:]
    ['numpy==2.3.5', './kit.whl']
    """
    needs = (*NEEDS, "torch") if torch else NEEDS
    pins = [
        line for line in lock.splitlines() if (m := re.match(r"([\w-]+)==", line)) and m[1] in needs
    ]
    if torch and not any(pin.startswith("torch==") for pin in pins):
        pins.append("torch")
    return "\n".join(["# pip install -r requirements.txt", *pins, f"./{wheel}"]) + "\n"


def bundle(
    lab: str,
    released: Mapping[str, bytes],
    marks: Marks,
    wheel: Wheel,
    lock: str,
    *,
    torch: bool = False,
) -> bytes:
    """Return dist/LAB.zip: one folder with what was `released`, the wheel, and how to start.

    `torch` says that the lab is done with torch, which is installed only then.
    """
    needs = requirements(lock, wheel.name, torch=torch)
    files = {
        **released,
        wheel.name: wheel.data,
        "requirements.txt": needs.encode(),
        "LEEME.txt": readme(lab, sorted(released), marks, wheel.name, needs).encode(),
    }
    files["MANIFEST.json"] = manifest(lab, marks, files).encode()
    return make_zip({f"{lab}/{name}": data for name, data in files.items()})


_TIME = "La segunda línea baja unos 90 MB la primera vez, y tarda un par de minutos."
_TIME_WITH_TORCH = (
    "La primera vez se bajan unos 300 MB, porque PyTorch es grande, y tarda unos minutos."
)
_TORCH_ON_LINUX = """
    .venv/bin/python -m pip install @PIN@ --index-url https://download.pytorch.org/whl/cpu"""
"""Otherwise pip brings torch's build for CUDA there, some gigabytes that no lab uses."""


def readme(lab: str, files: Sequence[str], marks: Marks, wheel: str, needs: str) -> str:
    """Return what a student reads first; `needs` are the bundle's requirements."""
    notebooks = [name for name in files if name.endswith(".ipynb")]
    others = [name for name in files if name not in notebooks]
    template = resources.files("grader.course.publishing").joinpath("templates", "LEEME.txt")
    by_hand = f" y {marks.manual:g} que pone una persona" if marks.manual else ""
    torch = re.search(r"(?m)^torch\b.*", needs)
    told = {
        "@LAB@": lab,
        "@LINE@": "=" * len(lab),
        "@NOTEBOOK@": notebooks[0],
        "@NOTEBOOKS@": ", ".join(notebooks),
        "@MARKS@": f"{marks.automatic + marks.manual:g}",
        "@PARTS@": f"{marks.automatic:g} automáticos{by_hand}",
        "@OTHERS@": ", ".join(others),
        "@WHEEL@": wheel,
        "@TIME@": _TIME_WITH_TORCH if torch else _TIME,
        "@TORCH_ON_LINUX@": _TORCH_ON_LINUX.replace("@PIN@", torch[0]) if torch else "",
    }
    text = template.read_text(encoding="utf-8")
    for name, value in told.items():
        text = text.replace(name, value)
    return text


def manifest(lab: str, marks: Marks, files: Mapping[str, bytes]) -> str:
    """Return the list of a bundle's files with their SHA-256, and what the lab is worth, as JSON."""
    about = {
        "lab": lab,
        "marks": {
            "automatic": marks.automatic,
            "manual": marks.manual,
            "exercises": dict(marks.exercises),
        },
        "sha256": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
    }
    return json.dumps(about, indent=2, ensure_ascii=False) + "\n"
