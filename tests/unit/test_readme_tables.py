"""The READMEs' tables have a row for each rejection code and each parameter of the template."""

import re
from pathlib import Path

from deepecg.outputs.next_steps import NEXT_STEPS

ROOT = Path(__file__).parents[2]


def first_cells(path: str, heading: str) -> list[str]:
    section = (ROOT / path).read_text(encoding="utf-8").split(heading)[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)


def test_each_rejection_code_has_a_row() -> None:
    assert first_cells("layers/deepecg/README.md", "## Rejections") == [*NEXT_STEPS]


def test_each_parameter_of_the_template_has_a_row() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    parameters = template.split("\nParameters:\n")[1].split("\n\n")[0]
    names = re.findall(r"^  (\w+):$", parameters, flags=re.MULTILINE)
    assert len(names) > 10
    assert first_cells("functions/README.md", "## Deploy") == names
