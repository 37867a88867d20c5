"""Whatever text, bytes or names come in, reading them ends, soon, with an answer or its own error."""

import contextlib
import io
import json
import signal
import zipfile
from pathlib import PurePosixPath

import arena
import hostile
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.course.archives import opened
from grader.course.grading import originals
from grader.course.placing import Class, Collected, Options, may_hold_a_notebook
from grader.course.submissions.files import find_notebooks, is_junk, job_files
from grader.course.submissions.layouts import decide
from grader.course.submissions.reading import RestoreError, read_notebook
from grader.course.submissions.restore import restore
from grader.judging.policy import ALWAYS_FORBIDDEN, Code, forbidden_names
from grader.observation import MAGIC, ObservationError, decode
from grader.running.limits import Limits
from grader.running.wire import HEADER, BadFrameError, Reader

SECONDS = 10.0
"""Of this process's own computing, however busy the machine is; what is tried takes a hundredth."""


class TooSlowError(BaseException):
    """The time is over."""


@contextlib.contextmanager
def in_time():
    """Give what happens within a limit of CPU time."""

    def end(number, frame):
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def repeated(parts, *, most):
    """Return a strategy of texts in which parts come again and again."""
    one = st.tuples(st.sampled_from(parts), st.integers(1, most)).map(
        lambda pair: pair[0] * pair[1]
    )
    return st.lists(one | st.text(max_size=20), max_size=5).map("".join)


PARTS = (
    *(
        "<<<<<<< a\n",
        "||||||| b\n",
        "=======\n",
        ">>>>>>> c\n",
        "def zero_pad(X, pad):\n",
        "    x\n",
    ),
    *(
        "with marks(2, 'zero_pad/basic'):\n",
        "import numpy as np\n",
        "(",
        "[",
        "{",
        "x.",
        "-",
        "f'{",
    ),
    *(
        "\n",
        " ",
        "\t",
        "\\",
        '"',
        "'",
        "'''",
        "#",
        "@x\n",
        "%x\n",
        "!",
        "1+",
        "lambda: ",
        "\f",
        "\r",
    ),
    *(
        hostile.GOOD + "\n",
        arena.HASHED + "\n",
        hostile.FIRST + "\n",
        "not ",
        "\x00",
        "\ud800",
        "ñ",
    ),
)
TEXTS = repeated(PARTS, most=600)
NAMES = st.sampled_from(
    ["", "zero_pad", "test_zero_pad_basic", "question_why", hostile.P, *"123", "[]", "a" * 64]
)
CELLS = st.builds(
    lambda source, name, cell, kind, times: (
        [hostile.code(source, cell, metadata={"nbgrader": {"grade_id": name}}, cell_type=kind)]
        * times
    ),
    TEXTS,
    NAMES,
    NAMES,
    st.sampled_from(["code", "code", "markdown", "raw", 3]),
    st.sampled_from([1, 1, 1, 30]),
)
MINE = originals(arena.ATTACKED.notebooks["tiny"])
RELEASES = {"tiny": arena.ATTACKED.notebooks["tiny"].release}


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(CELLS, max_size=6), st.integers(0, 6))
def test_any_cells_are_restored_or_refused(cells, place):
    """A notebook of whatever cells is restored with its tests in place, or a person is told why."""
    raw = json.loads(arena.notebook(hostile.GOOD))
    raw["cells"][place:place] = [cell for some in cells for cell in some]
    with in_time(), contextlib.suppress(RestoreError):
        notebook = restore(json.dumps(raw).encode(), MINE).notebook
        ids = [cell.id for cell in notebook.cells]
        assert len(ids) == len(set(ids))
        assert [
            c.source for c in notebook.cells if c.id in ids and c.id == "test_zero_pad_basic"
        ] == [arena.HASHED]


JSON = (
    '{"cells":',
    "[",
    "]",
    "{",
    "}",
    '{"source":"x"},',
    '"outputs": [',
    "1",
    ",",
    '"',
    "\\",
    ":",
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(repeated((*JSON, *PARTS), most=20_000).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_notebook_or_refused(data):
    """A file of whatever bytes is a notebook, or isn't and says why."""
    with in_time(), contextlib.suppress(RestoreError):
        read_notebook(data, [])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(TEXTS)
def test_any_cell_is_read_for_forbidden_names(source):
    """A cell of whatever text has flags or none."""
    with in_time():
        forbidden_names([Code("c", source)], ALWAYS_FORBIDDEN)


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from([10**400, -1, 1e308]),
    lambda inner: (
        st.tuples(
            st.sampled_from(["array", "scalar", "tensor", "list", "tuple", "dict", "float", "x"]),
            inner | st.integers(0, 3),
        ).map(list)
        | st.lists(inner, max_size=3)
        | st.builds(lambda one, times: [one] * times, inner, st.integers(1, 300))
    ),
    max_leaves=8,
)
ARRAYS = st.lists(
    st.tuples(
        st.sampled_from(["<f8", "|b1", "<i2", "O", "<U9", "<f99", "c16"]),
        st.lists(st.sampled_from([0, 1, 2, 3, -1, 10**40, 1 << 62]), max_size=40),
    ),
    max_size=4,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(VALUES, max_size=3), ARRAYS, st.integers(0, 100), st.sampled_from([1, 1, 50_000]))
def test_any_observation_is_decoded_or_refused(values, arrays, size, times):
    """An observation of whatever values and arrays is one, or isn't and says why."""
    header = {"block": "b", "index": 0, "kind": "k", "values": values, "calls": {"f": values}}
    header |= {"globals": [], "failure": None, "arrays": (arrays * times)[:100_000]}
    text = json.dumps(header).encode()
    data = MAGIC + len(text).to_bytes(4, "little") + text + bytes(size)
    with in_time(), contextlib.suppress(ObservationError):
        decode(data)


KINDS = st.sampled_from([b"R", b"S", b"O", b"B", b"E", b"Z", b"F", b"x"])
PAYLOADS = st.sampled_from([b"", b"{}", b"[" * 2_000, b'{"a":' * 1_000]) | st.binary(max_size=40)
EVENTS = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "error", "display_data", 3])},
    optional={
        "name": st.sampled_from(["stdout", 3]),
        "text": st.text(max_size=9),
        "data": st.dictionaries(st.text(max_size=9), VALUES, max_size=3),
        "metadata": st.dictionaries(st.text(max_size=9), VALUES, max_size=3),
        "display_id": st.sampled_from(["a", "b"]),
        "update": st.booleans(),
        "traceback": VALUES,
        "clear": VALUES,
    },
).map(lambda event: json.dumps(event).encode())


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(KINDS, PAYLOADS | EVENTS, st.sampled_from([1, 1, 400])), max_size=12))
def test_any_frames_are_taken_or_refused(frames):
    """A channel with whatever frames on it says what its cells did, or that it can't be one of ours."""
    reader = Reader(3, Limits(output_kb=10))
    started = [(b"R", b"{}", 1), (b"S", b"", 1), *frames]
    with in_time(), contextlib.suppress(BadFrameError):
        for kind, payload, times in started:
            reader.feed((HEADER.pack(len(payload), kind[0]) + payload) * times, 0.0)
        assert all(isinstance(cell.outputs, list) for cell in reader.cells)


FILES = st.dictionaries(
    repeated(
        ("a/", "../", "x", " - ", "_1", "_assignsubmission_file_", ".ipynb", "/", "."), most=400
    )
    | st.sampled_from(
        ["tiny.ipynb", "a/tiny.ipynb", ".history/tiny.ipynb", "t.zip", "Ana/tiny.ipynb"]
    ),
    st.sampled_from([b"", b"{}", hostile.MINE, b"PK\3\4", hostile.zipped([("tiny.ipynb", b"{}")])]),
    max_size=8,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(FILES)
def test_any_files_are_sorted_out(files):
    """Of files with whatever names, notebooks are found, and none is laid out beyond its folder."""
    with in_time():
        found = find_notebooks(files, RELEASES)
        for name in job_files(found.others, {}):
            assert not {"..", "/"} & {*PurePosixPath(name).parts}


@settings(max_examples=30, deadline=None, derandomize=True)
@given(FILES)
def test_any_archive_is_placed_or_told(tmp_path_factory, files):
    """Each file of whatever archive is somebody's, or it is told why it is nobody's."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("\ud800", "")[:60_000] or "x"), content)
    path = tmp_path_factory.mktemp("nasty") / "class.zip"
    path.write_bytes(data.getvalue())
    collected = Collected()
    with in_time(), opened(path, collected.not_placed) as entries:
        work = [one for one in entries if not is_junk(one.name)]
        reading = decide([one.name for one in work if may_hold_a_notebook(one.name)], None, "")
        if reading is not None and not reading.unsure:
            class_ = Class(reading, "lab", Options(), collected)
            class_.add_all(work)
            assert all(handed.entries for handed in class_.settled().values())
