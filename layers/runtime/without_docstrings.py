"""Compiles a package to byte code without docstrings, in the place of its sources: PACKAGE_FOLDER.

SciPy parses the docstrings of hundreds of functions while it is imported, to add a table to each:
a third of the time that a cold start waits for it. Nobody reads them in a function. Assertions
stay, unlike with Python's own ``-OO``, and so do docstrings elsewhere: NumPy asks for its own.
"""

import ast
import sys
from importlib._bootstrap_external import _code_to_hash_pyc  # what compileall writes, too
from importlib.util import source_hash
from pathlib import Path

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def compile_bare(source: Path) -> None:
    """Put byte code that is never checked against a source beside it, and delete the source."""
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
