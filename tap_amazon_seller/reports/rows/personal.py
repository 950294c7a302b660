"""Which columns, properties and elements are buyers' data, by their names.

Two rules: one for the reports that the tap describes, whose columns are known, and a wide one for custom
reports, which nobody has described. The wide one rather leaves out a column too many: what it leaves out
is told, and `include_pii` passes it on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.reports.text.headers import snake_case

if TYPE_CHECKING:
    from collections.abc import Mapping

PERSONAL = re.compile(
    r"cpf|(buyer|recipient|bill|customer|gift_message)_.*|.*(phone|e_?mail).*|ship_address_\d|.*_address(_line)?(_\d)?"
)
"""Columns with buyers' names, addresses, phones and e-mail addresses."""

_WITHIN_WORDS = re.compile(
    r"buyer|recipient|consignee|addressee|address|phone|email|postal|postcode|zipcode|street"
    r"|customer(?!s$|orders?$|returns?$|shipments?$)|company|surname"
)
_WORDS = frozenset(
    {
        *("attention", "attn", "contact", "guest", "member", "payer", "person", "purchaser"),
        *("rater", "receiver", "reviewer", "shopper", "signatory", "user"),
        *("firstname", "lastname", "fullname", "birthday", "birthdate", "dob"),
        *("cpf", "cnpj", "nif", "ssn", "passport"),
        *("addr", "city", "county", "district", "latitude", "longitude", "municipality", "suburb"),
        *("town", "zip"),
        *("fax", "mail", "mobile", "msisdn", "tel"),
        *("employer", "firm", "organisation", "organization"),
    }
)
_PHRASES = re.compile(
    r"(^|_)(e_mail|gift_(message|note)|(vat|tax|gst)_(id|number|registration)|legal_name|business_name)(_|$)"
)
_FIGURES = re.compile(r"(^|_)customer_(orders?|returns?|shipments?|damaged)(_|$)")
"""Counts of units, as in the ledger and in restock reports."""
_THINGS = frozenset(
    {
        *(
            "ad",
            "article",
            "attribute",
            "brand",
            "browse",
            "campaign",
            "carrier",
            "catalog",
            "category",
        ),
        *(
            "channel",
            "class",
            "classification",
            "color",
            "column",
            "department",
            "display",
            "event",
        ),
        *(
            "fee",
            "field",
            "file",
            "group",
            "item",
            "keyword",
            "marketplace",
            "model",
            "node",
            "parent",
        ),
        *(
            "plan",
            "portfolio",
            "product",
            "program",
            "promotion",
            "report",
            "search",
            "season",
            "service",
        ),
        *("domain", "size", "sku", "store", "style", "title", "type", "variation", "warehouse"),
    }
)
"""What has a name that is not a person's."""


def is_personal(name: str, property_schema: Mapping[str, Any]) -> bool:
    """Whether a column of a report that is described is about a buyer; counts are not."""
    is_figure = not {"integer", "number"}.isdisjoint(property_schema.get("type", ()))
    return bool(PERSONAL.fullmatch(name)) and not is_figure


def is_widely_personal(name: str) -> bool:
    """Whether something in a report that nobody has described is named like a buyer's data.

    Like a person, an address, a phone or fax, an e-mail address or a company.

    >>> [is_widely_personal(name) for name in ("shipping_name", "ShippingAddress", "BuyerName", "fax")]
    [True, True, True, True]
    >>> [is_widely_personal(name) for name in ("product_name", "customer_returns", "velocity", "asin")]
    [False, False, False, False]
    """
    name = snake_case(name)
    words = set(name.split("_"))
    if "name" in words or "names" in words:
        return not words & _THINGS or _is_named_so(name, words)
    return _is_named_so(name, words)


def _is_named_so(name: str, words: set[str]) -> bool:
    if _FIGURES.search(name):
        return False
    return bool(
        words & _WORDS or _PHRASES.search(name) or any(_WITHIN_WORDS.search(word) for word in words)
    )


class LeftOut:
    """Leaves buyers' data out of the values of a document, at any depth, and knows what that was."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}

    def without(self, value: Any) -> Any:
        """A value of JSON or XML without the properties that are named like buyers' data; changed."""
        left = [value]
        while left:
            found = left.pop()
            if isinstance(found, dict):
                for name in [name for name in found if is_widely_personal(name)]:
                    self.names[name] = None
                    del found[name]
                left += found.values()
            elif isinstance(found, list):
                left += found
        return value
