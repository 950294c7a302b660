"""The machine loses its power while a run puts its files into place: none comes back cut off."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from simulation.disks import Disk

from amazon_optiply_etl.state import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.scheduler import Scheduler

NAMES = ("products.snapshot.csv", "sell_orders.snapshot.csv", "waiting.singer")
CHANGES = 20
"""More calls that change a folder than a run makes."""


class _PowerCut(BaseException):
    """No clean-up follows it."""


class _AnyOrder:
    """What a disk has of a scheduler where nothing happens at once."""

    def point(self) -> None:
        """Continue."""

    def runs_this_thread(self) -> bool:
        """Whether it is this thread's turn, as it always is."""
        return True


def _files(run: str) -> dict[str, bytes]:
    return {name: f"{run} of {name}\n".encode() * 400 for name in NAMES}


def _run(root: Path, run: str) -> None:
    snapshots = root / "snapshots"
    transaction.roll_back(snapshots)
    transaction.put_into_place(
        root / "etl-output", {"data.singer": run.encode()}, ("data.singer",), snapshots,
        lambda: {**_files(run), NAMES[2]: None if run == "third" else _files(run)[NAMES[2]]},
    )  # fmt: skip


def _held(root: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in (root / "snapshots").iterdir()
        if path.name in NAMES
    }


@pytest.mark.parametrize("at", range(CHANGES))
def test_after_a_power_cut_the_snapshots_are_those_of_one_run_and_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    disk = Disk(cast("Scheduler", _AnyOrder()))
    (tmp_path / "snapshots").mkdir()
    for name, content in _files("first").items():  # a host or a person has put them there
        (tmp_path / "snapshots" / name).write_bytes(content)
    disk.settle(tmp_path / "snapshots")
    left = at

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*arguments: Any, **how: Any) -> Any:
            nonlocal left
            if left == 0:
                raise _PowerCut
            left -= 1
            return change(*arguments, **how)

        return dying

    with disk.in_place():
        _run(tmp_path, "second")
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", counted(os.replace))
            for name in ("rename", "unlink", "mkdir"):
                patch.setattr(Path, name, counted(getattr(Path, name)))
            try:
                _run(tmp_path, "third")
            except _PowerCut:
                disk.lose_power(tmp_path / "snapshots")
        transaction.roll_back(tmp_path / "snapshots")

    third = _files("third")
    del third[NAMES[2]]
    assert _held(tmp_path) in (_files("second"), third)
    if at == CHANGES - 1:
        assert left > 0
        assert _held(tmp_path) == third


def test_output_is_not_put_into_place_where_snapshots_cannot_be_laid_out(tmp_path: Path) -> None:
    _run(tmp_path, "first")

    def fail() -> dict[str, bytes]:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        transaction.put_into_place(
            tmp_path / "etl-output", {"data.singer": b"second"}, ("data.singer",),
            tmp_path / "snapshots", fail,
        )  # fmt: skip
    assert (tmp_path / "etl-output" / "data.singer").read_bytes() == b"first"
    assert [each.name for each in (tmp_path / "etl-output").iterdir()] == ["data.singer"]
    assert _held(tmp_path) == _files("first")
