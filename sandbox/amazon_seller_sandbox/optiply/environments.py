"""The environments of the stand-ins: one with hotglue's SDK, one with gluestick.

Their pins conflict with this project's and with each other's, so each has an environment of its own
beside the one that this runs in, and modules of this package run there without the packages of here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import click

_FOLDER = Path(__file__).parent
_PACKAGE = Path(__file__).parents[1]
NAMES = ("target", "host")
HOME = "SANDBOX_OPTIPLY_ENVIRONMENTS"
"""The environment variable that names another folder for the environments."""
_RUN = """
import importlib.util, pathlib, runpy, sys
package, module = pathlib.Path(sys.argv[1]), sys.argv[2]
sys.argv[:3] = [module]
spec = importlib.util.spec_from_file_location(
    package.name, package / "__init__.py", submodule_search_locations=[str(package)]
)
sys.modules[package.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[package.name])
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""Imports this package from its folder alone, and none of the packages that lie beside it."""


class NotInstalledError(Exception):
    """An environment is missing, or of other requirements; the message says what to do."""


def _place(name: str) -> Path:
    return Path(os.environ.get(HOME) or Path(sys.prefix) / "sandbox-optiply") / name


def _requirements(name: str) -> str:
    return (_FOLDER / name / "requirements.txt").read_text("utf-8")


def _is_installed(name: str) -> bool:
    note = _place(name) / "installed.txt"
    return note.exists() and note.read_text("utf-8") == _requirements(name)


def command(name: str, module: str) -> list[str]:
    """Return the beginning of a command line that runs a module of this package in an environment.

    Raises:
        NotInstalledError: the environment has not been made.
    """
    if not _is_installed(name):
        message = (
            f"The environment of the {name} stand-in is not in {_place(name)}; "
            "make it once with: sandbox-target-optiply --install"
        )
        raise NotInstalledError(message)
    python = _place(name) / "bin" / "python"
    return [str(python), "-I", "-c", _RUN, str(_PACKAGE), module]


def install() -> None:
    """Make the environments that are missing.

    Raises:
        subprocess.CalledProcessError: pip could not install; it has said why.
    """
    for name in NAMES:
        if _is_installed(name):
            continue
        place = _place(name)
        click.echo(f"Installing {_FOLDER / name / 'requirements.txt'} into {place} ...", err=True)
        _install(place, _FOLDER / name / "requirements.txt")
        (place / "installed.txt").write_text(_requirements(name), "utf-8")


def _install(place: Path, requirements: Path) -> None:
    """Make an environment with uv, a tenth of the work, or with pip where uv finds no index."""
    venv.create(place, clear=True)
    python = str(place / "bin" / "python")
    words = ["install", "--quiet", "--requirement", str(requirements)]
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    uv = shutil.which("uv", path=places)
    if uv and _succeeds([uv, "pip", *words, "--python", python]):
        return
    if not _succeeds([python, "-m", "ensurepip"]):
        raise OSError(f"{python} has no pip")
    pip = [python, "-m", "pip", "--disable-pip-version-check", *words]
    subprocess.run(pip, check=True)  # noqa: S603 - our own


def _succeeds(words: list[str]) -> bool:
    """Run a program whose output does not matter."""
    return subprocess.run(words, capture_output=True, check=False).returncode == 0  # noqa: S603 - our own
