"""Every command and example in every README runs, and answers what the text says."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from holter_file_writers import synthetic_ecg, write_edf, write_wfdb
from integration.aws_with_clock_and_faults import Cloud
from integration.test_serve import Service, running

from deepecg.outputs.recording_id import recording_id
from deepecg.readers.text_options import read_text_options
from deepecg.review.review_file import read_review
from deepecg.settings_file import read_settings_file

ROOT = Path(__file__).parents[2]
READMES = sorted(
    path
    for path in ROOT.rglob("README.md")
    if not {".venv", ".venv-sam", ".venv-bench", ".aws-sam", "node_modules"} & set(path.parts)
)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Example:
    """A command line of a shell block, or a whole block of another language."""

    readme: str
    language: str
    text: str


def examples() -> Iterator[Example]:
    """Yield every example; shell commands that go on in the next line are one."""
    for path in READMES:
        readme = path.relative_to(ROOT).as_posix()
        for language, block in FENCE.findall(path.read_text(encoding="utf-8")):
            if language != "sh":
                yield Example(readme, language, block)
                continue
            for line in block.replace("\\\n", " ").splitlines():
                command = re.sub(r"\s{2,}#.*$", "", line).strip()
                if command and not command.startswith("#"):
                    yield Example(readme, language, command)


ALL = list(examples())


def shell(command: str, folder: Path, **variables: str) -> str:
    """Run a command with this environment's Python and programs; return its output."""
    command = re.sub(r"(?<!/)\.venv/bin/", f"{BIN}/", command)
    if command.startswith("python "):
        command = f"{BIN}/{command}"
    done = subprocess.run(
        ["bash", "-ec", command],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def is_target(command: str) -> None:
    """Check that make knows the targets of a command and would run something."""
    target = command.split("&&", maxsplit=1)[0]
    assert shell(f"{target} --dry-run", ROOT), target


def module_answers(command: str) -> None:
    """Check that a training command exists and takes the options given."""
    (module,) = re.findall(r"-m (training\.[\w.]+)", command)
    shown = shell(f".venv/bin/python -m {module} --help", ROOT)
    for option in re.findall(r"--\w+", command):
        assert option in shown, f"{module} has no option {option}"


def downloads_public_databases(command: str) -> None:
    """Check the code that fetches recordings; tests have no network."""
    code = re.search(r'python -c "(.*)"', command)
    assert code is not None
    compile(code[1], "README", "exec")
    assert set(re.findall(r"'(\w+)'", code[1])) >= {"mitdb", "svdb", "nstdb"}


def is_tested_by(path: str, *names: str) -> Callable[[str], None]:
    """Return a check that a test which needs Docker or SAM runs such a command."""

    def check(_: str) -> None:
        source = (ROOT / path).read_text(encoding="utf-8")
        for name in names:
            assert name in source, f"{path} has no {name}"

    return check


def is_covered_elsewhere(_: str) -> None:
    """The command has a test of its own below."""


HANDLERS: tuple[tuple[str, Callable[[str], None]], ...] = (
    (r"^make [a-z-]+( [A-Z]+=\S+)*$", is_target),
    (r"^python3 -m venv \.venv && \.venv/bin/pip install \.$", is_covered_elsewhere),
    (r"^\.venv/bin/deepecg (score|report) ", is_covered_elsewhere),
    (r"-m training\.", module_answers),
    (r"^python -c \"import wfdb", downloads_public_databases),
    (r"^docker (build|run)", is_tested_by("tests/docker/test_images.py", "deepecg-score")),
    (r"^sam build && sam deploy", is_tested_by("tests/sam/conftest.py", '"build"')),
    (r"^(aws s3 (cp|ls)|printf %s clinic-7)", is_covered_elsewhere),
    (r"^(beat=|curl -s localhost:8000/v1/predict)", is_covered_elsewhere),
)


@pytest.mark.parametrize(
    "example", [one for one in ALL if one.language == "sh"], ids=lambda one: one.text[:60]
)
def test_every_command_runs_or_has_a_test(example: Example) -> None:
    check = next((run for pattern, run in HANDLERS if re.search(pattern, example.text)), None)
    assert check is not None, f"{example.readme}: no test runs `{example.text}`"
    check(example.text)


def test_there_are_examples_of_every_kind() -> None:
    assert {one.language for one in ALL} == {"sh", "json", "python"}
    assert len(ALL) > 20


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as `pip install .` installs it, without what it needs."""
    target = tmp_path_factory.mktemp("installed")
    source = tmp_path_factory.mktemp("source") / "deepecg"
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    pip = f"{sys.executable} -m pip --disable-pip-version-check -q"
    shell(f"{pip} install --no-deps --target {target} .", source)
    return target


@pytest.mark.xdist_group("readmes")
def test_the_laptop_commands_write_what_the_readme_lists(installed: Path, tmp_path: Path) -> None:
    commands = [
        one.text
        for one in ALL
        if one.readme == "README.md" and one.text.startswith(".venv/bin/deepecg")
    ]
    assert len(commands) == 2
    (tmp_path / "recordings").mkdir()
    write_wfdb(tmp_path / "recordings" / "first.hea", synthetic_ecg(60))
    write_edf(tmp_path / "recordings" / "another.edf", synthetic_ecg(60))
    for command in commands:
        program = command.replace(".venv/bin/deepecg", f"{sys.executable} -m deepecg")
        shell(program, tmp_path, PYTHONPATH=str(installed))
    listed = re.findall(
        r"^\| `(\w[\w.-]*)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    for name in ("first", "another"):
        written = {path.name for path in (tmp_path / "scored" / name).iterdir()}
        expected = {file.replace("NAME", name) for file in listed}
        expected -= {"rejection.json", "report.pdf"}  # instead of the others; with --pdf
        assert written == expected
    (page,) = (tmp_path / "scored" / "reports").glob("*/index.html")
    assert page.read_text(encoding="utf-8").lower().startswith("<!doctype html>")


JSON = [one for one in ALL if one.language == "json"]
REVIEWS = [one for one in JSON if '"operations"' in one.text]
TEXT_OPTIONS = [one for one in JSON if one.text.startswith('{"sampling_rate_hz"')]


@pytest.mark.parametrize("example", REVIEWS)
def test_reviews_are_accepted(example: Example) -> None:
    assert read_review(example.text.encode()).status == "final"


@pytest.mark.parametrize("example", TEXT_OPTIONS)
def test_text_options_are_accepted(example: Example) -> None:
    options = read_text_options(example.text.encode(), "the example")
    assert None not in vars(options).values()


@pytest.mark.parametrize("example", [one for one in JSON if one not in (*REVIEWS, *TEXT_OPTIONS)])
def test_settings_files_are_accepted(example: Example) -> None:
    settings = read_settings_file(example.text.encode())
    assert settings.lead == "V5"
    assert settings.rhythm.pauses.pause_s == 2.5


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running() as service:
        yield service


@pytest.mark.xdist_group("serve")
def test_the_beat_of_the_api_readme_is_answered_as_it_says(
    service: Service, tmp_path: Path
) -> None:
    lines = [one.text for one in ALL if one.readme.endswith("api/README.md")]
    beat, curl = (
        next(line for line in lines if line.startswith(begin)) for begin in ("beat=", "curl ")
    )
    address = str(service.client.base_url).removeprefix("http://").rstrip("/")
    answer = json.loads(shell(f"{beat}\n{curl.replace('localhost:8000', address)}", tmp_path))
    by_probability = sorted(answer["probabilities"], key=answer["probabilities"].__getitem__)
    text = " ".join((ROOT / lines_readme()).read_text(encoding="utf-8").split())
    assert f"the answer is {answer['class']}, and {by_probability[-2]} is the second" in text
    assert answer["class"] == by_probability[-1]


def lines_readme() -> str:
    return next(one.readme for one in ALL if one.readme.endswith("api/README.md"))


@pytest.mark.xdist_group("serve")
def test_the_upload_of_the_api_readme_is_scored(service: Service, tmp_path: Path) -> None:
    (program,) = (one.text for one in ALL if one.language == "python")
    write_wfdb(tmp_path / "100.hea", synthetic_ecg(60))
    address = str(service.client.base_url).rstrip("/")
    code = program.replace("http://127.0.0.1:8000", address)
    waiting = textwrap.dedent("""
        import time
        while answer["status"] == "waiting":
            time.sleep(0.2)
            answer = requests.get(api + request["status_url"]).json()
        print(answer["status"])
    """)
    (tmp_path / "upload.py").write_text(code + waiting, encoding="utf-8")
    assert shell(".venv/bin/python upload.py", tmp_path).split()[-1] == "scored"


def test_an_uploads_id_is_where_the_deploying_guide_looks(cloud: Cloud, edf_file: bytes) -> None:
    (printf,) = (one.text for one in ALL if one.text.startswith("printf"))
    key = "clinic-7/holter.edf"
    computed = shell(printf, ROOT).strip()
    assert computed == hashlib.sha256(key.encode()).hexdigest()[:20] == recording_id(key)
    cloud.upload(key, edf_file)
    cloud.pump()
    assert f"recordings/{computed}/current.json" in cloud.result_keys()
