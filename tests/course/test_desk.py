"""`labkit desk` is formgrader on the course, and what a person does there is the gradebook's."""

import contextlib
import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from browser import chromium
from nbgrader.api import Gradebook
from servers import free_port
from tiny import LAB, ROOT, labkit
from waiting import HANGS, until

from grader.course.desk import free_port as port_for
from grader.course.errors import CourseError

PROGRAM = "from grader.course.cli import main; main()"
QUESTION = "question_why"
COMMENT = "Bien visto, aunque ¿y los bordes?"


@contextlib.contextmanager
def desk(root, *options):
    """Open the desk of the course at `root`, and end it; yield the process and its two links."""
    command = [sys.executable, "-uc", PROGRAM, "desk", "--no-browser", *options]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "LABKIT_ALLOW_ROOT": "1"}
    process = subprocess.Popen(
        command,
        cwd=root,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        yield process, re.findall(r"http://\S+", said)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def given(url):
    """Return what a person gave: the mark and the comment of the open question."""
    with Gradebook(url) as book:
        of = (QUESTION, LAB, LAB, "ana")
        return book.find_grade(*of).manual_score, book.find_comment(*of).manual_comment


def is_everywhere(root, url):
    """Whether the mark and the comment are in the gradebook, report, export and feedback."""
    assert given(url) == (1.5, COMMENT)
    code, said = labkit(root, "report", LAB, "--json", f"--db={url}")
    (record,) = map(json.loads, said.splitlines())
    assert (code, record["score"]) == (0, 4.5)
    code, said = labkit(root, "export", "--to", "csv", "--output=out.csv", f"--db={url}")
    assert code == 0, said
    with (root / "out.csv").open(encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert "4.5" in row.values()
    code, said = labkit(root, "generate_feedback", LAB, f"--db={url}")
    assert code == 0, said
    page = (root / f"feedback/ana/{LAB}/{LAB}.html").read_text(encoding="utf-8")
    return COMMENT in page and re.search(r"4[.,]5", page)


@pytest.mark.slow
def test_a_mark_by_hand_stays(course, hand_in, tmp_path):
    """What is typed into formgrader stays when the command and formgrader's button grade again.

    The gradebook is one that the command line names, and the course's own file names another.
    """
    hand_in("ana")
    url = f"sqlite:///{course}/other.db"
    (course / "gradebook.db").rename(course / "other.db")
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write('\nc.CourseDirectory.db_url = "sqlite:////nowhere/at-all.db"\n')
    assert labkit(course, "autograde", LAB, f"--db={url}")[0] == 0
    with desk(course, f"--db={url}") as (_, links), chromium(tmp_path) as browser:
        browser.open(links[0])
        assert browser.text(".name a") == LAB
        browser.click(".num-submissions a")
        assert browser.text(".student-id") == "ana"
        browser.click(".student-name a")
        browser.click(".name a")  # of the notebook
        browser.find(f"#{QUESTION}_extra_credit[placeholder]")  # it has asked for what there is
        browser.type(f"#{QUESTION}", "1.5")
        browser.type(f"#{QUESTION}-comment[placeholder]", f"{COMMENT}\t")
        until(lambda: given(url) == (1.5, COMMENT), "saving the mark")
        assert is_everywhere(course, url)
        code, said = labkit(course, "autograde", LAB, "--force", f"--db={url}")
        assert code == 0, said
        assert is_everywhere(course, url)
        browser.open(links[0].replace("/formgrader", f"/formgrader/manage_submissions/{LAB}"))
        browser.click(".autograde a")
        assert browser.text(".modal-title") == "Success", browser.text(".modal-body")
        assert is_everywhere(course, url)
        browser.open(links[0].replace("/formgrader", f"/formgrader/manage_students/ana/{LAB}"))
        browser.click(".name a")
        browser.find(f"#{QUESTION}_extra_credit[placeholder]")
        browser.find(f"#{QUESTION}-comment[placeholder]")
        assert browser.value(f"#{QUESTION}") == "1.5"
        assert browser.value(f"#{QUESTION}-comment") == COMMENT


@pytest.mark.slow
def test_ctrl_c_ends_it(course):
    """Both links answer, nobody is let in without the token, and Ctrl-C ends it with exit code 0."""
    port = free_port()
    with desk(course, f"--port={port}") as (process, links):
        assert all(link.startswith(f"http://127.0.0.1:{port}/") for link in links)
        for link in links:
            keeps_cookies = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            with keeps_cookies.open(link) as answer:
                assert "login" not in answer.url
        with urllib.request.urlopen(links[0].partition("?")[0]) as answer:
            assert "login" in answer.url
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=HANGS)
        assert process.returncode == 0
        assert said.splitlines()[-1] == "the desk is closed; what was marked is in the gradebook"


def test_a_port_that_is_taken():
    """A port that somebody listens on is an error that says so; without a port a free one is found."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(CourseError, match=f"port {taken} is taken"):
            port_for(taken)
        assert port_for(0) != taken
    with pytest.raises(CourseError, match="65535"):
        port_for(70000)


@pytest.mark.parametrize("arguments", [[], [LAB]])
def test_no_course_no_desk(tmp_path, monkeypatch, arguments):
    """A folder that is no course, and a lab, are sentences."""
    monkeypatch.setenv("LABKIT_ALLOW_ROOT", "1")
    code, said = labkit(tmp_path, "desk", *arguments)
    assert code == 1
    assert ("whole course" if arguments else "labkit quickstart") in said
    assert "Traceback" not in said


def test_root_is_told(tmp_path, monkeypatch):
    """As root no desk is opened, unless somebody says that nothing there is worth keeping."""
    monkeypatch.delenv("LABKIT_ALLOW_ROOT", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 0)
    code, said = labkit(tmp_path, "desk")
    assert (code, "LABKIT_ALLOW_ROOT=1" in said) == (1, True)
