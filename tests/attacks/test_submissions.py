"""Every attack in `submissions/` gets the mark that its honest code deserves, and harms nobody."""

import arena
import pytest

from grader.course.grading import GRADED

pytestmark = pytest.mark.slow

ATTACKS = arena.attacks()


def ending(graded):
    """Return how the run of a graded submission ended, as its flags tell."""
    flags = [flag.what for flag in graded.notebooks[arena.LAB].flags]
    early = [flag for flag in flags if flag.startswith("the notebook had to go on without a cell")]
    return early[0].partition("(")[2].partition(")")[0] if early else "ok"


@pytest.mark.parametrize("attack", [pytest.param(one, id=one.name) for one in ATTACKS])
def test_an_attack_earns_what_its_honest_code_deserves(attack, ground):
    """Its mark is the one that it states, it ends as it states, and its neighbour is unharmed."""
    graded = ground.fight(attack.text)
    text = graded.notebooks[arena.LAB].text
    assert attack.reaches in text, arena.outputs(text)[:3000]
    assert (graded.status, graded.score) == (GRADED, attack.marks), arena.outputs(text)[:3000]
    assert ending(graded) == attack.ends, arena.outputs(text)[:3000]
    assert len(text) < 2_000_000


def test_there_are_attacks_of_every_kind():
    """The folder holds a good many attacks, each with a name and a sentence of its own."""
    assert len(ATTACKS) >= 60
    assert len({attack.about for attack in ATTACKS}) == len(ATTACKS)
