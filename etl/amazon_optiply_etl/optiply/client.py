"""Calls to the Optiply API: reads, creates, changes and removes objects, and says what came of it.

How a call is made until it is answered is in `exchange`. Where that cannot say whether an object was
created, `Optiply.find` can.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import httpx

from amazon_optiply_etl.machine import THIS_MACHINE
from amazon_optiply_etl.optiply import answers
from amazon_optiply_etl.optiply.answers import Item, remote_id_of
from amazon_optiply_etl.optiply.errors import (
    OptiplyCredentialsError,
    OptiplyRefusal,
    OptiplyUnavailable,
)
from amazon_optiply_etl.optiply.exchange import TIMEOUT, Exchange, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from types import TracebackType

    from amazon_optiply_etl.machine import Machine
    from amazon_optiply_etl.optiply.answers import Json
    from amazon_optiply_etl.optiply.credentials import Credentials

__all__ = ["Item", "Optiply", "remote_id_of"]

PAGE = 100  # objects, the most that Optiply gives at once
MOST_PAGES = 100_000  # more objects than any account has


class Optiply:
    """Optiply as one user, account and coupling see it: a context manager, safe to use from threads.

    Args:
        credentials: Whose Optiply it is.
        on_token: Called with each new access token.
        sleep: Waits so many seconds.
        clock: Says what time it is, with an offset.
        timeout: Seconds within which Optiply has to continue with an answer.
        at_once: How many calls threads have under way at most; a 429 slows them all.
        machine: Whose threads call.
        transport: Sends requests instead of the network, in a simulation.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        on_token: Callable[[str], object] = lambda _token: None,
        sleep: Callable[[float], object] = THIS_MACHINE.sleep,
        clock: Callable[[], datetime] = THIS_MACHINE.now,
        timeout: float = TIMEOUT,
        at_once: int = 1,
        machine: Machine = THIS_MACHINE,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._credentials = credentials
        self._exchange = Exchange(
            credentials,
            on_token=on_token,
            sleep=sleep,
            clock=clock,
            timeout=timeout,
            at_once=at_once,
            machine=machine,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._exchange.close()

    def items(self, entity: str, **filters: object) -> Iterator[Item]:
        """Yield the objects of an entity, ordered by id, page by page.

        Args:
            entity: Such as products or sellOrders.
            filters: Attribute -> value that it must equal. Objects that stop fitting them (or are
                removed) between two pages let others slip through: collect first, then change.

        Raises:
            OptiplyRefusal: Optiply does not know the entity or a filter.
            OptiplyCredentialsError: log-in, account or coupling are wrong; the run has to end.
            OptiplyUnavailable: the run has to end.
        """
        wanted = {f"filter[{name}]": _query_text(value) for name, value in filters.items()}
        query = {**wanted, "sort": "id", "page[limit]": str(PAGE), "page[offset]": "0"}
        seen = set()
        for _ in range(MOST_PAGES):
            found, following = self._page(Request("GET", entity, query=query))
            ids = hash(tuple(each.id for each in found))
            if found and ids in seen:
                break
            seen.add(ids)
            yield from found
            if not following or not found:
                return
            # What the link requests is requested at the address that is known to be Optiply's.
            query = {**query, **following}
        raise OptiplyUnavailable(
            f"Optiply's pages of {entity} go round in circles, or have no end; try again later."
        )

    def find(self, entity: str, remote_id: str, **narrowing: object) -> str | None:
        """Return the id of the first object that the shop knows by ``remote_id``; None if none is.

        Args:
            entity: Such as products or sellOrders.
            remote_id: The id that the object was, or was to be, created with.
            narrowing: Filters as in `items`, without which all objects of the entity are read.
        """
        coupling = self._credentials.coupling_id
        found = self.items(entity, **narrowing)
        return next((each.id for each in found if remote_id_of(each, coupling) == remote_id), None)

    def exists(self, entity: str, id: str) -> bool:  # noqa: A002
        """Return whether there is an object of this id.

        Raises:
            OptiplyUnavailable, OptiplyCredentialsError: the run has to end.
        """
        if not id.strip("."):  # a path of dots would lead to another object
            return False
        try:
            self._exchange.call(
                Request("GET", entity, id), lambda body: answers.item(body.get("data"))
            )
        except OptiplyRefusal as refusal:
            if refusal.status == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def post(self, entity: str, attributes: Mapping[str, Any]) -> str:
        """Create an object and return its id.

        Raises:
            OptiplyDoubt: the object may have been created or not; see `find`.
            OptiplyRefusal: Optiply does not want this object.
            OptiplyUnavailable, OptiplyCredentialsError: it was not created, and the run has to end.
        """
        request = Request("POST", entity, attributes=attributes)
        return self._exchange.call(request, lambda body: answers.item(body.get("data"))).id

    def patch(self, entity: str, id: str, attributes: Mapping[str, Any]) -> bool:  # noqa: A002
        """Change an object; False if there is no object of this id.

        Raises:
            OptiplyRefusal: Optiply does not want this change.
            OptiplyUnavailable, OptiplyCredentialsError: the run has to end.
        """
        return self._change(Request("PATCH", entity, id, attributes=attributes))

    def delete(self, entity: str, id: str) -> None:  # noqa: A002
        """Remove an object, if there is one of this id.

        Raises:
            OptiplyRefusal: Optiply wants to keep the object.
            OptiplyUnavailable, OptiplyCredentialsError: the run has to end.
        """
        self._change(Request("DELETE", entity, id))

    def _page(self, request: Request) -> tuple[list[Item], dict[str, str]]:
        try:
            return self._exchange.call(request, answers.page)
        except OptiplyRefusal as refusal:
            if refusal.status != httpx.codes.FORBIDDEN:
                raise
            # About a record, 403 may be a firewall that dislikes the record; here it is the account.
            raise OptiplyCredentialsError(
                "Optiply does not open this account to this user: check account_id and couplingId in "
                f"apiCredentials of tenant-config.json ({refusal.reason})."
            ) from None

    def _change(self, request: Request) -> bool:
        if not (request.id or "").strip("."):  # a path of dots would lead to another object
            return False
        try:
            return self._exchange.call(request, _done)
        except OptiplyRefusal as refusal:
            if refusal.status == httpx.codes.NOT_FOUND:
                return False
            raise


def _done(body: Json) -> bool | None:
    """Read the answer to a change or removal: nothing (204), or the object as it now is."""
    return True if not body or answers.item(body.get("data")) else None


def _query_text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
