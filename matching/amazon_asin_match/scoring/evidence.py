"""What speaks for and against one candidate, each with a weight that a person can look up.

A weight is a factor on the odds that this item is the product that the row means. How heavy each is was
chosen by hand and checked on generated catalogs (`benchmarks/codes_to_asins.py`), never on the seed on
which the figures of the documents are measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz

from amazon_asin_match.scoring.quantities import amounts, quantities
from amazon_asin_match.scoring.words import (
    FIRST_KANA,
    brand_words,
    colours,
    models,
    plain,
    says_used,
    tokens,
)
from amazon_asin_match.search.items import BUNDLE, PARENT, ItemFacts

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reason(StrEnum):
    """What was seen; the name stands in the column `candidates`, the sentence in `reason`."""

    IDENTIFIER_LISTED = "identifier_listed"
    IDENTIFIER_NOT_LISTED = "identifier_not_listed"
    OWN_LISTING = "own_listing"
    VARIATION_PARENT = "variation_parent"
    BUNDLE = "bundle"
    OTHER_KIND = "other_classification"
    USED = "used_or_renewed"
    NO_SUMMARY = "no_summary"
    PACK_AGREES = "pack_agrees"
    PACK_DIFFERS = "pack_differs"
    PACK_UNKNOWN = "pack_unknown"
    SIZE_AGREES = "size_agrees"
    SIZE_DIFFERS = "size_differs"
    BRAND_AGREES = "brand_agrees"
    BRAND_DIFFERS = "brand_differs"
    MODEL_AGREES = "model_agrees"
    MODEL_DIFFERS = "model_differs"
    COLOUR_AGREES = "colour_agrees"
    COLOUR_DIFFERS = "colour_differs"
    TITLE_ALIKE = "title_alike"
    TITLE_PARTLY_ALIKE = "title_partly_alike"
    TITLE_DIFFERS = "title_differs"
    CLAIMED_BY_OTHER_CODE = "claimed_by_other_code"
    ON_SALE = "sales_rank"


WEIGHTS: Final[dict[Reason, float]] = {
    Reason.IDENTIFIER_LISTED: 60.0,
    Reason.IDENTIFIER_NOT_LISTED: 6.0,
    Reason.OWN_LISTING: 30.0,
    Reason.VARIATION_PARENT: 0.0,
    Reason.BUNDLE: 0.02,
    Reason.OTHER_KIND: 0.3,
    Reason.USED: 0.05,
    Reason.NO_SUMMARY: 0.5,
    Reason.PACK_AGREES: 4.0,
    Reason.PACK_DIFFERS: 0.001,
    Reason.PACK_UNKNOWN: 0.2,
    Reason.SIZE_AGREES: 1.5,
    Reason.SIZE_DIFFERS: 0.01,
    Reason.BRAND_AGREES: 3.0,
    Reason.BRAND_DIFFERS: 0.03,
    Reason.MODEL_AGREES: 3.0,
    Reason.MODEL_DIFFERS: 0.05,
    Reason.COLOUR_AGREES: 1.2,
    Reason.COLOUR_DIFFERS: 0.02,
    Reason.TITLE_ALIKE: 3.0,
    Reason.TITLE_PARTLY_ALIKE: 1.0,
    Reason.TITLE_DIFFERS: 0.02,
    Reason.CLAIMED_BY_OTHER_CODE: 0.1,
    Reason.ON_SALE: 1.1,
}
CAPS: Final[dict[Reason, float]] = {
    Reason.VARIATION_PARENT: 0.01,  # cannot be sold or ordered
    Reason.PACK_DIFFERS: 0.1,  # however alike the titles are
    Reason.PACK_UNKNOWN: 0.84,
    Reason.NO_SUMMARY: 0.84,  # its pack cannot be seen
    Reason.IDENTIFIER_NOT_LISTED: 0.84,
    Reason.CLAIMED_BY_OTHER_CODE: 0.5,
    Reason.BUNDLE: 0.5,
    Reason.USED: 0.5,
    Reason.SIZE_DIFFERS: 0.5,
    Reason.COLOUR_DIFFERS: 0.6,
    Reason.TITLE_DIFFERS: 0.6,
    Reason.BRAND_DIFFERS: 0.7,
    Reason.MODEL_DIFFERS: 0.8,
    Reason.OTHER_KIND: 0.8,
}
"""The most that a candidate can have with one of these, whatever else speaks for it."""
AGAINST: Final = frozenset(
    {
        Reason.IDENTIFIER_NOT_LISTED, Reason.VARIATION_PARENT, Reason.BUNDLE, Reason.OTHER_KIND,
        Reason.USED, Reason.NO_SUMMARY, Reason.PACK_DIFFERS, Reason.PACK_UNKNOWN, Reason.SIZE_DIFFERS,
        Reason.BRAND_DIFFERS, Reason.MODEL_DIFFERS, Reason.COLOUR_DIFFERS, Reason.TITLE_DIFFERS,
        Reason.CLAIMED_BY_OTHER_CODE,
    }
)  # fmt: skip
"""What speaks against a candidate. Where nothing does so against two, no lead makes one of them clear:
that a page says less than another does not make it another product."""
ALIKE: Final = 75.0
PARTLY_ALIKE: Final = 45.0
NEARLY_EQUAL: Final = 90.0
SAME_WORD: Final = 85.0
LEAST_OF_A_WORD: Final = 3
LEAST_OF_A_COMPOUND: Final = 5


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row says of its product; empty or None where it says nothing."""

    title: str = ""
    brand: str = ""
    model: str = ""
    pack: int | None = None

    @property
    def says_anything(self) -> bool:
        """Whether there is anything to hold an item against."""
        return bool(self.title or self.brand or self.model or self.pack)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of a candidate, and the sentences to it."""

    reasons: tuple[Reason, ...]
    sentences: tuple[str, ...]

    @property
    def odds(self) -> float:
        """The product of the weights."""
        found = 1.0
        for reason in self.reasons:
            found *= WEIGHTS[reason]
        return found

    @property
    def cap(self) -> float:
        """The most that the candidate can have."""
        return min((CAPS[reason] for reason in self.reasons if reason in CAPS), default=1.0)

    @property
    def is_disputed(self) -> bool:
        """Whether anything speaks against the candidate."""
        return any(reason in AGAINST for reason in self.reasons)

    def __contains__(self, reason: Reason) -> bool:
        return reason in self.reasons


Seen = tuple[Reason, str]


def evidence(row: RowFacts, item: ItemFacts, *, listed: bool, claimed_by: str = "") -> Evidence:
    """What speaks for and against an item.

    Args:
        row: What the row says.
        item: What Amazon says.
        listed: Whether the item lists the code that was asked.
        claimed_by: Rows with another code that found the same item and say that it is another product.
    """
    seen = [*_of_the_item(item, listed=listed), *_pack(row, item)]
    if row.title:
        seen += [*_size(row, item), *_colour(row, item), *_title(row, item)]
    seen += [*_brand(row, item), *_model(row, item)]
    if claimed_by:
        seen.append((Reason.CLAIMED_BY_OTHER_CODE, f"{claimed_by} claims it for another product"))
    return Evidence(tuple(reason for reason, _ in seen), tuple(words for _, words in seen if words))


def _of_the_item(item: ItemFacts, *, listed: bool) -> Iterator[Seen]:
    if item.own_skus:
        yield Reason.OWN_LISTING, f"the seller lists it as {', '.join(item.own_skus[:3])}"
    if listed:
        yield Reason.IDENTIFIER_LISTED, "the item lists the code"
    else:
        yield Reason.IDENTIFIER_NOT_LISTED, "Amazon found the item, but it does not list the code"
    if item.classification == PARENT:
        yield Reason.VARIATION_PARENT, "it is a variation parent, which cannot be sold"
    elif item.classification == BUNDLE:
        yield Reason.BUNDLE, "it is a bundle"
    elif item.classification == "OTHER":
        yield Reason.OTHER_KIND, "Amazon classifies it as neither base product nor bundle"
    if not item.has_summary:
        yield Reason.NO_SUMMARY, "Amazon shows no title of it in this marketplace"
    if item.rank is not None:
        yield Reason.ON_SALE, ""


def _pack(row: RowFacts, item: ItemFacts) -> Iterator[Seen]:
    theirs = _packs_of(item)
    if row.pack is not None:
        ours = frozenset({row.pack}) | quantities(row.title).packs
        ours -= {1} if len(ours) > 1 else frozenset()
    elif row.title:
        ours = quantities(row.title).packs or frozenset({1})
    elif theirs:
        yield (
            Reason.PACK_UNKNOWN,
            f"Amazon's item is a pack of {_numbers(theirs)}, and the row does not say how many it means",
        )
        return
    else:
        return
    if not item.title and not theirs:
        return  # nothing says what the item holds
    if (theirs or frozenset({1})) & ours:
        if theirs:
            yield Reason.PACK_AGREES, f"both are packs of {_numbers(theirs & ours)}"
        return
    yield (
        Reason.PACK_DIFFERS,
        f"the row means {_numbers(ours)} and Amazon's item holds {_numbers(theirs or frozenset({1}))}",
    )


@lru_cache(maxsize=8_192)
def _packs_of(item: ItemFacts) -> frozenset[int]:
    """Numbers above 1 that an item's title or data give."""
    return quantities(item.title).packs | {count for count in item.counts if count > 1}


def _numbers(values: frozenset[int]) -> str:
    return " or ".join(map(str, sorted(values)))


def _size(row: RowFacts, item: ItemFacts) -> Iterator[Seen]:
    ours, theirs = quantities(row.title), quantities(f"{item.title} {item.size}")
    agrees = differs = False
    our_units = {unit for unit, _ in ours.contents}
    their_units = {unit for unit, _ in theirs.contents}
    our_amounts, their_amounts = set(amounts(ours)), set(amounts(theirs))
    for unit in our_units & their_units:
        same = {each for each in our_amounts & their_amounts if each[0] == unit}
        agrees |= bool(same)
        differs |= not same
    if ours.numbers and theirs.numbers:
        agrees |= bool(ours.numbers & theirs.numbers)
        differs |= not ours.numbers <= theirs.numbers and not theirs.numbers <= ours.numbers
    if differs:
        yield Reason.SIZE_DIFFERS, "size or content differ"
    elif agrees:
        yield Reason.SIZE_AGREES, "size or content agree"


def _colour(row: RowFacts, item: ItemFacts) -> Iterator[Seen]:
    ours = colours(_without(row.title, (row.brand, *item.brand)))
    theirs = colours(item.color) | colours(_without(item.title, item.brand))
    if ours and theirs:
        if ours & theirs:
            yield Reason.COLOUR_AGREES, "the colour agrees"
        else:
            yield Reason.COLOUR_DIFFERS, "the colour differs"


def _without(text: str, parts: tuple[str, ...]) -> str:
    """A text without some parts: a brand may be called like a colour."""
    for part in parts:
        if part:
            text = re.sub(re.escape(part), " ", text, flags=re.IGNORECASE)
    return text


def _title(row: RowFacts, item: ItemFacts) -> Iterator[Seen]:
    if says_used(item.title) and not says_used(row.title):
        yield Reason.USED, "Amazon's page is of used or renewed copies"
    if not item.title:
        return
    alike = likeness(row.title, item.title)
    if alike >= ALIKE:
        yield Reason.TITLE_ALIKE, f"the titles are alike ({alike:.0f} of 100)"
    elif alike >= PARTLY_ALIKE:
        yield Reason.TITLE_PARTLY_ALIKE, f"the titles are partly alike ({alike:.0f} of 100)"
    else:
        yield Reason.TITLE_DIFFERS, f"the titles differ ({alike:.0f} of 100 alike)"


def likeness(ours: str, theirs: str) -> float:
    """How many words of the shorter title the other one has, too: from 0 to 100.

    Amounts, colours and model numbers are left out: they are read by themselves. Words count as
    one where they differ in a letter or two, or one is part of the other, as in compounds.

    >>> likeness("Notizbuch Ultra Soft A4 weiß", "Sunaba Basic Shampoo, 250 ml, Weiß")
    0.0
    >>> likeness("Tanaka - Nordlicht, Bd. 215", "Nordlicht: Band 215 (S. Tanaka)")
    100.0
    """
    shorter, longer = sorted((_words(ours), _words(theirs)), key=len)
    if not shorter:
        return 0.0
    return 100.0 * sum(_is_among(word, longer) for word in shorter) / len(shorter)


def _is_among(word: str, others: frozenset[str]) -> bool:
    return word in others or any(
        fuzz.ratio(word, other) >= SAME_WORD
        or (min(len(word), len(other)) >= LEAST_OF_A_COMPOUND and (word in other or other in word))
        for other in others
    )


@lru_cache(maxsize=8_192)
def _words(title: str) -> frozenset[str]:
    found = tokens(quantities(title).rest)
    numbers = models(title)
    return frozenset(
        word
        for word in found
        if (len(word) >= LEAST_OF_A_WORD or word >= FIRST_KANA)
        and word.replace("-", "") not in numbers
        and not colours(word)
    )


def _brand(row: RowFacts, item: ItemFacts) -> Iterator[Seen]:
    ours = brand_words(row.brand)
    if not ours:
        return
    theirs = [brand_words(brand) for brand in item.brand]
    in_title = brand_words(item.title)
    if any(fuzz.ratio(ours, each) >= NEARLY_EQUAL for each in theirs) or ours in in_title:
        yield Reason.BRAND_AGREES, "the brand agrees"
    elif theirs:
        yield Reason.BRAND_DIFFERS, f"the brand differs ({item.brand[0]})"


def _model(row: RowFacts, item: ItemFacts) -> Iterator[Seen]:
    ours = models(f"{row.title} {row.model}")
    given = plain(row.model).replace("-", "").replace(" ", "")
    theirs = models(" ".join((item.title, *item.model)))
    theirs |= {plain(model).replace("-", "").replace(" ", "") for model in item.model}
    if not (ours or given) or not theirs:
        return
    if (given and given in theirs) or ours & theirs:
        yield Reason.MODEL_AGREES, "the model number agrees"
    else:
        yield Reason.MODEL_DIFFERS, "the model number differs"
