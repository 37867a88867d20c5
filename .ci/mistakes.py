"""Write the gallery of mistakes: what a student who makes each of them reads.

    python .ci/mistakes.py [docs/mistakes.md]

Each mistake of each exercise stands in for a student's function, and the released key judges it, as at
home, in the first of the exercise's groups that it fails. Below each exercise stand the mistakes that
a group can't tell apart: there a student reads what they have in common.
"""

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from nbgrader.coursedir import CourseDirectory  # noqa: E402 - found by the line above

from grader.course.folders import read_source  # noqa: E402
from grader.judging.answers import Answers  # noqa: E402
from grader.judging.trials import alike_in_groups, observed  # noqa: E402
from grader.key import SUFFIX, Key, read_key  # noqa: E402
from grader.session import PUBLIC_SEED, Check, Verdict  # noqa: E402
from grader.verdicts import judge  # noqa: E402

HEAD = """# The mistakes that the course knows

What a student reads who makes one of them, at home, in the first group of cases that it fails.
`.ci/mistakes.py` wrote this page from `exercises/` and the released keys: {count} mistakes of
{exercises} exercises. Where several leave the same answer, the message says what they have in
common, or names them all. The pictures that unfold below a message aren't here.
"""


def gallery() -> str:
    """Return the page."""
    pages, count, exercises = [], 0, 0
    for path in sorted(ROOT.glob("release/*")):
        lab = read_source(CourseDirectory(root=str(ROOT)), path.name)
        key = read_key((path / f"{path.name}{SUFFIX}").read_bytes())
        answers = Answers(lab.catalogue, PUBLIC_SEED)
        pages.append(f"## {path.name}\n")
        for name in key.briefs:
            exercise = lab.catalogue.find(name)
            if exercise.sealed or not lab.catalogue.has_solution(exercise):
                continue
            exercises += 1
            count += len(exercise.mistakes)
            pages.append(f"### {name}\n\n{_table(name, answers, key)}{_alike(name, answers)}")
    return HEAD.format(count=count, exercises=exercises) + "\n" + "\n".join(pages)


def _table(name: str, answers: Answers, key: Key) -> str:
    exercise = answers.catalogue.find(name)
    rows = [
        f"| `{mistake.name}` | {_cell(_first_failed(name, mistake.name, answers, key))} |"
        for mistake in exercise.mistakes
    ]
    return "\n".join(["| Mistake | What a student reads |", "| --- | --- |", *rows, ""])


def _first_failed(name: str, mistake: str, answers: Answers, key: Key) -> Verdict:
    exercise = answers.catalogue.find(name)
    function = answers.catalogue.mutant(exercise, (mistake,))
    for group in exercise.groups:
        if f"{name}/{group}" not in key.cases:
            continue
        check = Check("check_torch", {"name": name, "group": group})
        verdict = judge(check, observed(exercise, function, [group], answers), key)
        if not verdict.passed:
            return verdict
    raise LookupError(f"the lab's groups all pass {mistake} of {name}")


def _cell(verdict: Verdict) -> str:
    told = re.sub(rf"{tempfile.gettempdir()}/\w+/", "", verdict.message)  # a folder of one run
    return told.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _alike(name: str, answers: Answers) -> str:
    lines = [
        f"- `{group}`: " + ", ".join(f"`{one}` and `{other}`" for one, other in pairs)
        for group, pairs in alike_in_groups(name, answers).items()
    ]
    return "\n".join(["", "Alike there:", "", *lines, ""]) if lines else ""


if __name__ == "__main__":
    page = gallery()
    if sys.argv[1:]:
        Path(sys.argv[1]).write_text(page, encoding="utf-8")
    else:
        print(page)
