"""What has not reached a simulated disk is lost with its power, whatever files were there before."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from simulation.disks import Disk
from simulation.scheduler import Scheduler

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_is_gone_says_nothing_of_the_next_one_with_its_inode(
    tmp_path: Path,
    is_replaced: bool,  # noqa: FBT001 - a case
) -> None:
    disk = Disk(Scheduler(Random(1)))
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("on the disk")
    with disk.in_place():
        disk.settle(tmp_path)
        if is_replaced:
            new.write_text("not on it yet")
            new.replace(old)
        else:
            old.unlink()
            old.write_text("not on it yet")

        assert disk.reached == {}
        assert disk.lose_power(tmp_path) == 1

    assert old.read_text() == ""


def test_what_has_reached_the_disk_stays(tmp_path: Path) -> None:
    disk = Disk(Scheduler(Random(1)))
    path = tmp_path / "journal"
    path.write_text("one\n")
    with disk.in_place():
        disk.settle(tmp_path)
        with path.open("a") as file:
            file.write("two\n")

        assert disk.lose_power(tmp_path) == 1

    assert path.read_text() == "one\n"
