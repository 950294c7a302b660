"""The items of Amazon's catalog that a code finds, and which of them is the right one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.world.code_catalog import numbers
from amazon_seller_sandbox.world.code_catalog.products import Product, product

if TYPE_CHECKING:
    from collections.abc import Callable

PACKS: Final = (2, 3, 4, 5, 6, 8, 10, 12, 24)
REFUSED_EVERY: Final = 2_503
"""Of so many products Amazon refuses the code of one, and every call with it, though its digits fit."""
_SECOND_CODE: Final = 10_000_000
_PACK_CODE: Final = 20_000_000
_OTHER_PRODUCT: Final = 40_000_000
_ITEMS: Final = 16
"""Numbers of ASINs that each product may use."""

BASE, OTHER, BUNDLE, PARENT = "BASE_PRODUCT", "OTHER", "PRODUCT_BUNDLE", "VARIATION_PARENT"


class Trap(StrEnum):
    """What is special about a code."""

    PLAIN = "plain"
    PACK_WITH_OWN_CODE = "pack with its own code"
    OTHER_LENGTH = "listed at another length"
    MULTIPACK_BESIDE = "multipack with the single's code"
    MULTIPACK_ONLY = "only a multipack has the single's code"
    PARENT_BESIDE = "parent with the child's code"
    PARENT_ONLY = "only the parent has the code"
    BUNDLE_BESIDE = "bundle with the code"
    DUPLICATE_PAGES = "two equal pages"
    OTHER_PRODUCT_BESIDE = "another product with the code"
    OTHER_PRODUCT_ONLY = "only another product has the code"
    SIZE_BESIDE = "another size with the code"
    COLOUR_BESIDE = "another colour with the code"
    UNLISTED = "found, but the code is not listed"
    UNLISTED_BESIDE = "another item is found, and does not list the code"
    UNKNOWN = "unknown to Amazon"
    ELSEWHERE = "known in other marketplaces alone"
    USED_PAGE = "page of used copies with the code"
    SECOND_CODE = "second code of the product before it"
    CLAIMED = "also claimed by the product before it"
    BOOK = "book"
    CASE = "case with a code of its own level"
    NO_SUMMARY = "no summary in the marketplace"


_SHARES: Final[tuple[tuple[Trap, int], ...]] = (
    (Trap.PACK_WITH_OWN_CODE, 70),
    (Trap.OTHER_LENGTH, 60),
    (Trap.MULTIPACK_BESIDE, 40),
    (Trap.MULTIPACK_ONLY, 6),
    (Trap.PARENT_BESIDE, 15),
    (Trap.PARENT_ONLY, 4),
    (Trap.BUNDLE_BESIDE, 10),
    (Trap.DUPLICATE_PAGES, 15),
    (Trap.OTHER_PRODUCT_BESIDE, 10),
    (Trap.OTHER_PRODUCT_ONLY, 4),
    (Trap.SIZE_BESIDE, 6),
    (Trap.COLOUR_BESIDE, 5),
    (Trap.UNLISTED, 10),
    (Trap.UNLISTED_BESIDE, 3),
    (Trap.UNKNOWN, 70),
    (Trap.ELSEWHERE, 10),
    (Trap.USED_PAGE, 6),
    (Trap.SECOND_CODE, 12),
    (Trap.CLAIMED, 5),
    (Trap.BOOK, 40),
    (Trap.CASE, 5),
    (Trap.NO_SUMMARY, 4),
)
"""Per thousand products; the rest is plain."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of Amazon's catalog.

    Attributes:
        found_by: The codes (13 or 14 digits) that find it.
        listed: What it shows as identifiers: type and value.
        pack: How many it holds.
        quantity_told: Whether its data say so.
        in_title: Whether its title says so.
        wording: Which title it has: `own`, `parent`, `bundle` or `used`.
        form: Chooses among the wordings of its title.
    """

    asin: str
    product: Product
    found_by: tuple[str, ...]
    listed: tuple[tuple[str, str], ...]
    form: int
    pack: int = 1
    quantity_told: bool = True
    in_title: bool = True
    classification: str = BASE
    wording: str = "own"
    rank: int | None = None
    images: int = 1
    has_summary: bool = True
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a code finds, and what is right.

    Attributes:
        code: 13 digits, or 14 of a case; `short` is another form in which it is written.
        described: The product that the shop means, and how many of it.
        right: The right item; None where no item is right, or two equal ones are.
        absent: Whether the marketplace that is asked does not have the items.
        told_apart: Whether pack, colour or title distinguishes the items.
    """

    trap: Trap
    code: str
    short: str | None
    described: Product
    pack: int
    items: tuple[Item, ...]
    right: str | None
    absent: bool = False
    told_apart: frozenset[str] = field(default_factory=frozenset)
    own: str | None = None


def trap_of(seed: int, index: int) -> Trap:
    """Return what is special about a product's code."""
    draw = draws(key(seed, "code-catalog", "trap"), index)[0] % 1000
    trap = Trap.PLAIN
    for each, share in _SHARES:
        if 0 <= draw < share:
            trap = each
        draw -= share
    before = index - 1
    if trap in {Trap.SECOND_CODE, Trap.CLAIMED} and (
        index == 0 or trap_of(seed, before) is not Trap.PLAIN
    ):
        return Trap.PLAIN
    return trap


def is_refused(index: int) -> bool:
    """Say whether Amazon refuses the code of a product."""
    return index % REFUSED_EVERY == REFUSED_EVERY - 1


def _code(seed: int, index: int, trap: Trap) -> tuple[str, str | None]:
    """Return a product's code as 13 digits (14 of a case), and another form of it."""
    chance = draws(key(seed, "code-catalog", "code"), index)
    if trap is Trap.BOOK:
        return numbers.isbn(index, chance[1])
    if trap is Trap.CASE:
        body = str(1 + chance[2] % 8) + numbers.ean(index, chance[1])[:12]
        return body + numbers.check_digit(body), None
    family = chance[0] % 100
    if family < 15:  # noqa: PLR2004 - per cent
        found = numbers.upc(index, chance[1])
        return found, found[1:]
    if family < 17 and index < 500_000:  # noqa: PLR2004
        return numbers.short_upc(index)
    if family < 19 and index < 1_000_000:  # noqa: PLR2004
        found = numbers.ean8(index)
        return found, found[5:]
    return numbers.ean(index, chance[1]), None


def _listed(code: str, chance: int, *, other_length: bool = False) -> tuple[tuple[str, str], ...]:
    """Return the identifiers that an item with this code shows."""
    if len(code) == 14:  # noqa: PLR2004
        return (("GTIN", code),)
    if other_length:
        if code.startswith("0"):
            return (("UPC", code[1:]), ("GTIN", "0" + code))[chance % 2 :][:1]
        return (("GTIN", "0" + code),)
    if code.startswith(("978", "979")):
        return (("EAN", code), ("ISBN", code))
    if code.startswith("0") and chance % 3:
        return (("EAN", code), ("UPC", code[1:]), ("GTIN", "0" + code))[: 1 + chance % 3]
    return (("EAN", code), ("GTIN", "0" + code))[: 1 + chance % 2]


def answer(seed: int, index: int) -> Answer:
    """Return what the code of a product finds, the same for the same seed and index."""
    trap = trap_of(seed, index)
    code, short = _code(seed, index, trap)
    chance = draws(key(seed, "code-catalog", "item"), index)
    described = product(seed, index, is_book=trap is Trap.BOOK)
    base = Item(
        asin=numbers.asin(index * _ITEMS),
        product=described,
        found_by=(code,),
        listed=_listed(code, chance[0]),
        form=chance[1],
        rank=None if chance[2] % 6 == 0 else 1 + chance[2] % 400_000,
        images=0 if chance[3] % 40 == 0 else 1 + chance[3] % 4,
    )
    plain = Answer(trap, code, short, described, 1, (base,), base.asin)
    if trap is Trap.PLAIN:
        # Products that have a second code, or claim another's, show it.
        return replace(plain, items=(_with_next_code(seed, index, base),))
    return _BUILDERS[trap](seed, plain, base, chance)


def _with_next_code(seed: int, index: int, base: Item) -> Item:
    """Return an item with the code of the next product, where that one is its second or is claimed."""
    after = trap_of(seed, index + 1)
    if after not in {Trap.SECOND_CODE, Trap.CLAIMED}:
        return base
    code, _ = _code(seed, index + 1, after)
    return replace(base, found_by=(*base.found_by, code), listed=(*base.listed, ("EAN", code)))


def _another(base: Item, place: int, chance: int, **changes: object) -> Item:
    """Return a further item of the same code."""
    return replace(
        base,
        asin=numbers.asin(base.product.index * _ITEMS + place),
        form=base.form // 3 + chance % 997,
        rank=None if chance % 5 == 0 else 1 + chance % 300_000,
        images=1 + chance % 3,
        **changes,  # type: ignore[arg-type]
    )


def _pack(base: Item, chance: tuple[int, ...], number: int, **changes: object) -> Item:
    """Return an item of several; its title or its data say so, or both."""
    told = chance[6] % 10
    return replace(
        base,
        pack=number,
        quantity_told=told != 0,
        in_title=told < 9,  # noqa: PLR2004
        **changes,  # type: ignore[arg-type]
    )


def _number(chance: tuple[int, ...]) -> int:
    return PACKS[chance[5] % len(PACKS)]


def _pack_with_own_code(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    number = _number(chance)
    return replace(
        plain,
        pack=number,
        items=(_pack(base, chance, number),),
        told_apart=frozenset({"pack"}),
    )


def _other_length(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    return replace(
        plain, items=(replace(base, listed=_listed(plain.code, chance[4], other_length=True)),)
    )


def _multipack_beside(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    number = _number(chance)
    own = numbers.ean(base.product.index + _PACK_CODE, chance[7])
    listed = base.listed if chance[8] % 3 else (*base.listed, ("EAN", own))
    pack = _pack(_another(base, 1, chance[4], listed=listed), chance, number)
    means_pack = chance[9] % 5 == 0
    return replace(
        plain,
        items=(base, pack) if chance[10] % 2 else (pack, base),
        pack=number if means_pack else 1,
        right=pack.asin if means_pack else base.asin,
        told_apart=frozenset({"pack"}),
    )


def _multipack_only(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    pack = _pack(_another(base, 1, chance[4]), chance, _number(chance))
    return replace(plain, items=(pack,), right=None, told_apart=frozenset({"pack"}))


def _parent(base: Item, chance: tuple[int, ...]) -> Item:
    return _another(base, 2, chance[4], classification=PARENT, wording="parent")


def _parent_beside(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    parent = _parent(base, chance)
    child = replace(base, parents=(parent.asin,))
    return replace(plain, items=(parent, child) if chance[10] % 2 else (child, parent))


def _parent_only(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    return replace(plain, items=(_parent(base, chance),), right=None)


def _bundle_beside(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    bundle = _another(base, 3, chance[4], classification=BUNDLE, wording="bundle")
    return replace(plain, items=(bundle, base) if chance[10] % 2 else (base, bundle))


def _duplicate_pages(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    second = _another(base, 4, chance[4])
    own = (base if chance[11] % 2 else second).asin
    return replace(plain, items=(base, second), right=None, own=own)


def _other_product(seed: int, base: Item, chance: tuple[int, ...]) -> Item:
    other = product(seed, base.product.index + _OTHER_PRODUCT)
    if other.brand == base.product.brand or other.noun == base.product.noun:
        other = replace(other, brand="Vandermolen", noun=(base.product.noun + 5) % 12, size=0)
    return replace(_another(base, 5, chance[4]), product=other)


def _other_product_beside(seed: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    items = (base, _other_product(seed, base, chance))
    return replace(
        plain, items=items if chance[10] % 2 else items[::-1], told_apart=frozenset({"title"})
    )


def _other_product_only(seed: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    other = _other_product(seed, base, chance)
    return replace(plain, items=(other,), right=None, told_apart=frozenset({"title"}))


def _size_beside(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    other = replace(base.product, size=(base.product.size + 1) % base.product.sizes)
    second = replace(_another(base, 6, chance[4]), product=other)
    items = (base, second) if chance[10] % 2 else (second, base)
    return replace(plain, items=items, told_apart=frozenset({"title"}))


def _colour_beside(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    second = replace(
        _another(base, 7, chance[4]),
        product=replace(base.product, colour=(base.product.colour + 1) % 5),
    )
    items = (base, second) if chance[10] % 2 else (second, base)
    return replace(plain, items=items, told_apart=frozenset({"title", "colour"}))


def _unlisted(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    other = numbers.ean(base.product.index + _SECOND_CODE, chance[7])
    listed = () if chance[8] % 2 else (("EAN", other),)
    return replace(plain, items=(replace(base, listed=listed),))


def _unlisted_beside(seed: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    stray = replace(_other_product(seed, base, chance), listed=())
    return replace(plain, items=(base, stray))


def _unknown(_: int, plain: Answer, _base: Item, _chance: tuple[int, ...]) -> Answer:
    return replace(plain, items=(), right=None)


def _elsewhere(_: int, plain: Answer, _base: Item, _chance: tuple[int, ...]) -> Answer:
    return replace(plain, right=None, absent=True)


def _used_page(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    used = _another(base, 8, chance[4], classification=OTHER, wording="used")
    return replace(
        plain,
        items=(used, base) if chance[10] % 2 else (base, used),
        told_apart=frozenset({"title"}),
    )


def _second_code(seed: int, plain: Answer, base: Item, _chance: tuple[int, ...]) -> Answer:
    """Return what finds the item of the product before it, which the shop means here, too."""
    before = answer(seed, base.product.index - 1)
    return replace(plain, described=before.described, items=before.items, right=before.right)


def _claimed(seed: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    before = answer(seed, base.product.index - 1)
    has_own = chance[9] % 3 > 0
    return replace(
        plain,
        items=(base, *before.items) if has_own else before.items,
        right=base.asin if has_own else None,
        told_apart=frozenset({"title"}),
    )


def _book(_: int, plain: Answer, base: Item, _chance: tuple[int, ...]) -> Answer:
    own = replace(base, asin=plain.short or base.asin)
    return replace(plain, items=(own,), right=own.asin)


def _case(_: int, plain: Answer, base: Item, chance: tuple[int, ...]) -> Answer:
    number = (6, 12, 24)[chance[5] % 3]
    return replace(
        plain,
        pack=number,
        items=(_pack(base, chance, number),),
        told_apart=frozenset({"pack"}),
    )


def _no_summary(_: int, plain: Answer, base: Item, _chance: tuple[int, ...]) -> Answer:
    return replace(
        plain,
        items=(replace(base, has_summary=False),),
        told_apart=frozenset({"nothing"}),
    )


_BUILDERS: dict[Trap, Callable[[int, Answer, Item, tuple[int, ...]], Answer]] = {
    Trap.PACK_WITH_OWN_CODE: _pack_with_own_code,
    Trap.OTHER_LENGTH: _other_length,
    Trap.MULTIPACK_BESIDE: _multipack_beside,
    Trap.MULTIPACK_ONLY: _multipack_only,
    Trap.PARENT_BESIDE: _parent_beside,
    Trap.PARENT_ONLY: _parent_only,
    Trap.BUNDLE_BESIDE: _bundle_beside,
    Trap.DUPLICATE_PAGES: _duplicate_pages,
    Trap.OTHER_PRODUCT_BESIDE: _other_product_beside,
    Trap.OTHER_PRODUCT_ONLY: _other_product_only,
    Trap.SIZE_BESIDE: _size_beside,
    Trap.COLOUR_BESIDE: _colour_beside,
    Trap.UNLISTED: _unlisted,
    Trap.UNLISTED_BESIDE: _unlisted_beside,
    Trap.UNKNOWN: _unknown,
    Trap.ELSEWHERE: _elsewhere,
    Trap.USED_PAGE: _used_page,
    Trap.SECOND_CODE: _second_code,
    Trap.CLAIMED: _claimed,
    Trap.BOOK: _book,
    Trap.CASE: _case,
    Trap.NO_SUMMARY: _no_summary,
}
