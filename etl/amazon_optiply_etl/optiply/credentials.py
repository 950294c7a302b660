"""Whose Optiply a run writes to: the apiCredentials of the host's tenant-config.json.

The host gives ``{"apiCredentials": {"username": ..., "password": ..., "client_id": ...,
"client_secret": ..., "account_id": ..., "couplingId": ..., "access_token": ...}, ...}``; the access
token is ours to renew and to keep there.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.json_files import read_config

if TYPE_CHECKING:
    from collections.abc import Mapping

API_URL = "https://api.optiply.com/v1"
DASHBOARD_URL = "https://dashboard.optiply.nl/api"
_FILE = "tenant-config.json"
_KEY = "apiCredentials"
_COUPLING = "couplingId"
_TOKEN = "access_token"  # noqa: S105 - a key
_SENDABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of Optiply, and the account and coupling it writes to.

    Attributes:
        username: Name for the password grant.
        password: Password for the password grant.
        client_id: OAuth client.
        client_secret: Secret of the OAuth client.
        account_id: Optiply account.
        coupling_id: Coupling of the account with the shop.
        access_token: The token of an earlier run, which may have expired; None if there is none.
        api_url: Where the records are, without a slash at the end.
        dashboard_url: Where tokens are, without a slash at the end.
    """

    username: str = field(repr=False)
    password: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    account_id: str
    coupling_id: str
    access_token: str | None = field(default=None, repr=False)
    api_url: str = API_URL
    dashboard_url: str = DASHBOARD_URL


class NoCouplingError(EtlError):
    """The credentials do not say which coupling's remoteIds count."""


def read_credentials(
    snapshots: Path, environment: Mapping[str, str] = os.environ
) -> Credentials | None:
    """Return the credentials of a run, or None when the host has given none.

    Args:
        snapshots: The folder of the snapshots; its tenant-config.json counts, else the one beside it.
        environment: ``optiply_base_url`` and ``optiply_dashboard_url`` replace Optiply's addresses.

    Raises:
        NoCouplingError: there is no couplingId.
        EtlError: the file is broken, a credential is missing, or an address cannot be used.
    """
    path = _find(snapshots)
    if path is None:
        return None
    given = read_config(path).get(_KEY)
    if given is None:
        return None
    if not isinstance(given, dict):
        raise EtlError(f"{path}: {_KEY} must be an object of credentials.")
    return credentials_of(given, f"{path}: {_KEY}", environment)


def credentials_of(
    given: Mapping[str, Any], where: str, environment: Mapping[str, str] = os.environ
) -> Credentials:
    """Return the credentials of an object such as apiCredentials.

    Args:
        given: The object.
        where: What it is called in messages.
        environment: ``optiply_base_url`` and ``optiply_dashboard_url`` replace Optiply's addresses.

    Raises:
        NoCouplingError: there is no couplingId.
        EtlError: a credential is missing, or an address cannot be used.
    """
    return Credentials(
        username=_text(where, given, "username"),
        password=_text(where, given, "password"),
        client_id=_text(where, given, "client_id"),
        client_secret=_text(where, given, "client_secret"),
        account_id=_text(where, given, "account_id"),
        coupling_id=_text(where, given, _COUPLING, "coupling_id"),
        access_token=sendable_token(given.get(_TOKEN)),
        api_url=_url(environment, "optiply_base_url", API_URL),
        dashboard_url=_url(environment, "optiply_dashboard_url", DASHBOARD_URL),
    )


def account_of(snapshots: Path) -> tuple[str | None, str | None]:
    """Return account_id and couplingId, which are not secrets; null where no usable file names them."""
    path = _find(snapshots)
    try:
        given = {} if path is None else read_config(path).get(_KEY)
    except EtlError:
        return None, None
    own = given if isinstance(given, dict) else {}
    account, coupling = (
        next((str(own[key]) for key in keys if isinstance(own.get(key), str | int)), None)
        for keys in (("account_id",), ("couplingId", "coupling_id"))
    )
    return account, coupling


def keep_token(snapshots: Path, token: str) -> None:
    """Keep a new access token in the tenant-config.json that the credentials came from.

    The file is replaced as a whole, readable by its owner alone; all else in it stays as it is.

    Raises:
        EtlError: the file is gone or broken.
        OSError: the file cannot be written; it then is as it was.
    """
    path = _find(snapshots)
    content = {} if path is None else read_config(path)
    if path is None or not isinstance(content.get(_KEY), dict):
        raise EtlError(f"{path or snapshots / _FILE} has lost its {_KEY} during the run.")
    content[_KEY][_TOKEN] = token
    _replace(path.resolve(), json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def sendable_token(value: object) -> str | None:
    """Return an access token that an HTTP header can carry, or None."""
    return value if isinstance(value, str) and _SENDABLE.fullmatch(value) else None


def _find(snapshots: Path) -> Path | None:
    for path in (snapshots / _FILE, snapshots.parent / _FILE):
        if path.exists():
            return path
    return None


def _text(where: str, given: Mapping[str, Any], *keys: str) -> str:
    """Return the credential under the first key that is there; ids may be numbers."""
    value = next((given[key] for key in keys if given.get(key) not in (None, "")), None)
    if value is None:
        kind = NoCouplingError if keys[0] == _COUPLING else EtlError
        raise kind(f"{where} has no {keys[0]}; add it, or remove {_KEY}.")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise EtlError(f"{where}.{keys[0]} must be text.")
    return str(value)


def _url(environment: Mapping[str, str], name: str, default: str) -> str:
    value = environment.get(name) or default
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise EtlError(f"{name} is not an http or https address.") from None
    if parts.username is not None or parts.password is not None:
        raise EtlError(f"{name} must not hold a user name or password.")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise EtlError(
            f"{name} is {value!r}, which is not an http or https address such as {default}."
        )
    loopback = parts.hostname in {"localhost", "::1"} or parts.hostname.startswith("127.")
    if parts.scheme == "http" and not loopback:
        raise EtlError(
            f"{name} is {value!r}: plain http would show the password to others; use https "
            "(http is for loopback addresses)."
        )
    return value.rstrip("/")


def _replace(path: Path, text: str) -> None:
    # The name is one that the next run removes, should this one end here.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
