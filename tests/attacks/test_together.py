"""Attacks that take all they can get, while somebody honest is graded beside them."""

import threading

import arena
import numpy as np
import pytest
from nbformat.v4 import new_code_cell

from grader.course.grading import grade
from grader.judging import judge
from grader.key import Key
from grader.observation import Observation
from grader.session import Check

pytestmark = pytest.mark.slow

GREEDY = (
    "bombs-with-forks",
    "bombs-with-threads",
    "bombs-memory",
    "fills-the-disk",
    "prints-a-gigabyte",
    "kills-everything",
    "sends-too-many-messages",
)


@pytest.mark.parametrize("name", GREEDY)
def test_a_neighbour_in_the_same_server_is_not_hurt(name, ground):
    """An honest student who is graded while the attack runs has full marks."""
    attack = arena.read_attack(arena.HERE / "submissions" / f"{name}.py")
    text = arena.armed(attack.text, COURSE=ground.course, PORT=ground.port)
    running = threading.Thread(target=grade, args=(arena.ATTACKED, arena.handed_in(text)))
    running.start()
    scores = [grade(arena.ATTACKED, arena.honest()).score]
    while running.is_alive():
        scores.append(grade(arena.ATTACKED, arena.honest()).score)
    assert set(scores) == {arena.FULL}
    ground.unharmed()


def test_twenty_busy_children_cost_no_neighbour_a_mark():
    """An honest solution that takes its time keeps its marks beside processes without end."""
    hogs = (
        "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        os.setsid()\n"
        "        while True: pass\ntime.sleep(1.9)"
    )
    slow = arena.SOURCE.cells[2].source.replace(
        "    return",
        "    import time\n    end = time.process_time() + 0.04\n"
        "    while time.process_time() < end: pass\n    return",
    )

    def add_hogs(notebook):
        notebook.cells.insert(2, new_code_cell(hogs, id="hogs"))

    greedy = arena.handed_in(arena.notebook(change=add_hogs))
    running = threading.Thread(target=grade, args=(arena.ATTACKED, greedy))
    running.start()
    scores = [grade(arena.ATTACKED, arena.handed_in(arena.notebook(slow))).score]
    while running.is_alive():
        scores.append(grade(arena.ATTACKED, arena.handed_in(arena.notebook(slow))).score)
    assert set(scores) == {arena.FULL}


@pytest.mark.parametrize("kind", [np.float64, np.longdouble])
def test_numbers_that_overflow_have_no_hash(kind):
    """An array of the right shape whose hash isn't a number fails its check."""
    value = np.zeros(100, dtype=kind)
    value[:2], value[99] = 1.7e308, -1e308
    check = Check("check_hash", {"expected": ((100,), 5.0)})
    observed = Observation("", 0, "check_hash", values=(value,))
    assert not judge(check, observed, Key()).passed
