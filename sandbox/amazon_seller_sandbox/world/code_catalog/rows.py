"""What a shop asks: the rows of its file, in its own words, each with the right answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.world.code_catalog.items import Trap, answer, is_refused
from amazon_seller_sandbox.world.code_catalog.products import shop_brand, shop_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.code_catalog.items import Answer

_NEEDS_A_TITLE = frozenset({Trap.OTHER_PRODUCT_ONLY, Trap.CLAIMED})
"""Without a title these would be right by all that anybody can see."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a shop's file.

    Attributes:
        code: The code's cell, damaged or not.
        title: Empty where the shop gives none, as `brand` and `pack`.
        trap: What is special about the code, for the figures of a benchmark.
        right: The right ASIN; None where none is, or where two are equally right.
        clear: Whether the row and Amazon's answer say a careful person which one it is.
        status: The status that the row has to get where no ASIN is due: `not_found`, `invalid`, `error`,
            `needs_review`; `matched` where the row is clear; empty where either may be.
        own: The ASIN under which the shop lists the product itself, if it does.
    """

    code: str
    title: str
    brand: str
    pack: str
    trap: str
    right: str | None
    clear: bool
    status: str
    own: str | None


def rows(seed: int, count: int, language: str = "de") -> Iterator[Row]:
    """Yield the rows of a shop's file, a few of them twice."""
    for index in range(count):
        row = make_row(seed, index, language)
        yield row
        if draws(key(seed, "code-catalog", "twice"), index)[0] % 200 == 0:
            yield row


def make_row(seed: int, index: int, language: str = "de") -> Row:
    """Return the row of a product, the same for the same seed and index."""
    found = answer(seed, index)
    chance = draws(key(seed, "code-catalog", "row"), index)
    told = chance[0] % 100
    needs_title = found.trap in _NEEDS_A_TITLE
    has_title = told < 80 or needs_title  # noqa: PLR2004 - per cent
    has_brand = told < 55 or 80 <= told < 85  # noqa: PLR2004
    has_pack = has_title and chance[1] % 12 == 0
    names_colour = chance[2] % 100 < 85  # noqa: PLR2004
    form = chance[3]
    in_title = found.pack if not (has_pack and chance[4] % 2) else 1
    title = shop_title(found.described, language, in_title, form, colour=names_colour)
    told_apart = {"pack"} if has_title else set()
    if has_title:
        told_apart |= {"title", "colour"} if names_colour else {"title"}
    cell, damage = _cell(found, chance)
    right = None if damage else found.right
    clear = bool(
        right and found.trap is not Trap.UNLISTED and found.told_apart <= told_apart
    ) and not is_refused(index)
    return Row(
        code=cell,
        title=title if has_title else "",
        brand=shop_brand(found.described, chance[5]) if has_brand else "",
        pack=str(found.pack) if has_pack else "",
        trap=damage or found.trap.value,
        right=None if is_refused(index) else right,
        clear=clear,
        status=_status(found, damage, clear=clear, refused=is_refused(index)),
        own=None if damage else _own(found, chance),
    )


def _own(found: Answer, chance: tuple[int, ...]) -> str | None:
    """Return the ASIN under which the shop lists the product: every eighth of those that it may."""
    if chance[12] % 8:
        return None
    if found.trap is Trap.DUPLICATE_PAGES:
        return found.own
    usual = {Trap.PLAIN, Trap.OTHER_LENGTH, Trap.PACK_WITH_OWN_CODE, Trap.MULTIPACK_BESIDE}
    return found.right if found.trap in usual else None


def _status(found: Answer, damage: str, *, clear: bool, refused: bool) -> str:
    if damage:
        return "invalid"
    if refused:
        return "error"
    if found.absent or not found.items:
        return "not_found"
    if clear:
        return "matched"
    return "" if found.right else "needs_review"


def _cell(found: Answer, chance: tuple[int, ...]) -> tuple[str, str]:  # noqa: PLR0911 - a table
    """Return the code as it stands in the file, and what is wrong with it where nobody can read it."""
    code = found.short if found.short and chance[6] % 4 else found.code
    lot = chance[7] % 1000
    if lot < 5:  # noqa: PLR2004 - per thousand, here and below
        wrong = str((int(found.code[5]) + 1 + chance[8] % 9) % 10)
        return found.code[:5] + wrong + found.code[6:], "mistyped"
    if lot < 8:  # noqa: PLR2004
        shown = f"{int(found.code):.5E}"
        return shown.replace(".", "," if chance[8] % 2 else "."), "digits lost"
    if lot < 10:  # noqa: PLR2004
        return ("2001234567893", "0000000000000", "", "k.A.")[chance[8] % 4], "no code"
    # What has lost more zeros than this has no length by which anybody could know it.
    is_number = not code.endswith("X") and len(code.lstrip("0")) >= (9 if len(code) == 10 else 7)  # noqa: PLR2004
    if lot < 60 and is_number:  # noqa: PLR2004
        return f"{int(code)}.0", ""
    if lot < 100 and is_number:  # noqa: PLR2004
        return str(int(code)), ""
    if lot < 110:  # noqa: PLR2004
        return f"'{code}", ""
    if lot < 120 and len(code) == 13:  # noqa: PLR2004
        return f"{code[:3]}-{code[3:7]}-{code[7:12]}-{code[12]}", ""
    if lot < 130:  # noqa: PLR2004
        return f"\u00a0{code} ", ""
    if lot < 134:  # noqa: PLR2004
        return f"{code}; {found.code}", ""
    return code, ""
