"""Tokens API 2021-03-01: restricted data tokens, which open the paths they were requested."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.refusals import invalid_input
from amazon_seller_sandbox.state.login import LIFETIME
from amazon_seller_sandbox.state.quotas import Rate

if TYPE_CHECKING:
    from amazon_seller_sandbox.api.operation import Call, Json

_METHODS = ("GET", "PUT", "POST", "DELETE")
_MOST_RESOURCES = 50
_RESTRICTED = re.compile(
    # One token for each document: there is none for all of them.
    r"/reports/2021-06-30/documents/[^/{}]+"
    r"|/vendor/directFulfillment/orders/2021-12-28/purchaseOrders(/[^/]+)?"
    r"|/vendor/directFulfillment/shipping/2021-12-28/customerInvoices(/[^/]+)?"
)
"""The paths of restricted operations; see Amazon's "Tokens API Use Case Guide"."""


def _resource(entry: Any) -> tuple[str, str]:  # noqa: ANN401 - JSON
    if not isinstance(entry, dict) or entry.get("method") not in _METHODS:
        raise invalid_input("Each restricted resource needs a method and a path.")
    path = entry.get("path")
    if not isinstance(path, str) or not _RESTRICTED.fullmatch(path):
        raise invalid_input(f"Path {path} is not that of a restricted operation.")
    return str(entry["method"]), path


async def _create(call: Call) -> Json:
    entries = call.body.get("restrictedResources")
    if not isinstance(entries, list) or not 1 <= len(entries) <= _MOST_RESOURCES:
        raise invalid_input(f"1 to {_MOST_RESOURCES} restrictedResources are required.")
    resources = frozenset(_resource(entry) for entry in entries)
    token = call.sandbox.login.restricted(call.grant, resources)
    return {"restrictedDataToken": token, "expiresIn": LIFETIME}


OPERATIONS = (
    Operation(
        "createRestrictedDataToken",
        "POST",
        "/tokens/2021-03-01/restrictedDataToken",
        Rate(1, 10),
        200,
        _create,
        rate_on_every_error=True,
    ),
)
