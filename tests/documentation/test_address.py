"""The repository's address is set in one place."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from documents import ROOT

from scripts.reference.address import NAMED_IN, Address

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_address_goes_wherever_the_old_one_stands(tmp_path: Path) -> None:
    new = "https://git.example.org/shop/tap"
    for name in NAMED_IN:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    old = Address.of(ROOT).wanted
    project = tmp_path / "pyproject.toml"
    line = f'Repository = "{old}"'
    project.write_text(
        project.read_text("utf-8").replace(line, line.replace(old, new)), encoding="utf-8"
    )

    written = dict(Address.of(tmp_path).files(tmp_path))

    assert {path.relative_to(tmp_path).as_posix() for path in written} == set(NAMED_IN)
    for text in written.values():
        assert new in text
        assert old not in text


def test_no_other_file_names_it() -> None:
    found = subprocess.run(
        ["git", "grep", "--files-with-matches", "--fixed-strings", Address.of(ROOT).wanted],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=True,
    ).stdout.split()  # fmt: skip

    assert set(found) == {*NAMED_IN, "hub/tap-amazon-seller.yml"}
