"""Pairs: whoever a submission names beside its student has its marks, comments and feedback, too.

The labs' identification cell asks for one or two people, by number and name. Whom it names is looked
up in the roster, and a partner who handed in nothing has a record of the same: the rows in the
gradebook and the folder in `autograded/` are copies, and each run brings them up to date. What a person
gave to one of the two, and not to the other, is both's; where they differ, the submitter's counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.course.folders import submitted_folders
from grader.course.plain import line
from grader.course.submissions.whose import Clue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbgrader.coursedir import CourseDirectory

    from grader.course.gradebook import Recorder
    from grader.course.submissions.whose import People

Record = dict[str, Any]


@dataclass
class Pairs:
    """Whose record each partner has, and what a person should know, by the submission's student."""

    partners: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def pairs_of(records: Mapping[str, Record], people: People) -> Pairs:
    """Decide who is whose partner, by the records of all who handed in.

    >>> from grader.course.submissions.whose import People, Person
    >>> people = People([Person("a1", "Ana"), Person("b1", "Beto")])
    >>> pairs_of({"a1": {"people": [["a1", "Ana"], ["", "beto"]]}}, people).partners
    {'b1': 'a1'}
    """
    pairs = Pairs()
    notes: dict[str, list[str]] = {}
    named_by: dict[str, list[str]] = {}
    for student, record in records.items():
        said = notes.setdefault(student, [])
        partners = _partners(student, record, people, said)
        for one in partners:
            if one in records and records[one].get("digest") != record.get("digest"):
                said.append(f"nombra a {one}, que entregó aparte: cada quien tiene su nota")
            elif one not in records:
                named_by.setdefault(one, []).append(student)
    for one, claimed in named_by.items():
        if len(claimed) == 1:
            pairs.partners[one] = claimed[0]
            continue
        for student in claimed:
            notes[student].append(
                f"{one} está en más de una entrega ({', '.join(claimed)}): no recibe la nota de ninguna"
            )
    pairs.notes = {student: "; ".join(said) for student, said in notes.items() if said}
    return pairs


def _partners(student: str, record: Record, people: People, said: list[str]) -> list[str]:
    """Return whom else a submission names; what is wrong with that goes to `said`."""
    named = [(str(number), str(name)) for number, name in record.get("people", [])]
    if not people:
        if len(named) > 1:
            said.append(
                "nombra a otra persona: con la lista del curso (labkit roster) tendría la nota"
            )
        return []
    found: list[str] = []
    for number, name in named:
        may_be = people.find(Clue(name, keys=(number,) if number else ()))
        shown = line(" ".join(filter(None, (name, number))), 80)
        if not may_be:
            said.append(f"nombra a «{shown}», que no está en la lista del curso")
        elif len(may_be) > 1:
            said.append(f"nombra a «{shown}», que puede ser {' o '.join(sorted(may_be))}")
        else:
            found += may_be
    if found and student not in found:
        said.append(f"dice que es de {' y '.join(found)}, y la entregó {student}")
        return []
    return [one for one in dict.fromkeys(found) if one != student]


def pair_up(coursedir: CourseDirectory, lab: str, recorder: Recorder, people: People) -> Pairs:
    """Give each partner of a lab the record of the submission that names them."""
    students = [student for student, _ in submitted_folders(coursedir, lab)]
    records = {one: record for one in students if (record := recorder.recorded(one))}
    pairs = pairs_of(records, people)
    handed_in = {*students}
    for partner, student in list(pairs.partners.items()):
        if partner in handed_in or (why := recorder.share(student, partner)):
            del pairs.partners[partner]
            if partner not in handed_in:
                _add(pairs.notes, student, f"{partner} no tiene su nota: {why}")
    for partner, student in recorder.shared().items():
        if partner not in handed_in and partner not in pairs.partners:
            _add(
                pairs.notes, partner, f"tiene todavía la nota de {student}, que ya no es su pareja"
            )
    return pairs


def _add(notes: dict[str, str], student: str, what: str) -> None:
    notes[student] = "; ".join(filter(None, (notes.get(student), what)))
