"""Runs the target's process, and the host's after it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.optiply import environments

if TYPE_CHECKING:
    from collections.abc import Mapping

_TARGET = "amazon_seller_sandbox.optiply.target.sdk"
_HOST = "amazon_seller_sandbox.optiply.host"
_LONGEST = 300
"""Characters of a sentence about a record that failed."""


@dataclass(frozen=True, slots=True)
class Target:
    """A configured target of a flow.

    Attributes:
        config: Its config.json, into which it writes its access token.
        snapshots: The host's folder of snapshots.
        flow: The flow's id, as in the snapshots' names.
        addresses: The environment variables `optiply_base_url` and `optiply_dashboard_url`.
        version: "1" or "2".
        seconds: The unit of the waits between tries.
    """

    config: Path
    snapshots: Path
    flow: str
    addresses: Mapping[str, str]
    version: str = "2"
    seconds: float = 1.0

    def load(self, messages: Path) -> Loaded:
        """Load Singer messages into Optiply.

        Raises:
            environments.NotInstalledError: the target's environment is missing.
        """
        with tempfile.TemporaryDirectory(prefix="sandbox-target-optiply-") as name:
            # Without a JOB_ID the SDK keeps the state of a run that fails beside its own folder.
            secrets, here = Path(name) / ".secrets", Path(name) / "job"
            secrets.mkdir()
            here.mkdir()
            command = [*environments.command("target", _TARGET), self.version, str(self.seconds)]
            command += ["--config", str(self.config.absolute())]
            command += ["--input", str(messages.absolute())]
            run = subprocess.run(  # noqa: S603 - our own
                command, cwd=here, env=self._environment(), capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            kept = secrets / "incremental_target_state.json"
            text = kept.read_text("utf-8") if kept.exists() else run.stdout
        state = json.loads(text.splitlines()[-1]) if run.returncode == 0 else _json(text)
        return Loaded(run.returncode, state, run.stderr)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "JOB_ID"}
        own = {"FLOW": self.flow, "SNAPSHOT_DIR": str(self.snapshots.absolute())}
        return {**kept, **own, **self.addresses}

    def note(self, loaded: Loaded, state: Path) -> None:
        """Merge what a run has loaded, by its state in a file, into the snapshots, as the host does.

        Raises:
            environments.NotInstalledError: the host's environment is missing.
            subprocess.CalledProcessError: the snapshots cannot be read or written.
        """
        if not loaded.has_ids():
            return
        command = [*environments.command("host", _HOST), str(state), str(self.snapshots)]
        subprocess.run([*command, self.flow], check=True, capture_output=True, text=True)  # noqa: S603 - our own


def _json(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return found


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a run of the target came to."""

    code: int
    state: dict[str, Any] = field(repr=False)
    log: str = field(repr=False)

    def has_ids(self) -> bool:
        """Say whether any record was loaded that the host can note."""
        streams = (self.state.get("bookmarks") or {}).values()
        return any(each.get("success") and "externalId" in each for s in streams for each in s)

    def counts(self) -> list[str]:
        """Return a line for each stream, of the SDK's own summary."""
        return [
            f"{stream}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
            for stream, counts in (self.state.get("summary") or {}).items()
        ]

    def failures(self) -> list[str]:
        """Return a sentence for each record that failed."""
        return [
            f"{stream} {each.get('externalId', '')}: {each.get('error', 'no reason given')}"[
                :_LONGEST
            ]
            for stream, entries in (self.state.get("bookmarks") or {}).items()
            for each in entries
            if not each.get("success")
        ]

    def crash(self) -> str:
        """Return the last line of the log, which says why the process ended."""
        lines = [line for line in self.log.splitlines() if line.strip()]
        return lines[-1][:_LONGEST] if lines else "it said nothing"
