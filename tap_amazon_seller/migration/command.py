"""The command `tap-amazon-seller migrate`: from another connector's files to this tap's."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amazon_selling_partner import marketplaces
from tap_amazon_seller.config import catalog_and_state
from tap_amazon_seller.config.foreign_states import AIRBYTE, CONNECTORS, HOTGLUE, origin
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.migration import airbyte, hotglue
from tap_amazon_seller.migration.stream_maps import stream_maps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_amazon_seller.migration.outcome import Outcome

    Json = dict[str, Any]

MIGRATED: dict[str, Callable[[Json, object, datetime], Outcome]] = {
    HOTGLUE: hotglue.migrated,
    AIRBYTE: airbyte.migrated,
}
CONFIG, STATE, MAPS = "config.json", "state.json", "stream_maps.json"


@click.command(
    "migrate",
    context_settings={"help_option_names": ["-h", "--help"]},
    short_help="Convert another connector's configuration and state.",
)
@click.version_option(package_name="tap-amazon-seller")
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("state", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--from", "connector", type=click.Choice(sorted(MIGRATED)),
    help="The connector they are of. Default: the one that they look like.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("migrated"),
    show_default=True, help="Folder for the new files, which only you may read.",
)  # fmt: skip
def migrate(config: Path, state: Path, connector: str | None, output: Path) -> None:
    """Make this tap's configuration and state from CONFIG and STATE of hotglue's tap or Airbyte's.

    Writes config.json, state.json and stream_maps.json, which gives records their old names where it is
    given as a second --config. Says where each stream continues, and what has no counterpart. Nothing is
    asked of Amazon, and no secret is shown.
    """
    found, bookmarks = _read(config), _read(state)
    if not isinstance(found, dict):
        raise ConfigurationError(f"{config} must hold a JSON object.")
    outcome = MIGRATED[connector or _connector(found, bookmarks)](
        found, bookmarks, datetime.now(UTC)
    )
    _check(outcome)
    files = {CONFIG: outcome.config, STATE: outcome.state, MAPS: stream_maps(outcome)}
    _write(output, files)
    for line in _lines(outcome, output):
        click.echo(line)


def _read(path: Path) -> object:
    """The JSON of a file; of lines with one value each, the list of them.

    Raises:
        ConfigurationError: It cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(catalog_and_state.LARGEST_FILE + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"{path} cannot be read: {reason}.") from None
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines):
        return [catalog_and_state.json_object(line, str(path)) for line in lines]
    return catalog_and_state.json_value(text, str(path))


def _connector(config: Json, state: object) -> str:
    """The connector that the files are of.

    Raises:
        ConfigurationError: They do not look like those of one.
    """
    of_config = (
        AIRBYTE if "lwa_app_id" in config else HOTGLUE if "lwa_client_id" in config else None
    )
    of_state = origin(state)
    if of_config and of_state and of_config != of_state:
        raise ConfigurationError(
            f"CONFIG is of {CONNECTORS[of_config]} and STATE of {CONNECTORS[of_state]}; give two files "
            "of one connector."
        )
    if found := of_state or of_config:
        return found
    raise ConfigurationError(
        f"CONFIG and STATE are not known as those of {' or '.join(CONNECTORS.values())}; say with "
        "--from what they are."
    )


def _check(outcome: Outcome) -> None:
    """Refuse what this tap would refuse.

    Raises:
        ConfigurationError: A setting cannot be used, or the bookmarks are of several regions.
    """
    checked = Settings.from_config(outcome.config)
    regions = {
        marketplaces.BY_ID[partition["context"]["marketplace_id"]].region
        for bookmark in outcome.bookmarks.values()
        for partition in bookmark.get("partitions", ())
    }
    if checked.region:
        regions.add(checked.region)
    if len(regions) > 1:
        raise ConfigurationError(
            f"STATE and 'marketplaces' of CONFIG are of several regions ({', '.join(sorted(regions))}), "
            "but a refresh token is valid in one; split them by region first."
        )


def _write(folder: Path, files: dict[str, Json]) -> None:
    """Write the files, which only their owner may read.

    Raises:
        ConfigurationError: One is there already, or cannot be written.
    """
    for name in files:
        if (folder / name).exists():
            raise ConfigurationError(
                f"{folder / name} is there already; name another folder with --output."
            )
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        for name, content in files.items():
            text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise ConfigurationError(
            f"The files cannot be written to {folder} ({error.strerror}); name another folder with "
            "--output."
        ) from None


def _lines(outcome: Outcome, folder: Path) -> Iterator[str]:
    """What is shown."""
    yield f"From {CONNECTORS[outcome.connector]}: {CONFIG}, {STATE} and {MAPS} are in {folder}."
    yield from _paragraph("Continues", outcome.goes_on)
    yield from _paragraph("Begins at 'start_date'", outcome.begins_anew)
    yield from _paragraph("Is read completely in each sync", sorted(set(outcome.whole)))
    yield from _paragraph("Has no counterpart", outcome.without_counterpart)
    names = sorted(outcome.old_names)
    if names:
        yield f"Select these streams: {', '.join(names)}."
    yield (
        f"Try it: tap-amazon-seller --config {folder / CONFIG} --test. Records have new names; with "
        f"--config {folder / MAPS} as well they keep the old ones, as far as there are any."
    )


def _paragraph(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"{title}:"
        yield from (f"  {line}" for line in found)
