"""From candidates to what a row gets: confidences that compete, and a status with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from amazon_asin_match.scoring.evidence import AGAINST, Evidence, Reason, RowFacts, evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from amazon_asin_match.codes.code import Code, Reading
    from amazon_asin_match.search.asking import Found
    from amazon_asin_match.search.items import ItemFacts


class Status(StrEnum):
    """What became of a row."""

    MATCHED = "matched"
    NEEDS_REVIEW = "needs_review"
    NOT_FOUND = "not_found"
    INVALID = "invalid"
    AMBIGUOUS_CODE = "ambiguous_code"
    DUPLICATE_OF = "duplicate_of"
    ERROR = "error"
    NOT_ASKED = "not_asked"


THRESHOLD: Final = 0.85
"""The confidence from which on a best match is given, as peers have it."""
LEAD: Final = 0.3
"""How far the best candidate must be ahead of the second."""
NONE_OF_THEM: Final = 1.0
"""The odds that none of the candidates is the product."""
TIED: Final = 0.35
"""What is left of confidences where nothing speaks against two: mostly two pages of one product, and
then neither is the right one more than the other."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on a best match is clear."""

    threshold: float = THRESHOLD
    lead: float = LEAD


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """What is known of a code: the items that it found, or why there is nothing to know.

    Attributes:
        found: The items.
        refused: Amazon's words where it refuses the code.
        short: A sentence where Amazon gave fewer items than it found.
    """

    found: tuple[Found, ...] = ()
    refused: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that a row may mean, with its confidence from 0 to 1 and what made it."""

    item: ItemFacts
    confidence: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row gets.

    Attributes:
        best: The best match; only where the status is `matched`.
        candidates: All candidates, the surest first.
        reason: A sentence for a person.
    """

    status: Status
    reason: str
    best: Candidate | None = None
    candidates: tuple[Candidate, ...] = field(default=())


def judge(
    reading: Reading,
    answers: Mapping[Code, CodeAnswer],
    row: RowFacts,
    limits: Limits,
    claimed_by: Callable[[ItemFacts], str] = lambda _: "",
) -> Verdict:
    """What a row gets.

    Args:
        reading: What its cell was read as.
        answers: What is known of its codes; a code that is not there was not asked.
        row: What the row says of its product.
        limits: From when on a match is clear.
        claimed_by: Of an item, which other rows claim it for another product; empty for none.
    """
    notes = " ".join(reading.notes)
    if reading.flaw:
        return Verdict(Status.INVALID, reading.flaw.sentence)
    missing = [code for code in reading.codes if code not in answers]
    if missing:
        return Verdict(Status.NOT_ASKED, "The job ended before this code was asked; resume it.")
    known = [answers[code] for code in reading.codes]
    candidates = _candidates(known, row, claimed_by)
    if not candidates:
        refusals = [answer.refused for answer in known if answer.refused]
        if refusals:
            return Verdict(
                Status.ERROR, _joined(f"Amazon refuses the code ({refusals[0]}).", notes)
            )
        return Verdict(
            Status.NOT_FOUND, _joined("Amazon knows no item with this code here.", notes)
        )
    shorts = [answer.short for answer in known if answer.short]
    return _decide(reading, candidates, limits, notes, shorts[0] if shorts else "")


def _candidates(
    known: Sequence[CodeAnswer], row: RowFacts, claimed_by: Callable[[ItemFacts], str]
) -> tuple[Candidate, ...]:
    """The candidates of all readings; their odds compete, with each other and with none of them."""
    found: dict[str, Found] = {}
    for answer in known:
        for each in answer.found:
            before = found.get(each.item.asin)
            if before is None or (each.listed and not before.listed):
                found[each.item.asin] = each
    seen = [
        (each, evidence(row, each.item, listed=each.listed, claimed_by=claimed_by(each.item)))
        for each in found.values()
    ]
    total = NONE_OF_THEM + sum(each.odds for _, each in seen)
    undisputed = sum(not shown.is_disputed for _, shown in seen)
    tied = TIED if undisputed > 1 else 1.0
    candidates = [
        Candidate(
            each.item,
            round(min(shown.odds / total, shown.cap) * (1.0 if shown.is_disputed else tied), 4),
            shown,
        )
        for each, shown in seen
    ]
    return tuple(sorted(candidates, key=_order))


def _order(candidate: Candidate) -> tuple[float, int, str]:
    """The surest first; ranks break ties of the order, never of the match."""
    return -candidate.confidence, candidate.item.rank or 10**9, candidate.item.asin


def _decide(
    reading: Reading, candidates: tuple[Candidate, ...], limits: Limits, notes: str, short: str
) -> Verdict:
    best = candidates[0]
    second = candidates[1].confidence if len(candidates) > 1 else 0.0
    doubt = short or _doubt(best, second, candidates, limits)
    one_of_several = len(reading.codes) > 1 and not (
        Reason.TITLE_ALIKE in best.evidence
        or Reason.BRAND_AGREES in best.evidence
        or Reason.MODEL_AGREES in best.evidence
    )
    if one_of_several:
        said = (
            "The cell holds several codes"
            if reading.several
            else "The code can be read in two ways"
        )
        doubt = f"{said}, and nothing in the row says which one is meant."
    if not doubt:
        words = _joined(_capital(_listed(best.evidence.sentences)) + ".", notes)
        return Verdict(Status.MATCHED, words, best, candidates)
    status = Status.AMBIGUOUS_CODE if len(reading.codes) > 1 else Status.NEEDS_REVIEW
    return Verdict(status, _joined(doubt, notes), None, candidates)


def _doubt(best: Candidate, second: float, candidates: Sequence[Candidate], limits: Limits) -> str:
    """Why the best candidate is not clear; empty if it is."""
    count = len(candidates)
    undisputed = sum(not each.evidence.is_disputed for each in candidates)
    if Reason.VARIATION_PARENT in best.evidence:
        return "Amazon found a variation parent alone, which cannot be sold or ordered."
    if undisputed > 1:
        return (
            f"{count} candidates, and nothing speaks against {undisputed} of them: look yourself."
        )
    if best.confidence >= limits.threshold and best.confidence - second >= limits.lead:
        return ""
    against = [
        sentence
        for reason, sentence in zip(best.evidence.reasons, _aligned(best.evidence), strict=True)
        if sentence and reason in AGAINST
    ]
    if count > 1 and best.confidence - second < limits.lead:
        return f"{count} candidates, and none is clearly ahead: look yourself."
    if against:
        others = f"{count} candidates; of the best one: " if count > 1 else ""
        return _capital(f"{others}{_listed(against)}.")
    return f"Not sure enough ({best.confidence:.2f}, and {limits.threshold:g} is due)."


def _aligned(shown: Evidence) -> list[str]:
    """A sentence for each reason; those without one have none."""
    sentences = iter(shown.sentences)
    return ["" if reason is Reason.ON_SALE else next(sentences) for reason in shown.reasons]


def _listed(parts: Sequence[str]) -> str:
    return "; ".join(parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _joined(sentence: str, notes: str) -> str:
    return f"{sentence} {notes}".strip()
