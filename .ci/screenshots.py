"""Take README's pictures: what a student sees of a lost mark, and an instructor of a class.

    python .ci/screenshots.py [student] [instructor]

It needs Chromium, and for the class, 120 students made from the first lab's samples, a few minutes
to grade them.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbgrader.api import Gradebook
from PIL import Image, ImageOps

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from throughput import make_course  # noqa: E402 - found through the line above

LAB = "01-convolution"
SIZE = 120
FIRST = ("Ana", "Beto", "Carla", "Diego", "Elena", "Fabio", "Inés", "José", "Olga", "Pablo")
LAST = ("Avila", "Castro", "Fuentes", "García", "Ibarra", "López", "Mora", "Núñez", "Paz", "Ríos")
LAST += ("Vega", "Zamora")
CONFIG = "\nc.LatePolicy.share_a_day = 0.1\n"
WRITTEN = {
    "zero_pad": "frame = (0, 0), (pad, pad), (pad, pad), (0, 0)\n"
    '    X_pad = np.pad(X, frame, mode="edge")',
    "conv_single_step": "Z = np.sum(a_slice_prev * W) + float(b.item())",
}
SHOWN = ("test_conv_single_step_sizes", "test_zero_pad_rectangular")


def student() -> None:
    """Do two exercises, one of them wrong, and take the picture of a check of each."""
    folder = ROOT / "release" / LAB
    book = nbformat.read(folder / f"{LAB}.ipynb", as_version=4)
    cells = {cell.id: cell for cell in book.cells}
    for name, written in WRITTEN.items():
        stub = "# ESCRIBE TU CÓDIGO AQUÍ\n    raise NotImplementedError()"
        cells[name].source = cells[name].source.replace(stub, written)
    book.cells = [cells[name] for name in ("imports", *WRITTEN, *SHOWN)]
    NotebookClient(book, resources={"metadata": {"path": str(folder)}}).execute()
    book.cells = book.cells[-len(SHOWN) :]
    page = HTMLExporter(template_name="lab").from_notebook_node(book)[0]
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "student.html")
        path.write_text(page.replace("<details", "<details open"), encoding="utf-8")
        picture(path, "student", (780, 1100))
    file = ROOT / "docs/images/student.png"
    whole = Image.open(file).convert("RGB")
    box = ImageOps.invert(whole).getbbox()  # what isn't white
    whole.crop((0, 0, whole.width, box[3] + 20)).quantize(64).save(file, optimize=True)


def picture(page: Path, name: str, size: tuple[int, int]) -> None:
    """Write docs/images/NAME.png: a page as Chromium shows it."""
    subprocess.run(
        [
            *("chromium", "--headless=new", "--no-sandbox", "--hide-scrollbars"),
            f"--window-size={size[0]},{size[1]}",
            f"--screenshot={ROOT}/docs/images/{name}.png",
            page.as_uri(),
        ],
        check=True,
    )


def instructor() -> None:
    """Make the class, grade it, and take the picture."""
    labkit = Path(sys.executable).with_name("labkit")
    with tempfile.TemporaryDirectory() as temporary:
        config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8") + CONFIG
        course = make_course(Path(temporary, "course"), LAB, SIZE, config)
        folders = sorted((course / "submitted").iterdir())
        with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
            book.update_or_create_assignment(LAB, duedate="2026-03-15 23:00:00 UTC")
            for number, folder in enumerate(folders):
                name = {"first_name": FIRST[number % 10], "last_name": LAST[number // 10]}
                book.update_or_create_student(folder.name, **name)
                day = 16 if number % 17 == 0 else 15
                (folder / LAB / "timestamp.txt").write_text(f"2026-03-{day} 12:00:00 UTC")
                if number % 29 == 0:
                    shutil.rmtree(folder)
        subprocess.run([labkit, "autograde", LAB], cwd=course, check=False)
        subprocess.run([labkit, "report", LAB, "--html"], cwd=course, check=True)
        page = course / "report" / f"{LAB}.html"
        # Its first example unfolded, as a click does.
        text = page.read_text(encoding="utf-8")
        folded = "<details><summary>Who, and"
        page.write_text(text.replace(folded, folded.replace(">", " open>", 1), 1), encoding="utf-8")
        picture(page, "instructor", (1180, 1240))


if __name__ == "__main__":
    for wanted in sys.argv[1:] or ("student", "instructor"):
        {"student": student, "instructor": instructor}[wanted]()
