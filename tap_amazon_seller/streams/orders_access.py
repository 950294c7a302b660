"""What searchOrders lets an application request: found by requesting less where Amazon refuses.

One marketplace or data set that is refused refuses the complete call. Whether it is a data set, which no
role of the application opens, is reported by a call without any; else it is a marketplace, and each is
requested by itself. What is allowed is requested together again. Amazon allows one call in 3 minutes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from amazon_selling_partner import AmazonError, PageTokenError, PermissionDeniedError
from tap_amazon_seller import roles
from tap_amazon_seller.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    Found = dict[str, Any]

logger = logging.getLogger(__name__)

REFUSALS = frozenset({400, 403})
MANY = 20
"""So many orders in a row without any buyer are not by chance; pending ones have none for a while."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one call requests: marketplaces by id, and data sets."""

    places: tuple[str, ...]
    datasets: tuple[str, ...]


class RefusedOrdersError(PermissionDeniedError):
    """Amazon refuses a data set in a marketplace.

    Attributes:
        role: The role that it needs.
    """

    def __init__(self, error: AmazonError, role: str) -> None:
        super().__init__(error.operation, error.status, error.code, error.message)
        self.role = role


Ask: TypeAlias = "Callable[[Question], Iterator[Found]]"


class OrdersAccess:
    """The questions that Amazon answers.

    Args:
        places: The ids of the marketplaces that are synced.
        datasets: The data sets that the selected streams need.
    """

    def __init__(self, places: Sequence[str], datasets: Sequence[str]) -> None:
        self._questions = [Question(tuple(places), tuple(datasets))]
        self._refused: dict[tuple[str, str], AmazonError] = {}

    def refusal(self, place: str, dataset: str) -> AmazonError | None:
        """Why a data set of a marketplace cannot be obtained; None where it can."""
        return self._refused.get((place, dataset))

    def orders(self, ask: Ask) -> Iterator[tuple[list[str], Found]]:
        """What the questions bring that are answered, each item with the data sets that it is of.

        Raises:
            AmazonError: Amazon refuses a page, but not the first.
        """
        answered: list[Question] = []
        for question in self._questions:
            yield from self._answers(question, ask, answered)
        self._questions = together(answered)

    def _answers(
        self, question: Question, ask: Ask, answered: list[Question]
    ) -> Iterator[tuple[list[str], Found]]:
        """What a question brings; where it is refused, what is left of it."""
        refusal: list[AmazonError] = []
        yield from self._tried(question, ask, answered, refusal)
        if not refusal:
            return
        logger.info("%s; requesting less at once.", refusal[0])
        if self._is_answered(Question(question.places, ()), ask):
            for dataset in question.datasets:
                part = Question(question.places, (dataset,))
                refusals = [*refusal] if len(question.datasets) == 1 else []
                if not refusals:
                    yield from self._tried(part, ask, answered, refusals)
                if refusals:
                    self._refuse(part, refusals[0], roles.PERSONAL)
        elif len(question.places) == 1:
            self._refuse(question, refusal[0], roles.ORDERS)
        else:
            yield from self._of_each_place(question, ask, answered, refusal[0])

    def _of_each_place(
        self, question: Question, ask: Ask, answered: list[Question], refusal: AmazonError
    ) -> Iterator[tuple[list[str], Found]]:
        """What a question brings of each marketplace."""
        is_refused = False
        for place in question.places:
            part = Question((place,), question.datasets)
            # After a marketplace that is refused altogether, another one may be as well.
            if is_refused and not self._is_answered(Question((place,), ()), ask):
                self._refuse(part, refusal, roles.ORDERS)
                continue
            yield from self._answers(part, ask, answered)
            is_refused = any((place, dataset) in self._refused for dataset in question.datasets)

    def _tried(
        self,
        question: Question,
        ask: Ask,
        answered: list[Question],
        refusal: list[AmazonError],
    ) -> Iterator[tuple[list[str], Found]]:
        """What a question brings; `refusal` says why it brings nothing."""
        has_come = False
        try:
            for found in ask(question):
                has_come = True
                yield list(question.datasets), found
            answered.append(question)
        except PageTokenError:
            raise
        except AmazonError as error:
            if has_come or error.status not in REFUSALS:
                raise
            refusal.append(error)

    def _is_answered(self, question: Question, ask: Ask) -> bool:
        try:
            next(ask(question), None)
        except AmazonError as error:
            if error.status not in REFUSALS:
                raise
            return False
        return True

    def _refuse(self, question: Question, error: AmazonError, role: str) -> None:
        is_of_role = isinstance(error, PermissionDeniedError)
        kept = RefusedOrdersError(error, role) if is_of_role else error
        for place in question.places:
            self._refused.update(((place, dataset), kept) for dataset in question.datasets)


def together(questions: Sequence[Question]) -> list[Question]:
    """The same in as few questions as can be: those of the same data sets in one.

    >>> together([Question(("DE",), ("BUYER",)), Question(("FR",), ("BUYER",))])
    [Question(places=('DE', 'FR'), datasets=('BUYER',))]
    """
    places: dict[tuple[str, ...], list[str]] = {}
    for question in questions:
        places.setdefault(question.datasets, []).extend(question.places)
    return [Question(tuple(of), datasets) for datasets, of in places.items()]


@dataclass(frozen=True, slots=True)
class NoneHadIt:
    """Orders of which none has had what a stream is about.

    Attributes:
        since: The start of the first time in which none had; None where one has.
        orders: How many there were, in the sync that read most: look-backs read some again.
    """

    since: datetime | None = None
    orders: int = 0

    @classmethod
    def from_state(cls, value: object) -> NoneHadIt:
        """Read what `to_state` wrote; nothing when it makes no sense."""
        if not isinstance(value, dict):
            return cls()
        since = parse_instant(value["since"]) if isinstance(value.get("since"), str) else None
        orders = value.get("orders")
        return cls(since, orders) if since and isinstance(orders, int) else cls()

    def to_state(self) -> dict[str, Any]:
        """What the state keeps."""
        return {"since": self.since.isoformat() if self.since else None, "orders": self.orders}

    @property
    def is_many(self) -> bool:
        """Whether they are so many that the application must lack a role."""
        return self.orders >= MANY

    def after(self, orders: int, with_data: int, start: datetime | None) -> NoneHadIt:
        """What is known after one more sync.

        Args:
            orders: How many orders it read.
            with_data: How many of them had it.
            start: Where it began.
        """
        if with_data or (self.since is None and not orders):
            return NoneHadIt() if with_data else self
        return NoneHadIt(self.since or start, max(self.orders, orders))
