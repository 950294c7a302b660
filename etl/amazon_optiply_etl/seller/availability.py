"""What becomes of a listing's product: sold out is not gone.

Amazon calls a listing Inactive when it runs out of stock, and also when its seller has closed it or
Amazon has blocked it (SP-API guide "Understanding Amazon listing status and seller-fulfilled inventory
management": "Is out of stock", "Is past scheduled sale period", "Has no offer provided", "Is blocked
from offer by Amazon"). The stock says which it is: what is Inactive without stock sells again once
there is some, so a planner must see it with stock 0; what is Inactive with stock is not sold any more.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray


class Status(Enum):
    """What the listing report says of a listing."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    INCOMPLETE = "Incomplete"
    NO_COLUMN = "no such column"


class OwnQuantity(Enum):
    """The quantity of the listing report, of the units that the seller ships."""

    NO_COLUMN = "no such column"
    EMPTY = "empty"
    ZERO = "0"
    MORE = "more"


class FbaStock(Enum):
    """The sellable units of the SKU in Amazon's warehouses."""

    NOT_READ = "not read in this run"
    ZERO = "0"
    MORE = "more"


class Availability(Enum):
    """What a listing makes of its product, the first of a product's listings first."""

    IN_STOCK = "enabled with its stock"
    SOLD_OUT = "enabled with stock 0"
    NOT_READ = "stays as it was"
    ENDED = "disabled once"
    NO_PRODUCT = "no product"


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: it holds where each of its columns does; None stands for anything.

    Attributes:
        availability: What the listing makes of its product.
        statuses: What the report says of it.
        own: Its quantity.
        fba: Its FBA stock.
        known: Whether Optiply knows the product.
        named: Whether an order line of this input names it.
    """

    availability: Availability
    statuses: Collection[Status]
    own: Collection[OwnQuantity] | None = None
    fba: Collection[FbaStock] | None = None
    known: bool | None = None
    named: bool | None = None

    def holds(
        self, status: Status, own: OwnQuantity, fba: FbaStock, *, known: bool, named: bool
    ) -> bool:
        """Return whether the rule speaks of such a listing."""
        return (
            status in self.statuses
            and (self.own is None or own in self.own)
            and (self.fba is None or fba in self.fba)
            and self.known in {None, known}
            and self.named in {None, named}
        )


# A report without the column holds nothing but listings that are for sale.
_FOR_SALE = (Status.ACTIVE, Status.NO_COLUMN)
# An Incomplete listing lacks its price or its condition, so it is not for sale (Seller Central help
# 201835130); units of it can come and go as those of an Inactive one.
_NOT_FOR_SALE = (Status.INACTIVE, Status.INCOMPLETE)
# Amazon leaves the quantity empty where it ships itself: the FBA stock is all the stock there is.
_NO_QUANTITY = (OwnQuantity.EMPTY, OwnQuantity.NO_COLUMN)
_ZERO, _MORE = (OwnQuantity.ZERO,), (OwnQuantity.MORE,)
_NO_FBA, _FBA = (FbaStock.ZERO,), (FbaStock.MORE,)
_NO_FBA_SEEN = (FbaStock.ZERO, FbaStock.NOT_READ)
_FBA_UNREAD = (FbaStock.NOT_READ,)

RULES = (
    Rule(Availability.IN_STOCK, _FOR_SALE, fba=_FBA),
    Rule(Availability.IN_STOCK, _FOR_SALE, _MORE),
    Rule(Availability.SOLD_OUT, _FOR_SALE, _ZERO, _NO_FBA_SEEN),
    Rule(Availability.SOLD_OUT, _FOR_SALE, _NO_QUANTITY, _NO_FBA),
    Rule(Availability.NOT_READ, _FOR_SALE, _NO_QUANTITY, _FBA_UNREAD),
    Rule(Availability.ENDED, _NOT_FOR_SALE, fba=_FBA, known=True),
    Rule(Availability.ENDED, _NOT_FOR_SALE, _MORE, known=True),
    Rule(Availability.NO_PRODUCT, _NOT_FOR_SALE, fba=_FBA),
    Rule(Availability.NO_PRODUCT, _NOT_FOR_SALE, _MORE),
    Rule(Availability.NOT_READ, _NOT_FOR_SALE, _NO_QUANTITY, _FBA_UNREAD, known=True),
    Rule(Availability.NO_PRODUCT, _NOT_FOR_SALE, _NO_QUANTITY, _FBA_UNREAD),
    # 20,000 listings that died years ago do not become products.
    Rule(Availability.SOLD_OUT, _NOT_FOR_SALE, known=True),
    Rule(Availability.SOLD_OUT, _NOT_FOR_SALE, named=True),
    Rule(Availability.NO_PRODUCT, _NOT_FOR_SALE),
)
"""The first rule that holds counts; one always does. What was not read is never taken for 0."""


def availability(
    status: Status, own: OwnQuantity, fba: FbaStock, *, known: bool, named: bool
) -> Availability:
    """Return what a listing makes of its product.

    Args:
        status: What the report says of it.
        own: Its quantity.
        fba: Its FBA stock.
        known: Whether Optiply knows the product.
        named: Whether an order line of this input names it.
    """
    return next(
        rule.availability
        for rule in RULES
        if rule.holds(status, own, fba, known=known, named=named)
    )


def place(value: Enum) -> int:
    """Return the place of a value among those of its kind, which stands for it in `availabilities`."""
    return list(type(value)).index(value)


_TABLE = np.array(
    [
        place(availability(status, own, fba, known=known, named=named))
        for status, own, fba, known, named in itertools.product(
            Status, OwnQuantity, FbaStock, (False, True), (False, True)
        )
    ],
    np.int8,
).reshape(len(Status), len(OwnQuantity), len(FbaStock), 2, 2)


def availabilities(
    status: NDArray[np.int8],
    own: NDArray[np.int8],
    fba: NDArray[np.int8],
    known: NDArray[np.bool_],
    named: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """Return the `place` of each listing's availability, by the `place` of each thing seen of it."""
    found: NDArray[np.int8] = _TABLE[status, own, fba, known.astype(np.int8), named.astype(np.int8)]
    return found
