"""PostgreSQL of a fleet is refused in a sentence where its user cannot get to its files or programs."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amazon_fleet.embedded import binaries
from amazon_fleet.embedded.server import EmbeddedServer
from amazon_fleet.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="as an ordinary user, PostgreSQL runs as that user"
)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, as `tmp_path` is not."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def hidden(folder: Path) -> Path:
    made = folder / "hidden"
    made.mkdir(mode=0o700)
    return made


def test_a_folder_that_its_user_cannot_enter_is_named(open_folder: Path) -> None:
    within = hidden(open_folder)
    server = EmbeddedServer(within)
    with pytest.raises(DatabaseError, match=f"{re.escape(str(within))}: .*choose another folder"):
        server.start()


def test_programs_that_its_user_cannot_reach_are_named(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    within = hidden(open_folder)
    programs = within / "bin"
    programs.mkdir()
    monkeypatch.setattr(binaries, "find", lambda: programs)
    server = EmbeddedServer(open_folder)
    with pytest.raises(DatabaseError, match=f"{re.escape(str(within))}: .*install elsewhere"):
        server.start()
