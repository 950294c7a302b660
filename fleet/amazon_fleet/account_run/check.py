"""Looks whether an account could run: its secrets, the tap's settings, the ETL's flags."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from amazon_fleet.accounts.account import COMMAND, DATABASE
from amazon_fleet.accounts.secrets import resolved
from amazon_fleet.errors import FleetError
from amazon_fleet.store.database import check_address
from amazon_optiply_etl import interface as etl
from amazon_optiply_etl.errors import EtlError
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.interface import AmazonSeller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_fleet.accounts.account import Account, Target


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
    try:
        resolved(account.optiply or {}, account.name)
    except FleetError as error:
        yield _of(account, error)
    if account.target is not None:
        yield from _faults_of_target(account, account.target)


def _faults_of_target(account: Account, target: Target) -> Iterator[str]:
    try:
        if target.kind == COMMAND:
            resolved(target.settings.get("config") or {}, account.name)
        settings = resolved(target.settings, account.name) if target.kind == DATABASE else {}
        if target.kind == DATABASE:
            check_address(settings["url"], "the target's database")
    except FleetError as error:
        yield _of(account, error)
    if target.kind == COMMAND and shutil.which(program := target.settings["command"][0]) is None:
        yield f"{account.name}: the target {program} is not installed."


def _of(account: Account, error: Exception) -> str:
    return str(error) if str(error).startswith(account.name) else f"{account.name}: {error}"
