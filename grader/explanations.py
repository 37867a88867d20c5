"""What the commonest exceptions mean, and the first sentence of their messages."""

from __future__ import annotations

import re

from grader.words import _, later

_FLOAT = later(
    "un tamaño o un índice salió con decimales y debe ser entero: divide con // en lugar de /, o usa "
    "int(...)"
)
_NUMBER = later(
    "en ese lugar cabe un solo número y llegó un array o una lista: escribe .item() si tiene un solo "
    "elemento; si tiene más, falta sumar o elegir"
)
_PRODUCT = later(
    "en un producto de matrices, la primera debe tener tantas columnas como filas la "
    "segunda: revisa el orden y si falta transponer"
)
_NONE = later(
    "algo vale None: ¿una función a la que le falta el return, un resultado sin guardar, o un None que "
    "había que reemplazar?"
)
_LIST = later("es una lista o una tupla de Python y no un array: conviértela con np.array(...)")
_RAISE = later("quedó un `raise` sin terminar: bórralo y escribe tu solución en su lugar")
_TORCH = later("falta PyTorch: instálalo con `pip install torch`; no es un error de tu código")

_EXPLANATIONS: tuple[tuple[str, str, str], ...] = (
    # the exception's name, a pattern in its message, and what it means; {1} is the pattern's group, and
    # {1:eje/ejes} that number of axes
    ("TypeError", r"'(?:numpy\.)?float\d*' object cannot be interpreted as an integer", _FLOAT),
    ("TypeError", r"slice indices must be integers", _FLOAT),
    (
        "TypeError",
        r"(?:list|tuple) indices must be integers or slices, not (?:numpy\.)?float",
        _FLOAT,
    ),
    ("TypeError", r"list indices must be integers or slices, not tuple", _LIST),
    ("IndexError", r"only integers, slices", _FLOAT),
    ("IndexError", r"arrays used as indices must be of integer", _FLOAT),
    (
        "ValueError",
        r"operands could not be broadcast together with shapes (.*\S)",
        later(
            "las formas {1} no se pueden operar juntas: contando desde el último eje, cada par debe ser "
            "igual, o uno de los dos valer 1"
        ),
    ),
    (
        "ValueError",
        r"output operand with shape (\(.*?\)) doesn't match the broadcast shape (\(.*?\))",
        later("quieres sumar en algo de forma {1}, y lo que le das resulta de forma {2}"),
    ),
    (
        "ValueError",
        r"zero-size array to reduction operation",
        later("quieres reducir un corte que está vacío: mira dónde empieza y dónde termina"),
    ),
    (
        "UFuncTypeError",
        r"Cannot cast ufunc '\w+' output from dtype\('float\d*'\) to dtype\('u?int\d*'\)",
        later(
            "quieres sumar decimales en un array de enteros: créalo sin dtype=int, con np.zeros(...)"
        ),
    ),
    ("ValueError", r"shape-mismatch for sum", later("los ejes que se suman no miden lo mismo")),
    (
        "ValueError",
        r"remapped shapes .* requested shape",
        later(
            "los pares no calzan con los ejes: np.pad espera un par (antes, después) por cada eje del "
            "array"
        ),
    ),
    (
        "ValueError",
        r"could not broadcast input array from shape \((?:\d+,)*0(?:,\d+)*,?\) into",
        later(
            "quieres guardar un corte que está vacío: con p = 0, [p:-p] es [0:0]. Escribe dónde termina "
            "el corte contando desde el principio"
        ),
    ),
    (
        "ValueError",
        r"could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))",
        later("quieres guardar algo de forma {1} donde cabe algo de forma {2}"),
    ),
    ("ValueError", r"shapes .* not aligned|matmul: Input operand", _PRODUCT),
    (
        "RuntimeError",
        r"The expanded size of the tensor \((\d+)\) must match the existing size \((\d+)\) at non-",
        later(
            "donde caben {1:valor/valores} pones {2}: ¿le falta el padding, o los índices son otros?"
        ),
    ),
    (
        "RuntimeError",
        r"shape '(\[.*?\])' is invalid for input of size (\d+)",
        later(
            "hay {2:valor/valores}, y en la forma {1} no caben justo esos: multiplica sus números"
        ),
    ),
    (
        "RuntimeError",
        r"Trying to create tensor with negative dimension|Dimension size must be non-negative",
        later("un tamaño resulta negativo: revisa la cuenta del tamaño de la salida"),
    ),
    (
        "RuntimeError",
        r"Index tensor must have the same number of dimensions",
        later("los índices deben tener tantos ejes como el tensor: mira unsqueeze o reshape"),
    ),
    (
        "RuntimeError",
        r"view size is not compatible",
        later("con este orden en memoria no se puede usar view: usa reshape"),
    ),
    ("RuntimeError", r"mat1 and mat2 shapes|Expected size for first two dimensions", _PRODUCT),
    (
        "AttributeError",
        r"module 'numpy' has no attribute '(float|int|bool|object|complex|str|long)'",
        later("`np.{1}` ya no existe en NumPy: escribe `{1}`, sin el np"),
    ),
    (
        "AttributeError",
        r"module 'numpy' has no attribute '(\w+)'",
        later("NumPy no tiene (o ya no tiene) `np.{1}`: revisa cómo se llama"),
    ),
    (
        "TypeError",
        r"0-dimensional arrays can be converted",
        later(
            "desde NumPy 2.4, float(b) no acepta un array con ejes, ni de un elemento: escribe b.item() "
            "(o súmale b y usa .item() al final)"
        ),
    ),
    (
        "ValueError",
        r"setting an array element with a sequence.*inhomogeneous",
        later("las filas no tienen todas el mismo largo"),
    ),
    ("ValueError", r"setting an array element with a sequence", _NUMBER),
    ("TypeError", r"only (?:length|size)-1 arrays can be converted", _NUMBER),
    ("ValueError", r"can only convert an array of size 1", _NUMBER),
    (
        "IndexError",
        r"index (-?\d+) is out of bounds for (?:axis|dimension) (\d+) with size (\d+)",
        later(
            "pediste el índice {1} del eje {2}, que tiene {3:elemento/elementos} (se cuentan desde el 0)"
        ),
    ),
    (
        "IndexError",
        r"(?:list|tuple) index out of range",
        later("pediste un elemento más allá del último"),
    ),
    (
        "IndexError",
        r"too many indices for array: array is (\d+)-dimensional, but (\d+) were indexed",
        later("el array tiene {1:eje/ejes} y le diste {2:índice/índices}"),
    ),
    (
        "TypeError",
        r"unhashable type: '([\w.]+)'",
        later(
            "un objeto `{1}` no puede ser clave de un diccionario ni elemento de un conjunto: ¿querías "
            "corchetes, o una tupla?"
        ),
    ),
    (
        "TypeError",
        r"missing \d+ required (?:positional|keyword-only) arguments?: (.*)",
        later("en la llamada falta {1}"),
    ),
    (
        "TypeError",
        r"(zeros|ones|empty)\(\) takes from",
        later("la forma va en una tupla: np.{1}((a, b, c)), con dos paréntesis"),
    ),
    (
        "AxisError",
        r"axis (-?\d+) is out of bounds for array of dimension (\d+)",
        later("pediste el eje {1} de un array de {2:eje/ejes} (se cuentan desde el 0)"),
    ),
    (
        "TypeError",
        r"takes from (\d+) to (\d+) positional arguments but (\d+) (?:was|were) given",
        later("la función recibe de {1} a {2:argumento/argumentos} y le diste {3}"),
    ),
    (
        "TypeError",
        r"takes (\w+) positional arguments? but (\d+) (?:was|were) given",
        later("la función recibe {1:argumento/argumentos} y le diste {2}"),
    ),
    (
        "TypeError",
        r"unexpected keyword argument '(\w+)'",
        later("la función no tiene ningún argumento que se llame `{1}`"),
    ),
    ("TypeError", r"NoneType", _NONE),
    ("AttributeError", r"'NoneType' object", _NONE),
    (
        "ValueError",
        r"too many values to unpack \(expected (\d+)",
        later("a la izquierda del = hay {1:nombre/nombres} y a la derecha llegan más valores"),
    ),
    (
        "ValueError",
        r"not enough values to unpack \(expected (?:at least )?(\d+), got (\d+)",
        later("a la izquierda del = hay {1:nombre/nombres} y a la derecha: {2:valor/valores}"),
    ),
    ("KeyError", r"(.+)", later("el diccionario no tiene la clave {1}")),
    (
        "UnboundLocalError",
        r"variable '(\w+)'",
        later(
            "usas `{1}` antes de darle un valor dentro de la función; si querías lo que se llama así "
            "fuera de ella, dale otro nombre a lo que guardas dentro"
        ),
    ),
    (
        "NameError",
        r"name '(\w+)' is not defined",
        later(
            "no hay nada que se llame `{1}`: ¿está bien escrito, le diste un valor antes de usarlo, y "
            "corriste la celda que lo define?"
        ),
    ),
    (
        "ValueError",
        r"cannot reshape array of size (\d+) into shape (.*)",
        later("{1:valor no cabe justo/valores no caben justos} en la forma {2}"),
    ),
    (
        "ValueError",
        r"truth value of an array",
        later(
            "no se puede decidir con un array entero: en un if compara un valor, o usa .any() o .all(), "
            "y en lugar de max y min, los de Python, np.max y np.min"
        ),
    ),
    (
        "ValueError",
        r"negative dimensions are not allowed",
        later("un tamaño salió negativo: revisa la fórmula"),
    ),
    ("RuntimeError", r"No active exception to re-?raise", _RAISE),
    ("TypeError", r"exceptions must derive from BaseException|'NotImplementedType'", _RAISE),
    ("ZeroDivisionError", r"", later("divides entre cero")),
    ("RecursionError", r"", later("la función se llama a sí misma sin fin")),
    (
        "TypeError",
        r"'numpy\.ndarray' object is not callable",
        later(
            "pusiste paréntesis tras un array, como si fuera una función: para elegir se usan "
            "corchetes"
        ),
    ),
    (
        "TypeError",
        r"'(?:int|float|str|list|tuple|numpy\.\w+)' object is not callable",
        later(
            "pusiste paréntesis tras algo que no es una función: ¿falta un operador, o guardaste un "
            "valor con el nombre de una función (sum = 0, range = 3)? Cámbialo y reinicia el kernel"
        ),
    ),
    (
        "TypeError",
        r"'dict' object is not callable",
        later("pusiste paréntesis tras un diccionario: lo que guarda se pide con corchetes"),
    ),
    (
        "TypeError",
        r"'(?:function|type|builtin_function_or_method|method)' object is not subscriptable",
        later("pusiste corchetes tras una función: se la llama con paréntesis"),
    ),
    (
        "AttributeError",
        r"'(?:list|tuple)' object has no attribute '(?:shape|reshape|sum|T|copy|astype|ndim)'",
        _LIST,
    ),
    (
        "AttributeError",
        r"'(?!Tensor|Parameter|NoneType)([A-Z]\w*)' object has no attribute '(\w+)'",
        later(
            "el objeto {1} no tiene `{2}`: ¿se guarda en self? Si lo agrega otra celda, córrela después "
            "de la celda de la clase"
        ),
    ),
    (
        "AttributeError",
        r"'dict' object has no attribute '(\w+)'",
        later('lo que guarda un diccionario se pide con corchetes y comillas: ["{1}"]'),
    ),
    (
        "RuntimeError",
        r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)",
        later(
            "los dos tensores no se pueden operar juntos: en un mismo eje uno tiene {1} y el otro {2}"
        ),
    ),
    ("ModuleNotFoundError", r"No module named 'torch", _TORCH),
    (
        "ModuleNotFoundError",
        r"No module named '(\w+)",
        later("aquí no está instalado `{1}`, y no hace falta"),
    ),
    (
        "SyntaxError",
        r"invalid non-printable character (U\+[0-9A-F]+)",
        later(
            "hay un carácter invisible ({1}) que se cuela al copiar de una página: borra los espacios "
            "de esa línea y escríbelos de nuevo"
        ),
    ),
    ("SyntaxError", r"'[(\[{]' was never closed", later("falta cerrar ese paréntesis o corchete")),
    ("SyntaxError", r"expected ':'", later("faltan los dos puntos al final")),
    ("SyntaxError", r"unterminated", later("falta cerrar las comillas")),
    (
        "IndentationError",
        r"expected an indented block",
        later("lo que va dentro debe tener más sangría"),
    ),
    (
        "IndentationError",
        r"",
        later("la sangría (los espacios al principio) no cuadra con las líneas de al lado"),
    ),
    ("TabError", r"", later("la sangría mezcla tabuladores y espacios")),
)


class _Counted(str):
    """A text that, where it is a number, is told with what is counted."""

    __slots__ = ()

    def __format__(self, counted: str) -> str:
        one, _slash, many = counted.partition("/")
        return f"{self!s} {one if self == '1' else many}" if counted else str(self)


def explain(type_name: str, message: str) -> str:
    r"""Say what an exception means, or nothing where that isn't known.

    >>> explain("IndexError", "index 5 is out of bounds for axis 0 with size 5")
    'pediste el índice 5 del eje 0, que tiene 5 elementos (se cuentan desde el 0)'
    """
    for name, pattern, meaning in _EXPLANATIONS:
        found = re.search(pattern, message) if name == type_name else None
        if found:
            return _(meaning).format(*map(_Counted, (found[0], *found.groups(""))))
    return ""


def first_sentence(message: str) -> str:
    r"""Return the first sentence of an exception's message, without its full stop.

    >>> first_sentence("module 'numpy' has no attribute 'float'.\n`np.float` was a deprecated alias")
    "module 'numpy' has no attribute 'float'"
    """
    lines = message.strip().splitlines() or [""]
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`'])", lines[0])[0].strip().removesuffix(".")
