"""Which keys a configuration may have: with a misspelt one, a sync would run otherwise than meant."""

from __future__ import annotations

import difflib
import logging
from typing import TYPE_CHECKING

from tap_amazon_associates.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

logger = logging.getLogger(__name__)

OF_A_HOST = ("JOB_ID", "FLOW")
"""Variables by which a hosted job is known; its host may add keys of its own."""
_SIMILAR = 0.75


def refuse_unknown(
    config: Iterable[str], settings: Sequence[str], environment: Mapping[str, str]
) -> None:
    """Refuse keys that are not settings.

    Raises:
        ConfigurationError: Names the key and what it may mean.
    """
    of_the_host = []
    for key in config:
        if key in settings:
            continue
        near = difflib.get_close_matches(key.lower(), settings, n=1, cutoff=_SIMILAR)
        if not near and any(environment.get(name) for name in OF_A_HOST):
            of_the_host.append(key)
            continue
        advice = (
            f"did you mean '{near[0]}'?" if near else "take it out (--about lists all settings)."
        )
        raise ConfigurationError(f"There is no setting '{key}'; {advice}")
    if of_the_host:
        logger.warning(
            "The configuration holds keys that are not settings, which are ignored: %s.",
            ", ".join(sorted(of_the_host)),
        )
