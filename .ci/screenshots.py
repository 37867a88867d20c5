"""Take README's picture of a class's page: 120 students, made from the first lab's samples.

    python .ci/screenshots.py

It needs Chromium, and a few minutes to grade them.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from nbgrader.api import Gradebook

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from throughput import make_course  # noqa: E402 - found through the line above

LAB = "01-convolution"
SIZE = 120
FIRST = ("Ana", "Beto", "Carla", "Diego", "Elena", "Fabio", "Inés", "José", "Olga", "Pablo")
LAST = ("Avila", "Castro", "Fuentes", "García", "Ibarra", "López", "Mora", "Núñez", "Paz", "Ríos")
LAST += ("Vega", "Zamora")
CONFIG = "\nc.LatePolicy.share_a_day = 0.1\n"


def main() -> None:
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
        subprocess.run(
            [
                *("chromium", "--headless=new", "--no-sandbox", "--hide-scrollbars"),
                *("--window-size=1180,1240", f"--screenshot={ROOT}/docs/images/instructor.png"),
                page.as_uri(),
            ],
            check=True,
        )


if __name__ == "__main__":
    main()
