"""Where a configuration comes from, and what in it is refused."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from tap_amazon_associates.config import known_keys, retired
from tap_amazon_associates.config.settings import Settings
from tap_amazon_associates.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

PREFIX = "TAP_AMAZON_ASSOCIATES_"
"""How the environment variables of settings begin."""


def checked(config: Mapping[str, Any], settings: Collection[str]) -> Settings:
    """The settings of a configuration.

    Args:
        config: Values by key.
        settings: The names of all settings.

    Raises:
        ConfigurationError: Names a setting of the retired API, a key that is not a setting, or a
            value that cannot be used.
    """
    retired.refuse(config, os.environ)
    known_keys.refuse_unknown(config, settings, os.environ)
    return Settings.from_config(config)


def from_environment(settings: Collection[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that environment variables give, as texts.

    Args:
        settings: The names of all settings.
        environment: The variables.

    Raises:
        ConfigurationError: A variable names no setting; its value is not shown.
    """
    found = {}
    for variable, value in sorted(environment.items()):
        name = variable.removeprefix(PREFIX).lower()
        # What begins with one more underscore is Meltano's; the SDK reads LOGLEVEL itself.
        if not variable.startswith(PREFIX) or name.startswith("_") or name == "loglevel":
            continue
        if name not in settings:
            raise ConfigurationError(
                f"There is no setting for the variable {variable}; {known_keys.advice(name, settings)}"
            )
        found[name] = value
    return found


def config_file(path: Path) -> dict[str, Any]:
    """The configuration in a file.

    Raises:
        ConfigurationError: There is none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"Configuration file {path} cannot be read: {reason}.") from None
    return json_object(text, f"Configuration file {path}")


def json_object(text: str, what: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ConfigurationError: It is none.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{what} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise ConfigurationError(f"{what} is not a JSON object.")
    return found
