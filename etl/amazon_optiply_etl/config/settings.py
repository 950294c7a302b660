"""What a run is asked to do: the flags of config.json and of the command line, checked."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.config.marketplaces import country, marketplace_id, marketplace_of_uri
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.optiply.entities import BY_SNAPSHOT, ENTITIES, RECEIPT_LINES, SELL_ORDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_optiply_etl.optiply.entities import Entity

OPTIPLY_KEYS = ("eanCode", "skuCode")
FLAVOURS = ("full", "secondary", "vendor")
LOADS = ("target", "api")
TARGETS = ("v2", "v1")
MOST_AT_ONCE = 32
"""Calls to Optiply, of which a program may have several under way; no source names a limit."""
FLAGS = (
    "accept_new_assortment",
    "allow_mass_disable",
    "eans_from_matches",
    "flavour",
    "flow",
    "host_snapshots",
    "load",
    "marketplaces",
    "match_threshold",
    "not_sync_entities",
    "optiply_key",
    "products_flow",
    "push_concurrency",
    "recreate_missing",
    "second_flavour",
    "separate_stocks",
    "sync_sell_orders_only",
    "target_optiply",
    "uri",
)
# In the hosted layout config.json is the connector's file too. These keys of it resemble a flag and
# are none; every other key is compared with the flags to find misspelt ones.
_NOT_MISSPELT = {"flow_id", "marketplace", "marketplaceId", "marketplace_id", "region", "url_base"}
_ALIASES = {"url": "uri", "flavor": "flavour", "optiplykey": "optiply_key"}
_SIMILAR = 0.8
LEAST_MATCH = 0.85
"""The confidence from which on asin_matches has a best match. What speaks for another pack, a bundle or
a variation parent keeps a candidate below it, so that no flag goes lower."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked flags of a run.

    Attributes:
        optiply_key: Field by which products of another shop are matched (secondary flavour).
        second_flavour: True: the listings' own quantity is the stock; False: FBA stock is.
        marketplaces: Marketplace ids whose listings are products of their own; empty for one product
            per ASIN over all marketplaces.
        main_marketplace: Marketplace id of ``uri``: the first choice for name and price.
        flavour: full (products and sell orders), secondary (sell orders only) or vendor (Amazon
            Vendor: seven entities, or sell orders only).
        sell_orders_only: Whether products come from elsewhere, so that sell orders alone are sent.
        not_sync: Snapshot names of the entities that are not sent, such as ``products``.
        load: Who loads: a target that reads data.singer, or `push` through the Optiply API.
        forced: Snapshot names of the entities that are sent whether they changed or not.
        allow_mass_disable: Whether products are disabled though a listing report lacks most of them.
        push_concurrency: How many calls to Optiply `push` has under way at most.
        flow: The host's flow of this run, whose ``<Stream>_<flow>`` snapshots count; None for the only
            one that is there.
        products_flow: The flow that loads the products that this run does not send; None for its own.
        target_optiply: Version of the target that reads data.singer; v1 finds no row by its remoteId,
            so that what refers to others goes out once their Optiply ids are known.
        accept_new_assortment: Whether a listing report that shares neither product nor order with the
            snapshots is this seller's all the same.
        separate_stocks: Whether each marketplace has a stock of its own, so that equal figures add up.
        host_snapshots: Whether the host keeps ``<Stream>_<flow>`` snapshots of what a target has loaded;
            None to go by whether one is there or was ever seen.
        recreate_missing: Whether a product that is gone from Optiply is created through its API.
        eans_from_matches: Whether products without an EAN in the catalog take it from asin_matches.
        match_threshold: The least confidence of a match whose EAN is taken.
    """

    optiply_key: str = "eanCode"
    second_flavour: bool = False
    marketplaces: tuple[str, ...] = ()
    main_marketplace: str | None = None
    flavour: str = "full"
    sell_orders_only: bool = False
    not_sync: tuple[str, ...] = ()
    load: str = "target"
    forced: frozenset[str] = frozenset()
    allow_mass_disable: bool = False
    push_concurrency: int = 8
    flow: str | None = None
    products_flow: str | None = None
    target_optiply: str = "v2"
    accept_new_assortment: bool = False
    separate_stocks: bool = False
    host_snapshots: bool | None = None
    recreate_missing: bool = False
    eans_from_matches: bool = False
    match_threshold: float = LEAST_MATCH

    def sends(self, entity: Entity) -> bool:
        """Return whether rows of an entity are sent at all."""
        if entity is RECEIPT_LINES and self.target_optiply == "v1" and self.load == "target":
            return False  # which has no sink for them
        only = self.sell_orders_only and entity is not SELL_ORDERS
        return not only and entity.snapshot not in self.not_sync

    @property
    def per_marketplace(self) -> bool:
        """Whether an ASIN is a product of its own in each marketplace."""
        return bool(self.marketplaces)

    def facts(self) -> dict[str, Any]:
        """Return the settings as the mapping report shows them."""
        return {
            "flavour": self.flavour,
            "optiply_key": self.optiply_key,
            "second_flavour": self.second_flavour,
            "separate_stocks": self.separate_stocks,
            "marketplaces": [country(each) for each in self.marketplaces],
            "main_marketplace": country(self.main_marketplace) if self.main_marketplace else None,
            "sync_sell_orders_only": self.sell_orders_only,
            "not_sync_entities": list(self.not_sync),
            **(
                {"eans_from_matches": True, "match_threshold": self.match_threshold}
                if self.eans_from_matches
                else {}
            ),
        }


def settings_from(
    config: Mapping[str, Any],
    overrides: Mapping[str, Any],
    job: Mapping[str, Any] | None = None,
    file: str = "config.json",
) -> Settings:
    """Return the settings of a configuration and the command line, which comes first.

    Args:
        config: What the file with the flags holds.
        overrides: Flags of the command line.
        job: state.json of the host, whose ``force_patch_<entity>`` sends an entity whether it changed or
            not.
        file: Which file that is, for messages.

    Raises:
        EtlError: a flag is misspelt, has a wrong value or contradicts another one.
    """
    _refuse_misspelt(config, file)
    given = {name: config[name] for name in FLAGS if config.get(name) not in (None, "")}
    given |= {name: value for name, value in overrides.items() if value not in (None, "")}
    flavour = _flavour(given)
    vendor = flavour == "vendor"
    settings = Settings(
        optiply_key=_choice("optiply_key", given.get("optiply_key", "eanCode"), OPTIPLY_KEYS),
        second_flavour=_boolean("second_flavour", given.get("second_flavour", False)),
        # A vendor's orders belong to no marketplace; the tap has settings of these names too.
        marketplaces=() if vendor else _marketplaces(given.get("marketplaces", ())),
        main_marketplace=None if vendor else _main_marketplace(given),
        flavour=flavour,
        sell_orders_only=flavour == "secondary"
        or _boolean("sync_sell_orders_only", given.get("sync_sell_orders_only", False)),
        not_sync=_entities(given.get("not_sync_entities", ())),
        load=_choice("load", given.get("load", "target"), LOADS),
        forced=_forced(job or {}),
        allow_mass_disable=_boolean("allow_mass_disable", given.get("allow_mass_disable", False)),
        push_concurrency=_concurrency(given.get("push_concurrency", 8)),
        flow=_flow("flow", given.get("flow")),
        products_flow=_flow("products_flow", given.get("products_flow")),
        target_optiply=_choice("target_optiply", given.get("target_optiply", "v2"), TARGETS),
        accept_new_assortment=_boolean(
            "accept_new_assortment", given.get("accept_new_assortment", False)
        ),
        separate_stocks=_boolean("separate_stocks", given.get("separate_stocks", False)),
        host_snapshots=_boolean("host_snapshots", given["host_snapshots"])
        if "host_snapshots" in given
        else None,
        recreate_missing=_boolean("recreate_missing", given.get("recreate_missing", False)),
        eans_from_matches=_boolean("eans_from_matches", given.get("eans_from_matches", False)),
        match_threshold=_match_threshold(given.get("match_threshold", LEAST_MATCH)),
    )
    _refuse_contradictions(settings, given)
    return settings


def _refuse_misspelt(config: Mapping[str, Any], file: str) -> None:
    plain = {flag.replace("_", ""): flag for flag in FLAGS} | _ALIASES
    for key in config:
        if key in FLAGS or key in _NOT_MISSPELT:
            continue
        stripped = key.lower().replace("_", "").replace("-", "").replace(" ", "")
        near = difflib.get_close_matches(stripped, plain, n=1, cutoff=_SIMILAR)
        if near:
            raise EtlError(
                f"{file} holds {key!r}, which is not a known flag; did you mean {plain[near[0]]!r}?"
            )


def _flavour(given: Mapping[str, Any]) -> str:
    orders_only = _boolean("sync_sell_orders_only", given.get("sync_sell_orders_only", False))
    flavour = _choice(
        "flavour", given.get("flavour", "secondary" if orders_only else "full"), FLAVOURS
    )
    if orders_only and flavour == "full":
        raise EtlError(
            "sync_sell_orders_only is true and flavour is full, which contradict each other: "
            "flavour full sends products too."
        )
    return flavour


def _entities(value: object) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise EtlError(
            f"not_sync_entities is {value!r}; it must be names of entities, separated by commas."
        )
    by_any_name = {name.lower(): each for each in ENTITIES for name in (each.name, each.snapshot)}
    found = []
    for name in filter(None, (each.strip() for each in names)):
        if name.lower() not in by_any_name:
            raise EtlError(
                f"not_sync_entities names {name!r}, which is not an entity of Optiply that is sent; use "
                f"{', '.join(BY_SNAPSHOT)}."
            )
        found.append(by_any_name[name.lower()].snapshot)
    return tuple(dict.fromkeys(found))


def _forced(job: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        name
        for name in BY_SNAPSHOT
        if str(job.get(f"force_patch_{name}", "")).lower() in {"true", "1"}
    )


def _flow(name: str, value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise EtlError(f"{name} is {value!r}; it must be the name of a flow, as the host gives it.")
    return None if value is None else str(value).strip()


def _choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise EtlError(f"{name} is {value!r}; it must be {' or '.join(choices)}.")
    return str(value)


def _boolean(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise EtlError(f"{name} is {value!r}; it must be true or false.")


def _concurrency(value: object) -> int:
    text = str(value).strip()
    # int() takes signs, spaces and other scripts' digits too.
    number = int(text) if re.fullmatch(r"[0-9]{1,2}", text) else 0
    if not 1 <= number <= MOST_AT_ONCE:
        raise EtlError(
            f"push_concurrency is {value!r}; it must be a whole number from 1 to {MOST_AT_ONCE}."
        )
    return number


def _match_threshold(value: object) -> float:
    text = str(value).strip()
    number = float(text) if re.fullmatch(r"[01](\.[0-9]{1,9})?", text) else 0.0
    if not LEAST_MATCH <= number <= 1:
        raise EtlError(
            f"match_threshold is {value!r}; it must be a number from {LEAST_MATCH} to 1, since "
            "asin_matches has no best match that is less sure."
        )
    return number


def _marketplaces(value: object) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise EtlError(
            f"marketplaces is {value!r}; it must be country codes or marketplace ids, "
            "separated by commas."
        )
    return tuple(dict.fromkeys(marketplace_id(name) for name in names if name.strip()))


def _main_marketplace(given: Mapping[str, Any]) -> str | None:
    if "uri" not in given:
        return None
    if not isinstance(given["uri"], str):
        raise EtlError(
            f"uri is {given['uri']!r}; it must be an address such as https://www.amazon.de/."
        )
    return marketplace_of_uri(given["uri"])


def _refuse_contradictions(settings: Settings, given: Mapping[str, Any]) -> None:
    main = settings.main_marketplace
    if main and settings.marketplaces and main not in settings.marketplaces:
        listed = ", ".join(country(each) for each in settings.marketplaces)
        raise EtlError(
            f"uri ({given['uri']}) names marketplace {country(main)}, "
            f"which is not among marketplaces ({listed})."
        )
    if settings.second_flavour and settings.flavour != "full":
        raise EtlError(
            f"second_flavour is true and flavour is {settings.flavour}, which contradict each other: "
            "second_flavour says where the stock of a seller's products comes from, and only flavour "
            "full sends those."
        )
    if settings.eans_from_matches and settings.sell_orders_only:
        raise EtlError(
            f"eans_from_matches is true and flavour is {settings.flavour}, so that products come from "
            "elsewhere; only flavour full sends a seller's products and their EANs."
        )
    if settings.eans_from_matches and settings.flavour == "vendor":
        raise EtlError(
            "eans_from_matches is true and flavour is vendor, whose orders name the EANs themselves; "
            "only flavour full takes them from asin_matches."
        )
    if "sell_orders" in settings.not_sync and settings.sell_orders_only:
        raise EtlError(
            "not_sync_entities names sell_orders, and nothing but sell orders is to be sent; take one "
            "of the two back."
        )
