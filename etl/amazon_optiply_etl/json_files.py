"""Reads the JSON files that a host or a person writes: config.json, tenant-config.json, state.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.errors import EtlError

if TYPE_CHECKING:
    from pathlib import Path


def read_job_state(path: Path) -> dict[str, Any]:
    """Return the host's state of a job; a file of 0 bytes, ``[]`` or ``null`` is none.

    Raises:
        EtlError: the file cannot be read, or holds no JSON.
    """
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        return read_config(path)  # which says what is wrong
    return {} if text in {"", "[]", "null"} else read_config(path)


def read_config(path: Path) -> dict[str, Any]:
    """Return the object in a JSON configuration file.

    Raises:
        EtlError: the file cannot be read, or holds no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise EtlError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise EtlError(f"{path} is not UTF-8 text.") from error
    except json.JSONDecodeError as error:
        raise EtlError(f"{path}, line {error.lineno}: this is not JSON ({error.msg}).") from error
    if not isinstance(content, dict):
        raise EtlError(f"{path} must hold a JSON object of settings.")
    return content
