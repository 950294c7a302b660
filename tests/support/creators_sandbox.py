"""The Creators API of a running sandbox: configurations for it, links to its products, and the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import warm_start
from running import BIN, Output, write_json

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

    from conftest import RunningSandbox

Record = dict[str, Any]
SECRET = "sandbox-creators-secret"
FAST = 60
"""Times real time that the sandbox's clock runs, so that ten calls a second are not a limit."""


def configuration(
    sandbox: RunningSandbox, folder: Path, who: str = "EU-large", **more: Any
) -> Record:
    """A configuration for an Associate of the sandbox, with its cache in a folder."""
    return {
        "credential_id": f"amzn1.application-oa2-client.creators-{who}",
        "credential_secret": SECRET,
        "country": "DE",
        "partner_tag": "sandbox-de-21",
        "endpoint_url": sandbox.url,
        "token_url": f"{sandbox.url}/creators/token",
        "short_link_endpoint": f"{sandbox.url}/creators/short-links",
        "cache_path": str(folder / "cache.sqlite"),
        "requests_per_second": 500,
        "requests_per_day": 864_000,
    } | more


def truth(sandbox: RunningSandbox, country: str) -> tuple[dict[str, Record], dict[str, Record]]:
    """What the API gives for every ASIN in a marketplace: the items, and the errors of the others."""
    every = sandbox.get_json(f"/_sandbox/creators/{country}")
    return (
        {asin: each["item"] for asin, each in every.items() if "item" in each},
        {asin: each["error"] for asin, each in every.items() if "error" in each},
    )


def run_tap(folder: Path, config: Mapping[str, Any], *options: str) -> Output:
    """Run the tap to its end."""
    path = write_json(folder / "associates-config.json", dict(config))
    words = [str(BIN / "tap-amazon-associates"), "--config", str(path), *options]
    run = warm_start.run(words, capture_output=True, encoding="utf-8", timeout=600)
    lines = [line + "\n" for line in run.stdout.split("\n")[:-1] if line.startswith("{")]
    output = Output.read(lines, run.returncode, run.stderr)
    output.errors += "" if lines else run.stdout
    return output


def run_command(
    folder: Path, config: Mapping[str, Any], *words: str
) -> subprocess.CompletedProcess[str]:
    """Run the small command to its end."""
    path = write_json(folder / "associates-config.json", dict(config))
    return warm_start.run(
        [BIN / "amazon-associates", "--config", path, *words],
        capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip


def item_calls(sandbox: RunningSandbox) -> int:
    """How many calls for items the sandbox has answered, well or not."""
    return sum(sandbox.calls().get("creators.getItems", {}).values())
