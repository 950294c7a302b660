"""The command ``sandbox-target-optiply``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from amazon_seller_sandbox.optiply import environments
from amazon_seller_sandbox.optiply.target.run import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.optiply.target.run import Loaded

_URLS = ("optiply_base_url", "optiply_dashboard_url")
_NEEDED = ("username", "password", "client_id", "client_secret", "account_id", "coupling_id")


def _install(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    """Make the environments, and end."""
    if not value:
        return
    try:
        environments.install()
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"the environments cannot be made: {error}"
        raise click.ClickException(message) from error
    context.exit()


def _config(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        message = f"{path} is not JSON: {error}"
        raise click.ClickException(message) from error
    if not isinstance(found, dict):
        message = f"{path} is not a JSON object"
        raise click.ClickException(message)
    for name in _NEEDED:
        if found.get(name) in (None, ""):
            message = f"the configuration lacks {name}"
            raise click.ClickException(message)
    return found


def _addresses(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the two URLs; the real target knows them from its environment alone."""
    found = {}
    for name in _URLS:
        value = config.get(name) or os.environ.get(name)
        if not value:
            message = f"neither the configuration nor the environment has {name}"
            raise click.ClickException(message)
        found[name] = str(value).rstrip("/")
    return found


def _say(loaded: Loaded) -> None:
    """Say on standard error what became of the records."""
    for line in loaded.counts():
        click.echo(line, err=True)
    for line in loaded.failures():
        click.echo(f"failed: {line}", err=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="amazon-seller-sandbox", prog_name="sandbox-target-optiply")
@click.option(
    "--install", is_flag=True, is_eager=True, expose_value=False, callback=_install,
    help="Make the environments that this needs, and end.",
)  # fmt: skip
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True,
    help="config.json; the target writes its access token into it.",
)  # fmt: skip
@click.option(
    "--input", "source", type=click.File("rb"), default="-",
    help="Singer messages; standard input if left out.",
)  # fmt: skip
@click.option(
    "--snapshots", type=click.Path(file_okay=False, path_type=Path), required=True,
    help="Folder of the host's snapshots, {Stream}_{flow}.snapshot.csv.",
)  # fmt: skip
@click.option("--flow", required=True, help="The flow's id, as in the snapshots' names.")
@click.option(
    "--target-state", type=click.Path(dir_okay=False, path_type=Path),
    default="target-state.json", show_default=True, help="Where to write the target's state.",
)  # fmt: skip
@click.option(
    "--target-version", type=click.Choice(("1", "2")), default="2", show_default=True,
    help="Which target-optiply to behave as.",
)  # fmt: skip
@click.option(
    "--retry-seconds", type=click.FloatRange(0), default=1.0, show_default=True,
    help="Wall seconds that the waits between tries are counted in.",
)  # fmt: skip
@click.option(
    "--log", type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the target's log, which holds payloads.",
)  # fmt: skip
def main(
    *,
    config: Path,
    source: BinaryIO,
    snapshots: Path,
    flow: str,
    target_state: Path,
    target_version: str,
    retry_seconds: float,
    log: Path | None,
) -> None:
    """Load Singer messages into Optiply, as target-optiply and its host do.

    Ends with 0 if records were refused or skipped, as the real one; with 1 if it crashed.
    """
    addresses = _addresses(_config(config))
    target = Target(config, snapshots, flow, addresses, target_version, retry_seconds)
    with tempfile.TemporaryDirectory(prefix="sandbox-target-optiply-") as name:
        messages = Path(name) / "data.singer"
        messages.write_bytes(source.read())
        try:
            loaded = target.load(messages)
            # Whether the real host keeps what was done before a crash is not documented.
            target_state.write_text(json.dumps(loaded.state, indent=1), encoding="utf-8")
            if log is not None:
                log.write_text(loaded.log, encoding="utf-8")
            target.note(loaded, target_state)
        except environments.NotInstalledError as error:
            raise click.ClickException(str(error)) from error
        except subprocess.CalledProcessError as error:
            message = f"the host's part failed: {str(error.stderr).strip().splitlines()[-1:]}"
            raise click.ClickException(message) from error
        except OSError as error:
            message = f"cannot write {error.filename}: {error.strerror}"
            raise click.ClickException(message) from error
    _say(loaded)
    if loaded.code:
        message = f"the target crashed: {loaded.crash()}"
        raise click.ClickException(message)
    sys.exit(0)
