"""The configuration file behind the service: shown without secrets, changed with them."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from amazon_asin_match.errors import ConfigurationError
from amazon_asin_match.settings import Settings, find_marketplace, is_secret, masked, read_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_selling_partner.marketplaces import Marketplace

CHANGEABLE: Final = frozenset(
    {
        "client_secret", "clock_factor", "endpoint_url", "lwa_client_id", "marketplaces",
        "refresh_token", "request_timeout_seconds", "selling_partner_id", "token_url",
    }
)  # fmt: skip


class Configuration:
    """The settings of a file. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def settings(self) -> Settings:
        """The settings, checked.

        Raises:
            ConfigurationError: One is missing or wrong.
        """
        return Settings.from_config(self._read())

    def marketplace(self, name: str) -> Marketplace:
        """A marketplace by its name; without one, the first that the file names.

        Raises:
            ConfigurationError: There is none.
        """
        if name:
            return find_marketplace(name)
        named = self._read().get("marketplaces") or []
        first = named.split(",")[0].strip() if isinstance(named, str) else next(iter(named), "")
        if not first:
            raise ConfigurationError(
                "Give a marketplace: the field 'marketplace', or the setting 'marketplaces'."
            )
        return find_marketplace(str(first))

    def shown(self) -> dict[str, Any]:
        """The settings without their secrets, of which it is said whether they are set."""
        config = self._read()
        shown = {key: value for key, value in config.items() if key in CHANGEABLE}
        return masked(shown)

    def change(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings; a secret that is empty or as it is shown stays as it was.

        Raises:
            ConfigurationError: A setting is unknown or wrong; then nothing is changed.
        """
        unknown = sorted(set(changes) - CHANGEABLE)
        if unknown:
            raise ConfigurationError(
                f"There is no setting '{unknown[0]}' here; use {', '.join(sorted(CHANGEABLE))}."
            )
        with self._lock:
            config = self._read()
            for key, value in changes.items():
                if not (is_secret(key) and value in {None, "", "set"}):
                    config[key] = value
            Settings.from_config(config)
            self._write(config)
        return self.shown()

    def _read(self) -> dict[str, Any]:
        return read_config(self._path) if self._path.exists() else {}

    def _write(self, config: Mapping[str, Any]) -> None:
        """Write the file in one piece, for its owner alone."""
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".config-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:  # mkstemp makes it 0600
                json.dump(config, file, indent=2)
            Path(name).replace(self._path)
        finally:
            Path(name).unlink(missing_ok=True)
