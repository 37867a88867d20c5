"""What a student's machine has for the labs of a folder, and what mends what it lacks.

    python -m grader [FOLDER, or a notebook in it]

It says so of any installation, also of one that lacks NumPy: nothing is imported here but to be tried.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.consoles import HOSTED
from grader.words import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

KIT = "cnn-labkit"
MODULES = {"ipython": "IPython", "pillow": "PIL"}
"""How packages are imported whose modules have other names."""

USES_KEY = re.compile(
    r"""use_key\(\s*["']([\w.-]{1,100})["'](?:\s*,\s*edition\s*=\s*["'](\w*)["'])?"""
)
_NAME = re.compile(r"[\w.-]{1,100}")

LARGEST = 64 * 2**20  # bytes
"""Of a notebook that is read: pictures among the outputs weigh a lot, and not that much."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what is so, and what to do if it isn't as it should be."""

    said: str
    mend: str = ""

    @property
    def good(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.mend

    def __str__(self) -> str:
        """Write it as a line, and what to do below it; a terminal obeys no file's name."""
        said, mend = (
            "".join(c if c.isprintable() else "�" for c in t) for t in vars(self).values()
        )
        return f"✓ {said}" if self.good else f"✗ {said}\n    {mend}"


@dataclass(frozen=True)
class Notebook:
    """A lab's notebook: its key's name and edition, its kernel, and whether it needs torch."""

    path: Path
    lab: str
    edition: str
    kernel: str
    torch: bool


def look_over(folder: Path) -> Iterator[Finding]:
    """Look at this Python, at its packages, and at the labs that lie in `folder`."""
    labs = sorted(notebooks_in(folder), key=lambda one: one.path)
    yield Finding(f"Python {platform.python_version()} ({sys.executable})")
    yield _kit()
    needs = [one for one in _needs("") if one[0] != "jupyterlab" or not os.environ.keys() & HOSTED]
    if any(lab.torch for lab in labs):
        needs += _needs("torch")
    for name, least in needs:
        yield _package(name, least)
    for kernel in sorted({lab.kernel for lab in labs}):
        yield _kernel(kernel)
    if not labs:
        said = _("En {folder} no hay ningún laboratorio.").format(folder=folder)
        mend = _("Corre esto en la carpeta del laboratorio, o agrega la carpeta: {command}")
        yield Finding(said, mend.format(command=f"{_python()} -m grader CARPETA"))
    for lab in labs:
        yield _key(lab)


def notebooks_in(folder: Path) -> Iterator[Notebook]:
    """Yield the labs' notebooks of a folder, and of the folders in it."""
    for path in (*folder.glob("*.ipynb"), *folder.glob("*/*.ipynb")):
        try:
            if not path.is_file() or path.stat().st_size > LARGEST:
                continue
            notebook = json.loads(path.read_text(encoding="utf-8"))
            text = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
            about = notebook["metadata"]
            kernel = str(about.get("kernelspec", {}).get("name", "python3"))
            torch = bool(about.get("labkit", {}).get("torch"))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            continue  # another's file, or one that no Jupyter opens either
        found = USES_KEY.search(text)
        if found and _NAME.fullmatch(kernel):
            yield Notebook(path, found[1], found[2] or "", kernel, torch)


def _kit() -> Finding:
    try:
        return Finding(f"{KIT} {metadata.version(KIT)}")
    except metadata.PackageNotFoundError:
        said = _("{kit} no está instalado: se usa el de {folder}.")
        here = Path(__file__).parent
        mend = _("Instálalo: {command}").format(command=_pip("-r requirements.txt"))
        return Finding(said.format(kit=KIT, folder=here), mend)


def _needs(extra: str) -> list[tuple[str, str]]:
    """Return what the kit says that it needs, each with its least version."""
    try:
        said = metadata.requires(KIT) or []
    except metadata.PackageNotFoundError:
        said = []
    of = [one for one in said if (f"extra == '{extra}'" in one.replace('"', "'")) == bool(extra)]
    plain = of if extra else [one for one in said if "extra ==" not in one]
    found = (re.match(r"([\w.-]+)>=([\d.]+)", one) for one in plain)
    return [(one[1], one[2]) for one in found if one]


def _package(name: str, least: str) -> Finding:
    mend = _("Instálalo: {command}").format(command=_pip(f'"{name}>={least}"'))
    if name == "torch" and sys.platform == "linux":
        cpu = "--index-url https://download.pytorch.org/whl/cpu"
        mend = _("Instálalo, sin los varios GB de CUDA: {command}").format(
            command=_pip(f'"{name}>={least}" {cpu}')
        )
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(_("Falta {package}.").format(package=name), mend)
    if _numbers(version) < _numbers(least):
        said = _("{package} es {version}, y hace falta {least} o más nuevo.")
        return Finding(said.format(package=name, version=version, least=least), mend)
    try:
        importlib.import_module(MODULES.get(name, name))
    except Exception as error:  # noqa: BLE001 - a broken build fails in ways of its own
        said = _("{package} {version} está instalado y no se puede importar ({error}).")
        again = _("Instálalo de nuevo: {command}")
        told = said.format(package=name, version=version, error=str(error).partition("\n")[0])
        return Finding(told, again.format(command=_pip(f'--force-reinstall "{name}>={least}"')))
    return Finding(f"{name} {version}")


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version's numbers, in order.

    >>> _numbers("2.13.0+cpu") > _numbers("2.4")
    True
    """
    return tuple(map(int, re.findall(r"\d+", version.partition("+")[0])))


def _kernel(name: str) -> Finding:
    """Find out which Python Jupyter would start for a notebook's kernel."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        said = _("Falta Jupyter, que abre los notebooks.")
        return Finding(said, _("Instálalo: {command}").format(command=_pip("jupyterlab")))
    here = _("{command}; después, elige en el notebook ese kernel.").format(
        command=f"{_python()} -m ipykernel install --sys-prefix --name {name}"
    )
    try:
        command: list[Any] = KernelSpecManager().get_kernel_spec(name).argv
    except NoSuchKernel:
        said = _("El kernel {name} del notebook no está instalado.")
        return Finding(said.format(name=name), here)
    # `python` is Jupyter's own Python: this one.
    started = command[0] if command else ""
    if re.fullmatch(r"python(\d(\.\d+)?)?(\.exe)?", started) or _same(started, sys.executable):
        return Finding(_("El kernel {name} usa este Python.").format(name=name))
    said = _(
        "El kernel {name} usa otro Python, donde puede faltar lo que está instalado aquí: {other}"
    )
    return Finding(said.format(name=name, other=started), here)


def _same(one: str, other: str) -> bool:
    """Tell whether two commands are one Python; a link from an environment is that environment's."""
    places = [
        os.path.normcase(Path(shutil.which(path) or path).absolute()) for path in (one, other)
    ]
    return places[0] == places[1]


def _key(lab: Notebook) -> Finding:
    try:
        from grader.key import KeyFileError, find_key
    except ImportError:
        said = _("{notebook}: su clave se puede mirar cuando esté lo que falta.")
        mend = _("Instala primero lo de arriba, y corre esto de nuevo.")
        return Finding(said.format(notebook=lab.path), mend)
    try:
        find_key(lab.lab, lab.edition, lab.path.parent)
    except KeyFileError as error:
        return Finding(
            _("{notebook}: no se puede comprobar.").format(notebook=lab.path), str(error)
        )
    said = _("{notebook}, con su clave.")
    return Finding(said.format(notebook=lab.path))


def _pip(what: str) -> str:
    return f"{_python()} -m pip install {what}"


def _python() -> str:
    """Return this Python as it is typed in the folder where this runs."""
    python = sys.executable
    with contextlib.suppress(ValueError):
        python = str(Path(python).relative_to(Path.cwd()))
    if " " not in python:
        return python
    return f'& "{python}"' if sys.platform == "win32" else f'"{python}"'  # PowerShell's


def main(arguments: list[str]) -> int:
    """Print what there is and what is missing; return 0 if nothing is, and 1 otherwise."""
    folder = Path(arguments[0] if arguments else ".").absolute()
    if folder.is_file():  # a notebook
        folder = folder.parent
    missing = 0
    for finding in look_over(folder):
        print(finding, flush=True)  # noqa: T201 - what it is for
        missing += not finding.good
    if missing:
        told = ngettext("Hay {n} cosa que remediar.", "Hay {n} cosas que remediar.", missing)
        print(told.format(n=missing))  # noqa: T201 - the same
    else:
        print(_("Todo está listo."))  # noqa: T201 - the same
    return min(missing, 1)
