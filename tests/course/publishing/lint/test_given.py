"""What students would get of the answers, or that is broken, in many forms; and what is fine."""

import base64

import pytest
from sown import add, both, kinds_in, new_cell, of_cell, of_notebook, swap

RIGHT = "Z = X - np.mean(X, axis=0) + bias"
OTHER = "W = P - np.mean(P, axis=0) + k"


def printed(text):
    """Return the outputs of a cell that printed a text."""
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def raised(text):
    """Return the outputs of a cell that raised at a line."""
    return [{"output_type": "error", "ename": "E", "evalue": "", "traceback": [f"----> 3 {text}"]}]


def attached(name, kind, text):
    """Seed: an attachment."""
    return of_cell("title", attachments={name: {kind: text}})


SURVIVES = {
    "metadata": of_cell("title", metadata={"note": RIGHT}),
    "metadata, inside": of_cell("title", metadata={"a": [{"b": RIGHT}]}),
    "metadata, a name": of_cell("title", metadata={RIGHT: 1}),
    "metadata, renamed": of_cell("title", metadata={"note": OTHER}),
    "the notebook's metadata": of_notebook(note=f"x\n{RIGHT}\ny"),
    "an output": of_cell("see-centre", outputs=printed(RIGHT)),
    "an output, renamed": of_cell("see-centre", outputs=printed(OTHER)),
    "a traceback": of_cell("see-centre", outputs=raised(RIGHT)),
    "an attachment": attached("a.txt", "text/plain", base64.b64encode(RIGHT.encode()).decode()),
    "a drawing": attached("a.svg", "image/svg+xml", f"<svg><text>{RIGHT}</text></svg>"),
    "renamed": add("see-centre", OTHER),
    "renamed, in prose": add("title", OTHER),
    "renamed, in a fence": add("title", f"```python\n{OTHER}\n```"),
    "renamed, in a sentence": add("title", f"usa `{OTHER}` y ya"),
    "renamed, returned": add("see-centre", f"def f(P, k):\n    return {OTHER[4:]}"),
    "renamed, in a lambda": add("see-centre", f"f = lambda P, k: {OTHER[4:]}"),
    "renamed, in a call": add("see-centre", f"plt.plot({OTHER[4:]})"),
    "renamed, in a string": add("see-centre", f'ayuda = """\n{OTHER}\n"""'),
    "commented out": add("see-centre", f"# {RIGHT}"),
    "commented out, renamed": add("see-centre", f"## {OTHER}"),
    "in the stub": swap("centre", "    ### BEGIN", f"    # {OTHER}\n    ### BEGIN"),
    "in the docstring": swap("centre", "Devuelve:", f"{RIGHT}\n    Devuelve:"),
    "in an HTML comment": add("title", f"<!-- {RIGHT} -->"),
    "in a raw cell": new_cell("raw", "raw-one", OTHER),
}
OPEN = {
    "opened": add("title", "$$ x = 1"),
    "closed alone": add("title", "x = 1 $$"),
    "beside code": add("title", "``a $$ b`` $$x"),
    "beside a fence": add("title", "~~~\n$$\n~~~\n\n$$x"),
    "in line": add("title", r"El valor $x + 1 es"),
    "an environment": add("title", r"$$\begin{aligned} x $$"),
    "brackets": add("title", "\\\\[ x = 1"),
    "over a paragraph": add("title", "$$x\n\nOtro párrafo\n\ny$$"),
    "a brace": add("title", r"$$\frac{1}{m$$"),
}
STUBS = {
    "English": add("title", "Escribe donde dice `YOUR CODE HERE`."),
    "small letters": add("title", "Escribe donde dice `your code here`."),
    "an answer": add("title", "YOUR ANSWER HERE"),
    "another verb": add("title", "donde dice `ESCRIBA SU CÓDIGO AQUÍ`"),
    "another order": add("title", "donde dice `ESCRIBE AQUÍ TU CÓDIGO`"),
    "a course's": add("title", "entre `### START CODE HERE ###` y el final"),
    "a task": add("title", "donde dice `# TODO`"),
    "a comment": add("see-centre", "# borra YOUR CODE HERE"),
    "a docstring": swap("centre", "Centra cada", "COMPLETA AQUÍ. Centra cada"),
}
PATHS = [
    "/home/ana/x.csv",
    "/Users/ana/x.csv",
    "/Volumes/Disco/x.csv",
    "/content/drive/MyDrive/x.csv",
    "/kaggle/input/x.csv",
    "/cygdrive/c/x.csv",
    "/storage/emulated/x.csv",
    "/nix/store/x.csv",
    "/datos.csv",
    "C:\\Users\\ana",
    "d:/datos/x.csv",
    "\\\\server\\share\\x.csv",
    "~/x.csv",
    "~ana/x.csv",
    "%LOCALAPPDATA%\\x.csv",
    "$HOME/x.csv",
    "${USERPROFILE}/x.csv",
    "file:///home/x.csv",
]
LEFT_ALONE = {
    "formulas": add(
        "title",
        "$a$ y $$\\begin{array}{c} 1 \\\\[2pt] \\{2 \\end{array}$$ cuestan US$5, `$$`",
    ),
    "our stub": add(
        "title", "donde dice `ESCRIBE TU CÓDIGO AQUÍ`, y NO DE OTRO MODO, TODO va bien"
    ),
    "a hint": add("title", "*Pista:* `np.mean(X, axis=0)` y luego `X - media`"),
    "other code": add("see-centre", "W = (points - points.min(axis=1, keepdims=True)) * 2"),
    "ratios and links": add(
        "title", "1/2, y/o, https://example.org/home/ana, `images/a.png` a 3/4"
    ),
    "separators": add("see-centre", 'print("a/b", "/", "image/png", "\\\\frac{a}{b}")'),
}


@pytest.mark.parametrize("seed", SURVIVES)
def test_a_solution_is_found_wherever_it_hides(seed):
    """In text seen or unseen, renamed or commented out, the solution is found."""
    assert "survives" in kinds_in(SURVIVES[seed])


def test_a_solution_is_found_in_a_file_beside_the_notebook():
    """A file that goes to students is read as the notebook is."""
    for text in (RIGHT, f"def f(P, k):\n    {OTHER}\n    return W\n"):
        assert "survives" in kinds_in(both(), {"help.py": text.encode()})


@pytest.mark.parametrize("seed", OPEN)
def test_an_open_formula_is_found(seed):
    """A formula, a brace or an environment that isn't closed is found."""
    assert "open-formula" in kinds_in(OPEN[seed])


@pytest.mark.parametrize("seed", STUBS)
def test_another_stub_is_found(seed):
    """What quotes a stub that isn't the course's is found."""
    assert "other-stub" in kinds_in(STUBS[seed])


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_any_system_is_found(path):
    """A path that only one machine, or one kind of machine, has is found."""
    assert "absolute-path" in kinds_in(add("imports", f"open({path!r})"))


def test_a_path_is_found_in_metadata_and_files():
    """What isn't seen in the notebook is looked at too."""
    assert "absolute-path" in kinds_in(of_cell("title", metadata={"from": "/home/ana/x"}))
    assert "absolute-path" in kinds_in(both(), {"help.py": b'open("/home/ana/x")'})


@pytest.mark.parametrize("seed", LEFT_ALONE)
def test_what_only_looks_alike_is_left_alone(seed):
    """What resembles a fault and is none gives no finding."""
    assert kinds_in(LEFT_ALONE[seed]) == set()
