"""Which keys a configuration may have: with a misspelt one, a sync would run otherwise than meant."""

from __future__ import annotations

import difflib
import logging
from typing import TYPE_CHECKING

from amazon_programs.hosts import JOB_VARIABLES
from tap_amazon_associates.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

logger = logging.getLogger(__name__)

_SIMILAR = 0.75


def nearest(key: str, settings: Collection[str]) -> str | None:
    """The setting that a key is likely to mean."""
    near = difflib.get_close_matches(key.lower(), settings, n=1, cutoff=_SIMILAR)
    return near[0] if near else None


def advice(key: str, settings: Collection[str]) -> str:
    """What to do about a key that is not a setting."""
    near = nearest(key, settings)
    return f"did you mean '{near}'?" if near else "take it out (--about lists all settings)."


def refuse_unknown(
    config: Iterable[str], settings: Collection[str], environment: Mapping[str, str]
) -> None:
    """Refuse keys that are not settings.

    Raises:
        ConfigurationError: Names the key and what it may mean.
    """
    of_the_host = []
    for key in config:
        if key in settings:
            continue
        if not nearest(key, settings) and any(environment.get(name) for name in JOB_VARIABLES):
            of_the_host.append(key)
            continue
        raise ConfigurationError(f"There is no setting '{key}'; {advice(key, settings)}")
    if of_the_host:
        logger.warning(
            "The configuration holds keys that are not settings, which are ignored: %s.",
            ", ".join(sorted(of_the_host)),
        )
