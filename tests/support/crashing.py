"""Puts a run of the ETL into place, and dies without any clean-up at the n-th call that changes a file.

Called as ``crashing.py N`` in a folder with run.pickle, which holds the arguments.
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
    """Let so many calls pass."""
    left = int(sys.argv[1])

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*arguments: Any, **how: Any) -> Any:
            nonlocal left
            if left == 0:
                os._exit(KILLED)
            left -= 1
            return function(*arguments, **how)

        return dying

    with pathlib.Path("run.pickle").open("rb") as file:
        output_files, snapshot_files, output_names = pickle.load(file)  # noqa: S301 - the test's own
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
