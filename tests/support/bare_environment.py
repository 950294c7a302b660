"""Environments that have a wheel and what it says it needs, and nothing else; made without a network.

The libraries are those of this environment, by links: what a distribution does not name is not there,
however much a developer has installed.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable

INSTALLED = Path(sysconfig.get_path("purelib"))


@dataclass(frozen=True, slots=True)
class BareEnvironment:
    """An environment of its own.

    Attributes:
        folder: Of the environment.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where its packages are."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    def run(self, *words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run one of its programs to the end; a first word without a folder is a command of its own."""
        first = self.folder / "bin" / words[0] if isinstance(words[0], str) else words[0]
        return subprocess.run(
            [first, *words[1:]], cwd=cwd, env={"PATH": str(self.folder / "bin"), "HOME": str(cwd)},
            capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip


def of_wheel(
    folder: Path, wheel: Path, extras: Iterable[str] = (), *, by_pip: bool = False
) -> BareEnvironment:
    """An environment with a wheel and the libraries that it and these extras name.

    Args:
        folder: Where it is made.
        wheel: The wheel.
        extras: The wheel's extras.
        by_pip: Whether pip installs the wheel, with its commands; else it is unpacked alone.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    environment = BareEnvironment(folder)
    for name in needed(requirements(wheel), set(extras)):
        _link(name, environment.packages)
    if by_pip:
        pip = [sys.executable, "-m", "pip", "--python", str(environment.python)]
        subprocess.run(
            [*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
            check=True, capture_output=True,
        )  # fmt: skip
    else:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(environment.packages)
    return environment


def requirements(wheel: Path) -> list[str]:
    """What the wheel's metadata says that it needs."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        found = Parser().parsestr(archive.read(name).decode())
    return [str(each) for each in found.get_all("Requires-Dist") or ()]


def needed(lines: Iterable[str], extras: set[str]) -> set[str]:
    """The names of all distributions that these requirements lead to."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(Requirement(line), frozenset(extras)) for line in lines]
    while waiting:
        requirement, wanted = waiting.pop()
        if requirement.marker and not any(
            requirement.marker.evaluate({"extra": extra}) for extra in (wanted or {""})
        ):
            continue
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        found.add(key[0])
        further = metadata.distribution(requirement.name).requires or ()
        waiting += [(Requirement(line), key[1]) for line in further]
    return found


def _link(name: str, packages: Path) -> None:
    """Put links to what a distribution has at the top of its environment."""
    for file in metadata.distribution(name).files or ():
        top = file.parts[0]
        if top in {"..", "__pycache__"} or top.endswith(".pth") or (packages / top).exists():
            continue
        (packages / top).symlink_to(INSTALLED / top)
