"""At home a lab is checked with its key alone, without torch, and grading isn't disturbed by it."""

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import ROOT

from grader import KeyFileError, check_hash, check_torch, use_key
from grader.home import HomeSession, _keys_at_hand
from grader.session import Session, current_session, use_session

LAB = "01-convolution"
WITHOUT_TORCH = """
import sys
class Never:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("torch", "nbgrader", "grader.judging", "grader.course"):
            raise ImportError(name)
sys.meta_path.insert(0, Never())
import numpy as np
from grader import check_torch, check_hash, marks, summary, use_key
use_key("01-convolution")
def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
for group in ("basic", "no_padding", "rectangular", "memory"):
    with marks(1, f"zero_pad/{group}"):
        check_torch(zero_pad, group)
def zero_pad(X, pad):
    return np.pad(X, pad)
with marks(1, "zero_pad/again"):
    check_torch(zero_pad, "basic")
ours = ("torch", "grader.judging", "grader.course")
print(sorted(name for name in sys.modules if name.startswith(ours)))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A student's folder: the key beside the notebook."""
    shutil.copy(ROOT / "release" / LAB / f"{LAB}.key", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def zero_pad(X, pad):
    """Return X: wrong."""
    return X


def test_a_lab_is_checked_without_torch(folder):
    """Every check and hint of a NumPy lab works where torch and the judge's side can't be imported."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert sum(line.startswith("✓") for line in lines) == 4, done.stdout + done.stderr
    assert any("Pista: rellenaste los cuatro ejes" in line for line in lines)
    assert lines[-1] == "[]"


def test_the_only_key_of_a_folder_is_found_by_itself(folder):
    """A notebook that names no key is checked with the one that lies beside it."""
    script = (
        "from grader import check_torch\nimport numpy as np\ndef zero_pad(X, pad):\n    return X\n"
    )
    script += "check_torch(zero_pad, 'basic')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "Pista: devolviste X sin el marco" in done.stderr


def test_a_whole_course_s_keys_are_one(tmp_path, monkeypatch):
    """Where no key lies beside it, as in a clone of the kit, every lab's exercises can be checked."""
    monkeypatch.chdir(tmp_path)
    key = _keys_at_hand()
    assert {key.find(name).topic for name in ("zero_pad", "relu")} == {"convolution", "network"}


def test_a_hash_needs_no_key(tmp_path, monkeypatch):
    """Checks on values work anywhere."""
    monkeypatch.chdir(tmp_path)
    assert check_hash(np.array([[1.0, 2.0], [3.0, 4.0]]), ((2, 2), 41.118033988749895))


def test_a_missing_key_is_told_where_it_is_asked_for(tmp_path, monkeypatch):
    """`use_key` fails at once, in the cell of the imports, and not in the first check."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyFileError, match=f"Falta {LAB}.key"):
        use_key(LAB, edition="abc")


def test_a_key_is_found_where_the_kernel_runs_in_another_folder(tmp_path, monkeypatch):
    """In a workspace's folder, as VS Code may start it, the key beside the notebook is used."""
    lab = tmp_path / "course" / "week 3" / LAB
    lab.mkdir(parents=True)
    shutil.copy(ROOT / "release" / LAB / f"{LAB}.key", lab)
    monkeypatch.chdir(lab.parent)
    use_key(LAB)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyFileError, match=f"Falta {LAB}.key"):
        use_key(LAB)
    shell = SimpleNamespace(user_ns={"__vsc_ipynb_file__": str(lab / f"{LAB}.ipynb")})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    use_key(LAB)


def test_a_graded_notebooks_session_stays():
    """In the sandbox `use_key` changes nothing: cases come from the key that was sent in."""
    graded = Session(7, lambda _check, _seen, _elsewhere: None, dict)
    use_session(graded)
    use_key(LAB, edition="whatever")
    assert current_session() is graded


def test_at_home_the_judge_answers_at_once(folder):
    """A check that fails outside a block raises what the judge says of it."""
    use_key(LAB)
    assert isinstance(current_session(), HomeSession)
    with pytest.raises(AssertionError, match="devolviste X sin el marco"):
        check_torch(zero_pad, "basic")
