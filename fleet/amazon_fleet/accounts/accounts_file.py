"""Reads accounts.toml: `[defaults]`, and a table for each account; secrets are references, never values.

[defaults]
every = "30m"
jitter = "5m"

[defaults.amazon]                        # the tap's settings
lwa_client_id = "amzn1.application-oa2-client.1"
client_secret = "env:AMAZON_CLIENT_SECRET"

[accounts.shop-one]
marketplaces = ["DE", "FR"]

[accounts.shop-one.amazon]
refresh_token = "file:/run/secrets/shop-one"
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_fleet.accounts import durations
from amazon_fleet.accounts.account import (
    COMMAND,
    DATABASE,
    FILES,
    TARGETS,
    Account,
    Bounds,
    Schedule,
    Target,
)
from amazon_fleet.accounts.limits import limits_of
from amazon_fleet.accounts.secrets import is_reference, must_be_reference
from amazon_fleet.errors import AccountsFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_TABLES = ("amazon", "etl", "limits", "optiply", "target")
_PLAIN = ("every", "jitter", "memory", "time_limit", "queue", "streams", "region", "marketplaces")
_DEFAULTS: Mapping[str, Any] = {
    "every": "30m",
    "jitter": "5m",
    "memory": "1 GB",
    "time_limit": "2h",
    "queue": "default",
    "streams": [],
}
_OPTIPLY = (
    "username", "password", "client_id", "client_secret", "account_id", "couplingId",
    "api_url", "dashboard_url",
)  # fmt: skip
_OF_TARGET: Mapping[str, tuple[str, ...]] = {
    FILES: ("path",),
    DATABASE: ("url", "schema"),
    COMMAND: ("command", "config"),
}
_LEAST_SECONDS = 60


def read_accounts(path: Path) -> list[Account]:
    """Return the accounts of a file.

    Raises:
        AccountsFileError: it cannot be read, or a setting is wrong; the message names it.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AccountsFileError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AccountsFileError(f"{path} is not TOML: {error}.") from None
    return accounts_of(content, str(path))


def accounts_of(content: Mapping[str, Any], where: str) -> list[Account]:
    """Return the accounts of what a file holds.

    Args:
        content: The file's tables.
        where: Its name, for messages.

    Raises:
        AccountsFileError: a setting is wrong.
    """
    for key in content.keys() - {"defaults", "accounts"}:
        raise AccountsFileError(
            f"{where}: '{key}' is neither 'defaults' nor 'accounts'; remove it."
        )
    defaults = _table(content.get("defaults", {}), f"{where}: defaults")
    _refuse_unknown(defaults, f"{where}: defaults")
    accounts = _table(content.get("accounts", {}), f"{where}: accounts")
    if not accounts:
        raise AccountsFileError(f"{where} has no account; add a table [accounts.NAME].")
    found = []
    for name, own in accounts.items():
        place = f"{where}: accounts.{name}"
        found.append(_Given(name, _merged(defaults, _table(own, place)), place).account())
    return found


def _refuse_unknown(given: Mapping[str, Any], where: str) -> None:
    known = (*_PLAIN, *_TABLES)
    for key in given.keys() - {*known}:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "the tap's go into the table 'amazon'."
        raise AccountsFileError(f"{where}: '{key}' is not a setting; {hint}")


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise AccountsFileError(f"{where} must be a table.")
    return value


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return an account's settings: its own before the defaults, within tables too.

    A table is left out by ``etl = false``; a target of another kind takes nothing of the default one.
    """
    merged: dict[str, Any] = {**_DEFAULTS, **defaults, **own}
    for key in _TABLES:
        first, second = defaults.get(key), own.get(key)
        if not (isinstance(first, dict) and isinstance(second, dict)):
            continue
        if key != "target" or second.get("kind", first.get("kind")) == first.get("kind"):
            merged[key] = {**first, **second}
    return merged


@dataclass(frozen=True, slots=True)
class _Given:
    """What is given of one account.

    Attributes:
        name: Its name.
        given: Its settings, with the defaults.
        where: The file and the table, for messages.
    """

    name: str
    given: Mapping[str, Any]
    where: str

    def account(self) -> Account:
        """Return the account.

        Raises:
            AccountsFileError: a setting is wrong.
        """
        if not _NAME.fullmatch(self.name):
            raise AccountsFileError(
                f"{self.where}: a name has 1 to 63 letters, digits, '.', '_' or '-', and begins with a "
                "letter or digit; rename it."
            )
        _refuse_unknown(self.given, self.where)
        etl = self._section("etl")
        optiply = self._section("optiply")
        if optiply is not None and etl is None:
            raise AccountsFileError(
                f"{self.where}: 'optiply' needs a table 'etl' (it may be empty), or optiply = false."
            )
        target = self._target()
        if target is None and etl is None:
            raise AccountsFileError(
                f"{self.where}: records go nowhere; add a table 'target' or 'etl'."
            )
        return Account(
            name=self.name,
            amazon=self._amazon(),
            streams=self._texts("streams"),
            schedule=self._schedule(),
            target=target,
            etl=etl,
            optiply=None if optiply is None else self._of_optiply(optiply),
            queue=self._text("queue"),
            bounds=Bounds(
                self._measure("memory", durations.size, "600 MB"),
                self._measure("time_limit", durations.seconds, "2h"),
            ),
            limits=self._limits(),
        )

    def _amazon(self) -> dict[str, Any]:
        settings = dict(self._section("amazon") or {})
        for key in ("region", "marketplaces"):
            if key in self.given:
                settings[key] = self.given[key]
        if "refresh_token" not in settings:
            raise AccountsFileError(
                f"{self.where}.amazon: 'refresh_token' is missing; write it as \"env:NAME\" or "
                '"file:PATH".'
            )
        return settings

    def _limits(self) -> dict[str, Any]:
        given = self._section("limits") or {}
        limits_of(given, f"{self.where}.limits")
        return given

    def _of_optiply(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for key in given.keys() - set(_OPTIPLY):
            raise AccountsFileError(
                f"{self.where}.optiply: '{key}' is not a setting; there are {', '.join(_OPTIPLY)}."
            )
        for key in _OPTIPLY[:6]:
            if given.get(key) in (None, ""):
                raise AccountsFileError(f"{self.where}.optiply: '{key}' is missing.")
        return dict(given)

    def _target(self) -> Target | None:
        given = self._section("target")
        if given is None:
            return None
        kind = given.get("kind")
        if kind not in TARGETS:
            raise AccountsFileError(
                f"{self.where}.target: 'kind' must be one of {', '.join(TARGETS)}."
            )
        settings = {key: value for key, value in given.items() if key != "kind"}
        for key in settings.keys() - set(_OF_TARGET[kind]):
            raise AccountsFileError(
                f"{self.where}.target: '{key}' is not a setting of a target of kind '{kind}'; there are "
                f"{', '.join(_OF_TARGET[kind])}."
            )
        first = _OF_TARGET[kind][0]
        if not settings.get(first):
            raise AccountsFileError(f"{self.where}.target: '{first}' is missing.")
        words = settings.get("command", [])
        if not isinstance(words, list) or not all(isinstance(each, str) for each in words):
            raise AccountsFileError(
                f"{self.where}.target: 'command' must be a list of words, such as [\"target-jsonl\"]."
            )
        if isinstance(settings.get("config"), dict):
            self._refuse_values(settings["config"], "target.config")
        return Target(kind, settings)

    def _section(self, name: str) -> dict[str, Any] | None:
        """Return a table; null where it is missing or false."""
        value = self.given.get(name, False)
        if value is False:
            return None
        if not isinstance(value, dict):
            raise AccountsFileError(f"{self.where}: '{name}' must be a table, or false.")
        self._refuse_values(value, name)
        return value

    def _refuse_values(self, table: Mapping[str, Any], name: str) -> None:
        """Refuse a secret that is a value: it would be in the database and in its backups."""
        for key, value in table.items():
            if must_be_reference(key, value) and not is_reference(value):
                raise AccountsFileError(
                    f"{self.where}.{name}: '{key}' is a secret; put it into the environment or a file "
                    'and write "env:NAME" or "file:PATH" here.'
                )

    def _schedule(self) -> Schedule:
        every = self._measure("every", durations.seconds, "30m")
        jitter = self._measure("jitter", durations.seconds, "5m")
        if every < _LEAST_SECONDS:
            raise AccountsFileError(f"{self.where}: 'every' must be at least {_LEAST_SECONDS}s.")
        if jitter >= every:
            raise AccountsFileError(f"{self.where}: 'jitter' must be less than 'every'.")
        return Schedule(every, jitter)

    def _measure(self, key: str, read: Callable[[str], int], example: str) -> int:
        value = self.given[key]
        try:
            if not isinstance(value, str):
                raise ValueError  # noqa: TRY301, TRY004 - one message for both
            return read(value)
        except ValueError:
            raise AccountsFileError(
                f"{self.where}: '{key}' is {value!r}; write it as \"{example}\"."
            ) from None

    def _texts(self, key: str) -> tuple[str, ...]:
        value = self.given[key]
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise AccountsFileError(f"{self.where}: '{key}' must be a list of names.")
        return tuple(value)

    def _text(self, key: str) -> str:
        value = self.given[key]
        if not isinstance(value, str) or not value:
            raise AccountsFileError(f"{self.where}: '{key}' must be text.")
        return value
