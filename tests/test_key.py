"""A key holds a lab's cases as data: the same bytes each time, and whole, or refused."""

import ast
from dataclasses import replace

import numpy as np
import pytest
from course import answers_on, find

from grader.fingerprints import matches
from grader.key import (
    KeyFileError,
    edition_of,
    find_key,
    read_key,
    same_key,
    write_key,
)

LAB = "01-convolution"
WANTED = [("zero_pad", "basic"), ("zero_pad", "memory"), ("conv_forward", "stride")]


@pytest.fixture(scope="module")
def data():
    """The bytes of a small key."""
    return write_key(answers_on("zero_pad").for_students(WANTED))


def test_a_key_comes_back(data):
    """Cases, answers, fingerprints and hints are after reading what they were before writing."""
    key, made = read_key(data), answers_on("zero_pad")
    for name, group in WANTED:
        for read, asked in zip(key.asked(name, group), made.asked(name, group), strict=True):
            assert read.note == asked.note
            np.testing.assert_equal(read.expected, asked.expected)
            np.testing.assert_equal(read.args, asked.args)
    assert key.mistakes("zero_pad", "basic") == made.mistakes("zero_pad", "basic")
    for name in made.mistakes("zero_pad", "basic"):
        ours, theirs = (one.left("zero_pad", "basic", 1, (name,)) for one in (key, made))
        assert matches(theirs, ours)
        assert key.hint("zero_pad", name) == made.hint("zero_pad", name)
        assert key.kin("zero_pad", name) == made.kin("zero_pad", name)
    assert key.find("zero_pad") == find("zero_pad")


def test_an_array_lies_in_memory_as_it_did(data):
    """What isn't contiguous when the case is made isn't contiguous at home."""
    first = read_key(data).asked("zero_pad", "memory")[0].args[0]
    assert not first.flags.c_contiguous


def test_a_key_has_the_same_bytes_each_time(data):
    """Made again, it is the same file, and so of the same edition."""
    again = write_key(answers_on("zero_pad").for_students(WANTED))
    assert again == data
    assert edition_of(again) == edition_of(data)


def test_a_key_of_another_machine_is_the_same(data):
    """A last bit, or another way to pack, is no other key; a value, a hint or a case more is one."""
    key = read_key(data)

    def with_answer(change):
        cases = {path: list(asked) for path, asked in key.cases.items()}
        first = cases["conv_forward/stride"][0]
        expected = (change(first.expected[0]), *first.expected[1:])
        cases["conv_forward/stride"][0] = replace(first, expected=expected)
        return write_key(replace(key, cases=cases))

    rounded = with_answer(lambda Z: Z * (1 + 2e-16))
    assert rounded != data
    assert same_key(rounded, data)
    assert same_key(write_key(key, small=False), data)
    assert not same_key(with_answer(lambda Z: Z * 1.01), data)
    assert not same_key(with_answer(lambda Z: Z[:1]), data)
    assert not same_key(write_key(replace(key, hints={**key.hints, "x/y": ("z", "")})), data)
    fewer = {path: asked for path, asked in key.cases.items() if path != "zero_pad/basic"}
    assert not same_key(write_key(replace(key, cases=fewer)), data)
    assert not same_key(data[:-1], data)


def test_a_key_for_the_sandbox_expects_nothing():
    """It holds inputs and notes: no answer, no fingerprint, no hint."""
    key = answers_on("zero_pad", 7).for_the_sandbox(WANTED)
    assert not key.prints
    assert not key.hints
    assert all(asked.expected is None for cases in key.cases.values() for asked in cases)
    assert {name for cases in key.cases.values() for name in vars(cases[0])} == {
        "args",
        "note",
        "expected",
    }


def test_a_students_key_is_of_the_public_seed_alone(data):
    """No case of another seed is in it, whoever else was graded in the same process."""
    ours = read_key(data).asked("zero_pad", "basic")[0].args[0]
    theirs = answers_on("zero_pad", 7).asked("zero_pad", "basic")[0].args[0]
    assert ours.shape != theirs.shape or not np.array_equal(ours, theirs)


def test_a_key_of_another_version_says_so(data, tmp_path):
    """A key that an older kit wrote isn't called damaged."""
    (tmp_path / f"{LAB}.key").write_bytes(data.replace(b"LABKEY2", b"LABKEY1", 1))
    with pytest.raises(KeyFileError, match="es de otra versión del kit"):
        find_key(LAB, "", tmp_path)


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "text"])
def test_a_damaged_key_is_refused_in_a_sentence(data, damage, tmp_path):
    """A key that is cut, changed or no key at all says so, and where to get it."""
    spoilt = {
        "cut": data[: len(data) // 2],
        "changed": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        "empty": b"",
        "text": b"hola",
    }[damage]
    (tmp_path / f"{LAB}.key").write_bytes(spoilt)
    with pytest.raises(KeyFileError, match=f"{LAB}.key está cortado .* Baja de nuevo") as caught:
        find_key(LAB, "", tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_key_that_the_system_keeps_back_is_told(data, tmp_path, monkeypatch):
    """A key that another program holds, or a cloud, is told in a sentence, with what the system says."""
    (tmp_path / f"{LAB}.key").write_bytes(data)

    def held(_):
        raise PermissionError(13, "The process cannot access the file")

    monkeypatch.setattr("pathlib.Path.read_bytes", held)
    with pytest.raises(KeyFileError, match=rf"{LAB}.key no se puede leer .*cannot access"):
        find_key(LAB, "", tmp_path)


def test_a_missing_key_is_named(tmp_path):
    """Without the file the student reads which one is missing, and where it goes."""
    with pytest.raises(KeyFileError, match=f"Falta {LAB}.key"):
        find_key(LAB, "abc", tmp_path)


def test_a_key_of_another_edition_is_refused(data, tmp_path):
    """A notebook and a key that weren't released together say so, with both editions."""
    (tmp_path / f"{LAB}.key").write_bytes(data)
    assert find_key(LAB, edition_of(data), tmp_path).find("zero_pad")
    with pytest.raises(KeyFileError, match=rf"otra edición .*{edition_of(data)}.*pide 000000"):
        find_key(LAB, "000000", tmp_path)


def test_drivers_hold_no_answer():
    """A key's drivers are NumPy or torch code without a trace of the reference or of the mistakes."""
    for source in answers_on("zero_pad").for_students(WANTED).drivers.values():
        imported = {
            alias.name
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert not {name for name in imported if name.startswith("grader.exercise")}
