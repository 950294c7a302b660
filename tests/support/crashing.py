"""Puts a run of the ETL into place, again and again, and dies at the n-th call that changes a file.

Started in a folder with run.pickle, which holds the arguments. For each number on the input it forks a
process that works on the folder, lets so many calls pass and dies without any clean-up; it answers the
exit code of that process. A negative number lets all calls pass.
"""

from __future__ import annotations

import os
import pathlib
import pickle
import shutil
import sys
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.state import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

CHANGES = (
    (os, ("replace", "open", "fsync")),
    (shutil, ("copy2", "rmtree")),
    (pathlib.Path, ("rename", "unlink", "mkdir")),
)
KILLED = 137


def main() -> None:
    """Answer the exit code for each number."""
    with pathlib.Path("run.pickle").open("rb") as file:
        content = pickle.load(file)  # noqa: S301 - the test's own
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _put_into_place(int(line), *content)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _put_into_place(
    left: int,
    output_files: dict[str, transaction.Content],
    snapshot_files: dict[str, transaction.Content | None],
    output_names: tuple[str, ...],
) -> None:
    """Let so many calls pass."""

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*arguments: Any, **how: Any) -> Any:
            nonlocal left
            if left == 0:
                os._exit(KILLED)
            left -= 1
            return function(*arguments, **how)

        return dying

    for module, names in CHANGES:
        for name in names:
            setattr(module, name, counted(getattr(module, name)))
    snapshots = pathlib.Path("snapshots")
    transaction.roll_back(snapshots)
    transaction.put_into_place(
        pathlib.Path("etl-output"), output_files, output_names, snapshots, lambda: snapshot_files
    )


if __name__ == "__main__":
    main()
