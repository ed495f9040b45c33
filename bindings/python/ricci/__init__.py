"""Ricci from Python: functions written in index notation, compiled and differentiated.

>>> import numpy as np, ricci
>>> module = ricci.compile("fn norm2(x: f64[N]) -> f64 { sum[i](x[i] ** 2) }")
>>> module.norm2(np.array([3.0, 4.0]))
25.0
>>> module.norm2.grad("x")(np.array([3.0, 4.0]))
array([6., 8.])

Arrays are read where they lie, with any strides, from whatever has the buffer protocol or DLPack; results are NumPy's. An
argument must have the element type that the signature says. Structs and tuples go in as dicts and tuples, and come out as a
tuple of their arrays.
"""

from ._ricci import Engine, Error, Function, Module, __version__

__all__ = ["Engine", "Error", "Function", "Module", "compile", "compile_file", "__version__"]

_engine = None


def _default():
    global _engine
    if _engine is None:
        _engine = Engine()
    return _engine


def compile(text, name="<string>"):
    """Checks a program and gives its Module; functions are compiled when they are first asked for."""
    return _default().compile(text, name)


def compile_file(path):
    """The same from a file; what it imports is found beside it."""
    return _default().compile_file(path)
