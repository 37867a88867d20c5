"""The commonest exceptions, as Python, NumPy and torch word them here, have an explanation."""

import re
from operator import attrgetter

import numpy as np
import pytest
import torch

from grader.explanations import explain, first_sentence


class Layer:
    """A class to which another cell adds a method."""


TWO, THREE = np.ones(2), np.ones((2, 3))
SOME, ONE, NOTHING, NAMED = [1, 2], 1.0, None, {"stride": 1}


def needs_a(a):
    """Take one argument."""
    return a


def needs_b(a, b):
    """Take two arguments."""
    return a, b


def unbound():
    """Read a name before it has a value."""
    x += 1  # noqa: F821
    return x


RAISED = [
    (lambda: np.zeros((2, 2.5)), "decimales"),
    (lambda: range(ONE), "decimales"),
    (lambda: TWO[ONE], "decimales"),
    (lambda: SOME[ONE], "decimales"),
    (lambda: TWO[:ONE], "decimales"),
    (lambda: TWO[np.array([0.5])], "decimales"),
    (lambda: THREE + np.ones((3, 2)), "las formas (2,3) (3,2) no se pueden operar juntas"),
    (lambda: THREE.__setitem__(0, TWO), "de forma (2,) donde cabe algo de forma (3,)"),
    (lambda: THREE @ THREE, "producto de matrices"),
    (lambda: np.dot(THREE, THREE), "producto de matrices"),
    (lambda: torch.ones(2, 3) @ torch.ones(2, 3), "producto de matrices"),
    (lambda: torch.ones(2) + torch.ones(3), "uno tiene 2 y el otro 3"),
    (lambda: torch.ones(2, 2).__setitem__(0, torch.ones(3)), "donde caben 2 valores pones 3"),
    (lambda: torch.ones(6).reshape(4, 2), "hay 6 valores, y en la forma [4, 2] no caben"),
    (lambda: torch.zeros(2, -3), "un tamaño resulta negativo"),
    (
        lambda: torch.ones(2, 2).scatter_(
            1, torch.zeros(2, dtype=torch.int64), 1.0 * torch.ones(2)
        ),
        "los índices deben tener tantos ejes",
    ),
    (lambda: torch.ones(2, 3).T.view(6), "usa reshape"),
    (lambda: attrgetter("float")(np), "`np.float` ya no existe en NumPy: escribe `float`"),
    (lambda: attrgetter("int")(np), "`np.int` ya no existe en NumPy: escribe `int`"),
    (lambda: np.produc(TWO), "NumPy no tiene (o ya no tiene) `np.produc`"),
    (lambda: attrgetter("backward")(Layer()), "el objeto Layer no tiene `backward`"),
    (lambda: TWO.__setitem__(0, [1, 2]), "cabe un solo número"),
    (lambda: np.array([[1, 2], [3]]), "mismo largo"),
    (lambda: float(TWO), "cabe un solo número"),
    (lambda: TWO[5], "pediste el índice 5 del eje 0, que tiene 2 elementos"),
    (lambda: torch.ones(2)[5], "pediste el índice 5 del eje 0, que tiene 2 elementos"),
    (lambda: SOME[3], "más allá del último"),
    (lambda: TWO[0, 0], "el array tiene 1 eje y le diste 2 índices"),
    (lambda: {[1]: 2}, "un objeto `list` no puede ser clave"),
    (lambda: {TWO}, "un objeto `numpy.ndarray` no puede ser clave"),
    (lambda: needs_b(1), "falta 'b'"),
    (lambda: np.ones(1)[5], "pediste el índice 5 del eje 0, que tiene 1 elemento ("),
    (lambda: needs_a(1, 2), "recibe 1 argumento y le diste 2"),
    (lambda: needs_b(1, 2, 3), "recibe 2 argumentos y le diste 3"),
    (lambda: needs_b(1, c=2), "ningún argumento que se llame `c`"),
    (lambda: NOTHING[0], "algo vale None"),
    (lambda: NOTHING + 1, "algo vale None"),
    (lambda: NOTHING.shape, "algo vale None"),
    (lambda: exec("a, b = 1, 2, 3"), "hay 2 nombres y a la derecha llegan más"),
    (lambda: exec("a, b, c = 1, 2"), "hay 3 nombres y a la derecha: 2 valores"),
    (lambda: {"stride": 1}["pad"], "no tiene la clave 'pad'"),
    (unbound, "antes de darle un valor"),
    (lambda: nothing_here, "nada que se llame `nothing_here`"),  # noqa: F821
    (lambda: THREE.reshape(4, 2), "6 valores no caben justos en la forma (4,2)"),
    (lambda: bool(THREE), "no se puede decidir con un array"),
    (lambda: max(THREE), "en lugar de max y min, los de Python, np.max y np.min"),
    (lambda: np.ones((1, 3)).__iadd__(THREE), "sumar en algo de forma (1,3), y lo que le das"),
    (lambda: np.max(TWO[2:]), "un corte que está vacío"),
    (lambda: np.tensordot(TWO, np.ones(3), 1), "los ejes que se suman no miden lo mismo"),
    (lambda: np.zeros(2, int).__iadd__(TWO), "decimales en un array de enteros"),
    (lambda: np.zeros(-1), "negativo"),
    (lambda: 1 / 0, "divides entre cero"),
    (lambda: TWO(0), "paréntesis tras un array"),
    (lambda: ONE(0), "con el nombre de una función"),
    (lambda: NAMED("stride"), "con corchetes"),
    (lambda: NAMED.stride, '["stride"]'),
    (lambda: needs_b[0], "corchetes tras una función"),
    (lambda: SOME[0, 0], "conviértela con np.array"),
    (lambda: np.zeros(1, 2, 3, 4), "la forma va en una tupla: np.zeros((a, b, c))"),
    (lambda: np.full(1, 2, 3, 4, 5), "recibe de 2 a 4 argumentos y le diste 5"),
    (lambda: np.sum(np.ones(2), axis=1), "pediste el eje 1 de un array de 1 eje ("),
    (lambda: exec("raise"), "quedó un `raise` sin terminar"),
    (lambda: exec("raise NotImplemented()"), "quedó un `raise` sin terminar"),
    (lambda: exec("raise 'x'"), "quedó un `raise` sin terminar"),
    (lambda: SOME.shape, "conviértela con np.array"),
    (lambda: __import__("torchvisionary"), "falta PyTorch"),
    (lambda: __import__("cv9"), "no está instalado `cv9`"),
    (lambda: compile("f(", "", "exec"), "falta cerrar"),
    (lambda: compile("if x\n  pass", "", "exec"), "dos puntos"),
    (lambda: compile("x = 'a", "", "exec"), "comillas"),
    (lambda: compile("if x:\npass", "", "exec"), "más sangría"),
    (lambda: compile("  x = 1\n y = 1", "", "exec"), "sangría"),
    (lambda: compile("x =\u00a01", "", "exec"), "carácter invisible (U+00A0)"),
]


@pytest.mark.parametrize(("raises", "said"), RAISED)
def test_a_common_exception_is_explained(raises, said):
    """What the library raises here is recognised and explained in Spanish."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each raises its own
        raises()
    assert said in explain(type(caught.value).__name__, str(caught.value))


def test_numpy_24s_words_are_known():
    """What newer versions of NumPy say of an array in a number's place is explained too."""
    said = "only 0-dimensional arrays can be converted to Python scalars"
    assert "b.item()" in explain("TypeError", said)
    assert "cabe un solo número" in explain("TypeError", "only size-1 arrays can be converted")


def test_what_is_not_known_is_not_explained():
    """An exception of the student's own has no explanation."""
    assert explain("ValueError", "mi mensaje") == ""
    assert explain("MyError", "") == ""


def test_a_long_message_is_cut_to_its_first_sentence():
    """NumPy's advice on what it removed, and on ragged lists, is left out."""
    with pytest.raises(AttributeError) as removed:
        attrgetter("float")(np)
    assert first_sentence(str(removed.value)) == "module 'numpy' has no attribute 'float'"
    with pytest.raises(ValueError, match="sequence") as ragged:
        np.array([[1, 2], [3]])
    assert first_sentence(str(ragged.value)) == "setting an array element with a sequence"
    assert first_sentence("") == ""
    assert re.fullmatch(r"1\.5 y 2\.5", first_sentence("1.5 y 2.5"))
