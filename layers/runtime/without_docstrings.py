"""Replaces a package's sources by byte code without docstrings: PACKAGE_FOLDER.

SciPy parses the docstrings of hundreds of functions at import, to add a table to each. That is a
third of its import time at a cold start. Python's ``-OO`` would also remove assertions, and the
docstrings of NumPy, which needs them.
"""

import ast
import sys
from importlib._bootstrap_external import _code_to_hash_pyc  # compileall uses it, too
from importlib.util import source_hash
from pathlib import Path

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def compile_bare(source: Path) -> None:
    """Write byte code that Python does not check against a source, and delete the source."""
    text = source.read_bytes()
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if node.body[1:] else [ast.copy_location(ast.Pass(), node.body[0])]
    code = compile(tree, source.name, "exec", dont_inherit=True)
    source.with_suffix(".pyc").write_bytes(_code_to_hash_pyc(code, source_hash(text), False))
    source.unlink()


if __name__ == "__main__":
    for source in Path(sys.argv[1]).rglob("*.py"):
        compile_bare(source)
