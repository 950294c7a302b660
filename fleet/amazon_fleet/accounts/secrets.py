"""Secrets by reference: `env:NAME` is a variable of the environment, `file:PATH` a file's content."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon_fleet.errors import SecretMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(r"(env|file):(.+)", re.DOTALL)
_SECRET = re.compile(
    r"secret|password|token|private_key|api_key|credential|aws_|role_arn", re.IGNORECASE
)
_PUBLIC = frozenset({"token_url"})
_USER_INFO = re.compile(r"://[^/@\s]*:[^/@\s]+@")


def is_reference(value: object) -> bool:
    """Return whether a value refers to a secret.

    >>> is_reference("env:REFRESH_TOKEN"), is_reference("Atzr|...")
    (True, False)
    """
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def must_be_reference(key: str, value: object) -> bool:
    """Return whether a setting holds a secret, by its name, or by a password within a URL."""
    if isinstance(value, str) and _USER_INFO.search(value):
        return True
    return key not in _PUBLIC and _SECRET.search(key) is not None and value not in (None, "")


def resolved(
    settings: Mapping[str, Any], account: str, environment: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Return settings with the secrets in the place of the references.

    Raises:
        SecretMissingError: a variable or file is not there; the message names it.
    """
    return {
        key: secret(value, f"{account}: {key}", environment) if is_reference(value) else value
        for key, value in settings.items()
    }


def secret(reference: str, of: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the secret that a reference is to, without the line end after it.

    Args:
        reference: Such as ``env:REFRESH_TOKEN``.
        of: Whose it is, for the message.
        environment: The variables.

    Raises:
        SecretMissingError: the variable or file is not there, or is empty.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        found = environment.get(name, "")
        where = f"the environment variable {name} is not set"
    else:
        where = f"the file {name} cannot be read or is empty"
        try:
            found = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            found = ""
    if not found.strip():
        raise SecretMissingError(
            f"{of} refers to {reference}, but {where}; give the worker the secret."
        )
    return found.rstrip("\r\n")
