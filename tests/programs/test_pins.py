"""What the checks run with has a version for each declared requirement, and no address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PINS = (ROOT / "constraints.txt").read_text("utf-8").splitlines()[1:]
_PIN = re.compile(r'[\w.-]+==[\w.]+(; python_version [<>=]+ "3\.\d+")?')
OWN = {"tap-amazon-seller", "amazon-seller-sandbox"}


def _declared(path: str) -> set[str]:
    described = tomllib.loads((ROOT / path).read_text("utf-8"))
    project = described["project"]
    lists = [
        project.get("dependencies", []),
        *project.get("optional-dependencies", {}).values(),
        *described.get("dependency-groups", {}).values(),
    ]
    names = (Requirement(each).name for found in lists for each in found)
    return {str(canonicalize_name(name)) for name in names} - OWN


@pytest.mark.parametrize("path", ["pyproject.toml", "sandbox/pyproject.toml"])
def test_each_requirement_has_the_version_that_the_checks_run_with(path: str) -> None:
    pinned = {canonicalize_name(line.partition("==")[0]) for line in PINS}

    assert _declared(path) <= pinned


def test_pins_are_names_and_versions_alone_each_once() -> None:
    assert all(_PIN.fullmatch(line) for line in PINS)
    assert sorted(PINS, key=str.casefold) == PINS
    assert len(set(PINS)) == len(PINS)
