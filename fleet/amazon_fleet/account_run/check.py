"""Looks whether an account could run: its secrets, the tap's settings, the ETL's flags."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from amazon_fleet.accounts.account import COMMAND
from amazon_fleet.accounts.secrets import resolved
from amazon_fleet.errors import FleetError
from amazon_optiply_etl import interface as etl
from amazon_optiply_etl.errors import EtlError
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.interface import AmazonSeller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_fleet.accounts.account import Account


def faults(account: Account) -> Iterator[str]:
    """Yield a sentence for each thing that would keep an account from running; nothing is called."""
    try:
        seller = AmazonSeller(resolved(account.amazon, account.name))
        for name in account.streams:
            if name not in seller.streams:
                yield f"{account.name}: there is no stream '{name}'."
    except (FleetError, ConfigurationError) as error:
        yield _of(account, error)
    try:
        if account.etl is not None:
            etl.check_flags(**account.etl)
    except EtlError as error:
        yield _of(account, error)
    for settings in (account.optiply, account.target and account.target.settings.get("config")):
        try:
            resolved(settings or {}, account.name)
        except FleetError as error:
            yield _of(account, error)
    if account.target is not None and account.target.kind == COMMAND:
        program = account.target.settings["command"][0]
        if shutil.which(program) is None:
            yield f"{account.name}: the target {program} is not installed."


def _of(account: Account, error: Exception) -> str:
    return str(error) if str(error).startswith(account.name) else f"{account.name}: {error}"
