"""A name, a number or an email says who of the course is meant, or that nobody can tell."""

import pytest

from grader.course.submissions.whose import Clue, People, Person

PEOPLE = People(
    [
        Person("2024-1", "Ana María", "Pérez Ñandú", "ana@uni.edu", "71"),
        Person("2024-2", "Sean", "O’Brien", "sean@uni.edu", "2024"),
        Person("71", "Beto", "Paz", "beto@gmail.com"),
        Person("小龙", "小龙", "李"),
        Person("jc", "Juan Carla", "Soto"),
        Person("cj", "Carla Juan", "Soto"),
    ]
)


@pytest.mark.parametrize(
    ("clue", "ids"),
    [
        (Clue("ana maria perez nandu"), {"2024-1"}),
        (Clue("Pérez Ñandú, Ana María"), {"2024-1"}),
        (Clue("pérezñandúanamaría"), {"2024-1"}),
        (Clue("Pérez María Ñandú Ana"), {"2024-1"}),
        (Clue("Sean OBrien"), {"2024-2"}),
        (Clue("李 小龙"), {"小龙"}),
        (Clue("Pérez (2024-1)"), {"2024-1"}),
        (Clue("2024-1 Pérez"), {"2024-1"}),
        (Clue("Mallory 2024-1"), set()),
        (Clue(keys=("BETO@gmail.com",)), {"71"}),
        (Clue("beto"), {"71"}),
        (Clue(lms="71"), {"2024-1"}),
        (Clue("71"), {"71"}),
        (Clue("Beto Paz", lms="71"), {"71", "2024-1"}),
        (Clue("Beto Paz", keys=("nobody",)), {"71"}),
        (Clue("Ana Pérez"), set()),
        (Clue("Juan Carla Soto"), {"jc"}),
        (Clue("soto, CARLA JUAN"), {"cj"}),
        (Clue("Juan Soto Carla"), {"jc", "cj"}),
        (Clue(), set()),
    ],
)
def test_who_is_meant(clue, ids):
    """Accents, case and the order of a name don't count; a part of a name is nobody's."""
    assert PEOPLE.find(clue) == ids
