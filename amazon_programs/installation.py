"""How this was installed, and the command that adds an extra to it.

A hint that names the index helps nobody who has a checkout, a wheel or a tool's own environment: the
index has another version, or none, and `pip` is another environment's. What an installer notes beside a
distribution says where it came from: PEP 610 (`direct_url.json`), which pip and uv write for all that
does not come from an index; pipx and `uv tool` leave a file of their own in the environment, and Meltano
has a folder for each plugin's.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shlex
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

if TYPE_CHECKING:
    from collections.abc import Iterator

DISTRIBUTION = "tap-amazon-seller"
"""What all packages but the sandbox come in."""
OWN_PACKAGES = frozenset(
    {
        "amazon_asin_match", "amazon_fleet", "amazon_optiply_etl", "amazon_programs",
        "amazon_selling_partner", "tap_amazon_associates", "tap_amazon_seller",
    }
)  # fmt: skip
"""One of these that is missing is a fault of the distribution, not a missing extra."""
_OF_PIPX, _OF_UV_TOOL = "pipx_metadata.json", "uv-receipt.toml"
_OF_MELTANO = ".meltano"


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the distribution came from, and the environment that it is in.

    Attributes:
        origin: `direct_url.json` of the distribution (PEP 610); empty where it came from an index.
        prefix: The environment's folder.
        python: Its interpreter.
        has_pip: Whether the environment has pip.
        pip_on_path: The `pip` that a shell finds.
    """

    origin: dict[str, Any]
    prefix: Path
    python: Path
    has_pip: bool
    pip_on_path: Path | None

    @classmethod
    def here(cls) -> Installation:
        """That of this interpreter."""
        found = shutil.which("pip")
        return cls(
            _origin(),
            Path(sys.prefix),
            Path(sys.executable),
            importlib.util.find_spec("pip") is not None,
            Path(found) if found else None,
        )

    def requirement(self, extra: str) -> list[str]:
        """What an installer is given, with the extra: a folder, a file, an address or a name."""
        wanted = f"{DISTRIBUTION}[{extra}]"
        url = str(self.origin.get("url", ""))
        path = _path(url)
        if "vcs_info" in self.origin:
            how = self.origin["vcs_info"]
            revision = how.get("requested_revision") or how.get("commit_id", "")
            return [f"{wanted} @ {how['vcs']}+{url}{'@' if revision else ''}{revision}"]
        if path is not None and path.exists():
            is_editable = self.origin.get("dir_info", {}).get("editable", False)
            return [*(["--editable"] if is_editable else []), f"{path}[{extra}]"]
        if url and path is None:
            return [f"{wanted} @ {url}"]
        return [wanted]

    def hint(self, extra: str) -> str:
        """How to add an extra to this installation: `install it with: ...`, for a shell."""
        if (
            _OF_MELTANO in self.prefix.parts
        ):  # which makes the environment anew from its project file
            wanted = shlex.join(self.requirement(extra))
            return f"have meltano.yml say pip_url: {wanted} and run: meltano install"
        return f"install it with: {self._command(self.requirement(extra))}"

    def _command(self, what: list[str]) -> str:
        if (self.prefix / _OF_PIPX).exists():
            return shlex.join(["pipx", "install", "--force", *what])
        if (self.prefix / _OF_UV_TOOL).exists():
            return shlex.join(["uv", "tool", "install", "--force", *what])
        if not self.has_pip:
            return shlex.join(["uv", "pip", "install", "--python", str(self.python), *what])
        if self.pip_on_path is not None and self.pip_on_path.parent == self.python.parent:
            return shlex.join(["pip", "install", *what])
        return shlex.join([str(self.python), "-m", "pip", "install", *what])


def missing_extra(what: str, error: ModuleNotFoundError, extra: str) -> str:
    """The sentence that says which library is missing and how to install it.

    Args:
        what: The command or setting that needs it, such as `amazon-optiply-etl`.
        error: What importing it raised.
        extra: The extra that has it.

    Raises:
        ModuleNotFoundError: It is one of the project's own modules, which no extra has.
    """
    name = (error.name or "").partition(".")[0]
    if name in OWN_PACKAGES:
        raise error
    return f"{what} needs {name}, which is not installed; {Installation.here().hint(extra)}"


@contextmanager
def extra_needed(what: str, extra: str) -> Iterator[None]:
    """Import within it what an extra brings; where it is missing, the program exits and says so.

    Args:
        what: The command.
        extra: The extra that has it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        sys.exit(missing_extra(what, error, extra))


def _origin() -> dict[str, Any]:
    """Where the distribution came from; of a checkout on the path of imports, that checkout."""
    try:
        text = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        checkout = Path(__file__).resolve().parents[1]
        found = (checkout / "pyproject.toml").exists()
        return {"url": checkout.as_uri(), "dir_info": {}} if found else {}
    try:
        origin = json.loads(text or "{}")
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}


def _path(url: str) -> Path | None:
    """The path that a `file:` URL means; None for others."""
    parts = urlsplit(url)
    return Path(os.path.normpath(url2pathname(parts.path))) if parts.scheme == "file" else None
