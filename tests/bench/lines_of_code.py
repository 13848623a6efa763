"""Counts lines of code: Python without comments, docstrings and blanks, and what pages need.

python tests/bench/lines_of_code.py
"""

import ast
import io
import subprocess
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNTED = ("layers", "functions", "training")
PAGE_SUFFIXES = {".js", ".css", ".j2"}
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(source: str) -> int:
    """Count the lines of Python that hold more than a comment or a docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def main() -> None:
    """Print the counts of every folder and their sums."""
    listing = subprocess.check_output(["git", "ls-files", *COUNTED], cwd=ROOT, text=True)
    python: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    for name in listing.splitlines():
        path = ROOT / name
        if path.suffix == ".py":
            python[str(path.parent.relative_to(ROOT))] += code_lines(path.read_text())
        elif path.suffix in PAGE_SUFFIXES:
            pages[str(path.parent.relative_to(ROOT))] += path.read_text().count("\n")
    for title, counts in (("Python, lines of code", python), ("js, css, j2, all lines", pages)):
        print(title)
        for folder, count in sorted(counts.items()):
            print(f"{count:8,}  {folder}")
        print(f"{counts.total():8,}  together\n")


if __name__ == "__main__":
    main()
