"""Which keys a configuration may have, and what environment variables say of them.

A misspelt setting is refused: without it a sync would run otherwise than its user believes.
"""

from __future__ import annotations

import difflib
import json
import logging
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers import _typing

from amazon_programs.hosts import JOB_VARIABLES
from tap_amazon_seller.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

logger = logging.getLogger(__name__)

OF_THE_HOSTED_TAP = frozenset(
    {"flow_id", "marketplace", "marketplaceId", "marketplace_id", "url_base"}
)
"""Keys that configurations of hotglue's tap hold beside those that are settings here, too."""
OF_THE_ETL = frozenset(
    {
        "accept_new_assortment", "allow_mass_disable", "eans_from_matches", "flavour", "flow",
        "host_snapshots", "load", "match_threshold", "not_sync_entities", "optiply_key",
        "products_flow", "push_concurrency", "recreate_missing", "second_flavour", "separate_stocks",
        "sync_sell_orders_only", "target_optiply", "uri",
    }
)  # fmt: skip
"""Flags of `amazon-optiply-etl`, which shares config.json with the tap in hosted syncs."""
OF_THE_AUTHORISATION = frozenset(
    {
        "access_token", "client_id", "code", "expires_in", "redirect_uri", "selling_partner_id",
        "spapi_oauth_code", "state", "token_type",
    }
)  # fmt: skip
"""What Amazon's website workflow and Login with Amazon answer; hosts keep it beside the settings."""
ACCEPTED = OF_THE_HOSTED_TAP | OF_THE_ETL | OF_THE_AUTHORISATION
OF_LOGGING = "loglevel"
"""The SDK reads `<PREFIX>LOGLEVEL` itself."""
SIMILAR = 0.8
TRUE, FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off", ""})


def nearest(key: str, settings: Collection[str]) -> str | None:
    """The setting that a key is likely to mean."""
    plain = {name.replace("_", ""): name for name in sorted(settings)}
    stripped = "".join(filter(str.isalnum, key.lower()))
    near = difflib.get_close_matches(stripped, plain, n=1, cutoff=SIMILAR)
    return plain[near[0]] if near else None


def refuse_unknown(
    config: Iterable[str], settings: Collection[str], environment: Mapping[str, str]
) -> None:
    """Refuse keys that are not settings.

    Args:
        config: The configuration's keys.
        settings: The names of all settings, the SDK's own included.
        environment: Where `JOB_ID` or `FLOW` is set, a key that resembles no setting is the host's, and
            one warning names all of them.

    Raises:
        ConfigurationError: Names the key and what it may mean.
    """
    of_the_host: list[str] = []
    for key in config:
        if key in settings or key in ACCEPTED:
            continue
        near = nearest(key, settings)
        if near is None and any(environment.get(name) for name in JOB_VARIABLES):
            of_the_host.append(key)
            continue
        raise ConfigurationError(f"There is no setting '{key}'; {_advice(near)}")
    if of_the_host:
        logger.warning(
            "The configuration holds keys that are not settings, which are ignored: %s.",
            ", ".join(sorted(of_the_host)),
        )


def _advice(near: str | None) -> str:
    if near:
        return f"did you mean '{near}'?"
    return "take it out (tap-amazon-seller --about lists all settings)."


def from_environment(
    schema: Mapping[str, Any], prefix: str, environment: Mapping[str, str]
) -> dict[str, Any]:
    """The settings that environment variables give.

    Args:
        schema: The JSON Schema of the configuration.
        prefix: How the variables' names begin; what begins with one `_` more is Meltano's.
        environment: The variables.

    Raises:
        ConfigurationError: A variable names no setting, or holds another type; its value is not shown.
    """
    found: dict[str, Any] = {}
    by_variable = {prefix + name.upper().replace("-", "_"): name for name in schema["properties"]}
    for variable, value in sorted(environment.items()):
        name = variable.removeprefix(prefix)
        if name == variable or name.startswith("_") or name.lower() in {OF_LOGGING, *ACCEPTED}:
            continue
        if variable not in by_variable:
            near = nearest(name, schema["properties"])
            hint = f"did you mean {prefix}{near.upper()}?" if near else "take it out."
            raise ConfigurationError(f"There is no setting for the variable {variable}; {hint}")
        setting = by_variable[variable]
        found[setting] = _read(value, schema["properties"][setting], variable)
    return found


def _read(value: str, schema: Any, variable: str) -> Any:
    """A variable's text as a value of the setting's type."""
    if _typing.is_integer_type(schema):
        return _number(value, variable)
    if _typing.is_boolean_type(schema):
        if value.strip().lower() not in TRUE | FALSE:
            raise ConfigurationError(f"Variable {variable} must be true or false.")
        return value.strip().lower() in TRUE
    if _typing.is_array_type(schema) or _typing.is_object_type(schema):
        if not value.lstrip().startswith(("[", "{")) and "string" in schema["type"]:
            return value  # separated by commas, as in a file
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            kind = "array" if _typing.is_array_type(schema) else "object"
            raise ConfigurationError(f"Variable {variable} must hold a JSON {kind}.") from None
    return value


def _number(value: str, variable: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ConfigurationError(f"Variable {variable} must be a whole number.") from None
