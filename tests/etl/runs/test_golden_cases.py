"""Complete folders, in and out, that a person can read: tests/etl/runs/golden/<case>/.

A case has config.json, sync-output/ and perhaps snapshots/; ``expected`` has etl-output/ and snapshots/
as they must be after the run. The mapping report's page is looked at in test_mapping_page.py.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import warm_start

_ETL = Path(__file__).parents[3] / "etl"
_WHEN_AND_WHAT = re.compile(r'("(?:made_at|version|run_before)": ?)"[^"]*"')
_CASES = sorted(path for path in (Path(__file__).parent / "golden").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_a_folder_gives_what_is_expected(case: Path, tmp_path: Path) -> None:
    shutil.copytree(case, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expected"))
    done = warm_start.run(
        [sys.executable, str(_ETL / "etl.py")],
        cwd=tmp_path,
        env={
            **os.environ,
            "AMAZON_OPTIPLY_ETL_FORMAT": "singer,jsonl",
            "AMAZON_OPTIPLY_ETL_NOW": "2026-11-02T08:30:00Z",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for folder in ("etl-output", "snapshots"):
        assert _texts(tmp_path / folder) == _texts(case / "expected" / folder)


def _texts(folder: Path) -> dict[str, str]:
    return {
        path.name: _WHEN_AND_WHAT.sub(r"\1null", path.read_text(encoding="utf-8"))
        for path in folder.iterdir()
        if path.suffix != ".html"
    }
