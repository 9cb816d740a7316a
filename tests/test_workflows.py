"""What `.github/workflows` runs is there: workflows cannot be run here, but they can be read."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
ACTIONS = {"actions/checkout", "actions/setup-python"}


def read(path: Path) -> dict:
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # the basic loader takes `on` for a word


def jobs(path: Path) -> list[dict]:
    return list(read(path)["jobs"].values())


def test_there_are_workflows() -> None:
    assert [path.name for path in WORKFLOWS] == ["check.yml", "platforms.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_whole(path: Path) -> None:
    said = read(path)
    assert set(said) == {"name", "on", "jobs"}
    assert set(said["on"]) <= {"push", "pull_request"}
    for job in jobs(path):
        assert set(job) <= {"strategy", "runs-on", "timeout-minutes", "steps"}
        assert 0 < int(job["timeout-minutes"]) <= 360
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step), step
            if "uses" in step:
                name, _, version = step["uses"].partition("@")
                assert name in ACTIONS
                assert re.fullmatch(r"v\d+", version)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_command_is_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = [step["run"] for job in jobs(path) for step in job["steps"] if "run" in step]
    assert commands
    for line in (line for command in commands for line in command.splitlines()):
        program, *arguments = shlex.split(line)
        assert program in ("make", "python"), line
        if program == "make":
            assert set(arguments) <= targets, line
        else:
            assert (ROOT / arguments[0]).is_file(), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_python_is_one_that_the_package_takes(path: Path) -> None:
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    for job in jobs(path):
        asked = [step["with"]["python-version"] for step in job["steps"] if "with" in step]
        matrix = job.get("strategy", {}).get("matrix", {})
        for version in matrix.get("python", asked):
            assert tuple(map(int, version.split("."))) >= tuple(map(int, least.split("."))), version
        for text in [job["runs-on"], *asked]:
            for name in re.findall(r"\$\{\{ matrix\.(\w+) \}\}", text):
                assert name in matrix
