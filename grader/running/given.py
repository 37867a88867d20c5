"""What the instructor gave holds while their cells run: names, builtins, the process's state.

A notebook has one namespace, and a line in any of its cells may change what a test needs of it.
So a test cell runs in a namespace of its own: the student's, with the names that the instructor's
cells bound as they bound them. A student's function keeps its own globals, which stay the student's.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import locale
import operator
import os
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from IPython.core.interactiveshell import InteractiveShell

_NOTHING = object()
_MANY = (
    10_000  # items that a copy goes into; a longer list isn't what an instructor's cell compares
)
_DEEP = 4


class Given:
    """Keeps what the instructor's cells and the solutions bound, and puts it in place for a test.

    It is made before the fork, for looking at every module would copy the pages where they lie.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._given: dict[str, Any] = {}
        self._solved: dict[str, Any] = {}
        self._builtins = dict(vars(builtins))
        libraries = (builtins, np, np.random, np.linalg)
        self._libraries = [(vars(library), dict(vars(library))) for library in libraries]
        self._modules = {
            name: module
            for name, module in sys.modules.items()
            if not name.startswith("grader.running")  # a notebook may not import it
        }
        self._core = [
            (name, self._modules[name])
            for name in ("builtins", "sys", "numpy", "grader", "grader.checks", "grader.marks")
            if name in self._modules
        ]

    def begin(self) -> None:
        """Take note of the state in which the process is when the first cell is about to run."""
        shell = self._shell
        self._first = dict(shell.user_ns)  # IPython's own names
        self._state = [(get, put, get()) for get, put in _state_of(shell)]

    def keep(self, names: Iterable[str]) -> None:
        """Remember what a given cell or a test cell has just bound; data is copied."""
        bound = self._shell.user_ns
        self._given |= {name: _copy(bound[name]) for name in names if name in bound}

    def keep_solution(self, names: Iterable[str]) -> None:
        """Remember what a solution cell has just defined."""
        bound = self._shell.user_ns
        self._solved |= {name: bound[name] for name in names if name in bound}

    def lacks(self, names: Iterable[str]) -> bool:
        """Say whether any of these names of the instructor's isn't known yet."""
        return not self._given.keys() >= set(names)

    def fill(self) -> None:
        """Put back the names that are gone: a `del`, or a cell that failed, costs itself."""
        bound = self._shell.user_ns
        bound["__builtins__"] = builtins
        if any(sys.modules.get(name) is not module for name, module in self._core):
            sys.modules.update(self._modules)
        for known in (self._first, self._solved, self._given):
            for name in known.keys() - bound.keys():
                bound[name] = _copy(known[name])

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Have what was given in place, for one cell; what it binds goes to the student's names."""
        shell = self._shell
        theirs, module = shell.user_ns, shell.user_module
        inner = types.ModuleType("__main__")
        names = vars(inner)
        names |= self._overlaid(theirs, names)
        before = dict(names)
        whole = {name: value for name, value in self._solved.items() if names[name] is value}
        whole |= {
            name: value
            for name, value in self._given.items()
            if isinstance(value, types.ModuleType)
            and not isinstance(theirs.get(name), types.ModuleType)
        }
        destroyed = {name: theirs.get(name, _NOTHING) for name in whole}
        theirs |= whole
        shell.user_module, shell.user_ns = inner, names
        try:
            with self._intact(), self._settled():
                yield
        finally:
            shell.user_module, shell.user_ns = module, theirs
            _replace(theirs, destroyed)
            for name, value in names.items():
                if before.get(name, _NOTHING) is not value:
                    theirs[name] = value

    def _overlaid(self, theirs: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
        """Lay what was given over the student's names."""
        shadows = self._builtins.keys() & theirs.keys()
        names = {
            name: value
            for name, value in theirs.items()
            if name not in shadows or value is self._first.get(name, _NOTHING)
        }
        names["__builtins__"] = builtins
        for name, value in self._solved.items():
            now = theirs.get(name, _NOTHING)
            ruined = now is _NOTHING or (callable(value) and not callable(now))
            names[name] = value if ruined else now
        for name, value in self._given.items():
            names[name] = _copy(value)
            if isinstance(value, types.FunctionType) and value.__globals__ is theirs:
                names[name] = _elsewhere(value, inner)
        return names

    @contextlib.contextmanager
    def _intact(self) -> Iterator[None]:
        """Have what Python and NumPy define be what it was."""
        changed = []
        for now, given in self._libraries:
            if not all(map(operator.is_, map(now.get, given), given.values())):
                names = [name for name, value in given.items() if now.get(name) is not value]
                changed.append((now, {name: now.get(name, _NOTHING) for name in names}))
                now |= {name: given[name] for name in names}
        try:
            yield
        finally:
            for now, values in changed:
                _replace(now, values)

    @contextlib.contextmanager
    def _settled(self) -> Iterator[None]:
        """Have the process be in the state in which it was given."""
        changed = []
        for get, put, given in self._state:
            now = _NOTHING
            with contextlib.suppress(Exception):
                now = get()
            if now != given:
                changed.append((put, now))
                with contextlib.suppress(Exception):
                    put(given)
        try:
            yield
        finally:
            for put, now in changed:
                if now is not _NOTHING:
                    with contextlib.suppress(Exception):
                        put(now)


def _replace(names: dict[str, Any], values: dict[str, Any]) -> None:
    """Give names these values, or take them away where there was nothing."""
    for name, value in values.items():
        if value is _NOTHING:
            names.pop(name, None)
        else:
            names[name] = value


def _state_of(shell: InteractiveShell) -> list[tuple[Callable[[], Any], Callable[[Any], object]]]:
    """List how to read and how to set what of the process a test or a check may depend on."""
    set_locale, set_errors, set_printing = locale.setlocale, np.seterr, np.set_printoptions
    lists = (
        sys.path,
        shell.ast_transformers,
        shell.input_transformers_post,
        shell.input_transformers_cleanup,
    )
    return [
        (os.getcwd, _go_to),
        (lambda: set_locale(locale.LC_ALL), lambda name: set_locale(locale.LC_ALL, name)),
        (np.geterr, lambda errors: set_errors(**errors)),
        (np.get_printoptions, lambda options: set_printing(**options)),
        (lambda: list(warnings.filters), _set_filters),
        (sys.getrecursionlimit, sys.setrecursionlimit),
        (sys.gettrace, sys.settrace),
        *((lambda one=one: list(one), lambda to, one=one: _fill(one, to)) for one in lists),
    ]


def _go_to(folder: str) -> None:
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - a Path costs time
    os.chdir(folder)


def _set_filters(filters: list[Any]) -> None:
    warnings.resetwarnings()
    warnings.filters[:] = filters  # type: ignore[index]


def _fill(target: list[Any], items: list[Any]) -> None:
    target[:] = items


def _elsewhere(function: types.FunctionType, names: dict[str, Any]) -> types.FunctionType:
    """Make a function again that looks its global names up among `names`."""
    again = types.FunctionType(
        function.__code__,
        names,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    again.__kwdefaults__ = function.__kwdefaults__
    return again


def _copy(value: Any, depth: int = _DEEP) -> Any:
    """Copy plain data, so that changing it in place changes nobody else's."""
    kind = type(value)
    if kind is np.ndarray:
        return value if value.dtype.hasobject else value.copy(order="K")
    if depth == 0 or kind not in (list, tuple, set, dict) or len(value) > _MANY:
        return value
    if kind is dict:
        return {key: _copy(item, depth - 1) for key, item in value.items()}
    return kind(_copy(item, depth - 1) for item in value)


def definitions(source: str, *, test: bool) -> str:
    r"""Return the part of a cell that may run again where the whole of it did harm.

    Of a test that is what stands outside of its blocks, of any other cell what it imports and defines.

    >>> definitions("import sys\ndef f(): return 1\nwhile True: f()", test=False)
    'import sys\n\ndef f():\n    return 1'
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    defining = (
        *(ast.Import, ast.ImportFrom),
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    )
    tree.body = [
        one
        for one in tree.body
        if (not isinstance(one, ast.With) if test else isinstance(one, defining))
    ]
    return ast.unparse(tree)
