"""Do labs as a student who has solved them does at home: every check and its key, on this NumPy.

    python .ci/at_home.py LAB...

Each code cell of the instructor's notebook runs in order, in plain Python, beside what was released of
the lab. It needs what a student has: NumPy, IPython and matplotlib, and torch for labs 4 and 6 alone.
Ends with 1 where a mark is lost or a cell raises.
"""

import contextlib
import io
import json
import os
import sys
import traceback
from pathlib import Path
from unittest.mock import MagicMock

ROOT = Path(__file__).parents[1]


def do(lab: str) -> tuple[int, list[str]]:
    """Run a lab; return how many blocks passed, and what went wrong."""
    text = (ROOT / "source" / lab / f"{lab}.ipynb").read_text(encoding="utf-8")
    os.chdir(ROOT / "release" / lab)
    sys.path.insert(0, str(Path.cwd()))
    space = {"__name__": "__main__"}
    said, wrong = io.StringIO(), []
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] != "code" or "show-only" in cell["metadata"].get("tags", ()):
            continue
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
                exec(compile("".join(cell["source"]), f"<{lab}:{cell['id']}>", "exec"), space)  # noqa: S102
        except Exception:  # noqa: BLE001 - whatever it is, it is told
            wrong.append(f"{cell['id']}: {traceback.format_exc(limit=-1)}")
    lines = said.getvalue().splitlines()
    wrong += [line for line in lines if line.startswith("✗")]
    return sum(line.startswith("✓") and "puntos]" in line for line in lines), wrong


def main() -> None:
    """Do the labs that the command line names."""
    import IPython.display
    import numpy as np

    from grader import reset_marks

    IPython.display.display = MagicMock()  # a notebook's hands back what can be updated
    failed = False
    for lab in sys.argv[1:]:
        reset_marks()
        passed, wrong = do(lab)
        failed |= bool(wrong) or not passed
        print(f"{lab}: {passed} passed, {len(wrong)} failed (NumPy {np.__version__})")
        for line in wrong:
            print(f"  {line}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
