"""Notifications API v1: where Amazon sends notifications, and of which types a seller has them sent.

A destination is the application's, so the calls about it are grantless: their token is of the
application alone (scope `sellingpartnerapi::notifications`). A subscription is a seller's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from amazon_selling_partner import _answers
from amazon_selling_partner._answers import Answered
from amazon_selling_partner.errors import AmazonError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amazon_selling_partner._calls import Calls

T = TypeVar("T")

CONFLICT = 409
"""How Amazon refuses to create what is there already."""
_Id = Annotated[str, msgspec.Meta(pattern=r"^[!-.0-~]{1,512}\Z")]
"""An id that goes into paths."""


class _Sqs(Answered, frozen=True):
    arn: str = ""


class _Resource(Answered, frozen=True):
    sqs: _Sqs | None = None


class Destination(Answered, frozen=True):
    """Notifications v1 Destination.

    Attributes:
        destination_id: Amazon's id.
        name: The name that it was created with.
        resource: Where it leads.
    """

    destination_id: _Id
    name: str = ""
    resource: _Resource = msgspec.field(default_factory=_Resource)

    @property
    def queue_arn(self) -> str:
        """The SQS queue that it leads to; empty where it leads elsewhere."""
        return self.resource.sqs.arn if self.resource.sqs else ""


class Subscription(Answered, frozen=True):
    """Notifications v1 Subscription.

    Attributes:
        subscription_id: Amazon's id.
        payload_version: The version of the payload that is sent.
        destination_id: Where it is sent.
    """

    subscription_id: _Id
    payload_version: str
    destination_id: _Id


class _DestinationList(Answered, frozen=True):
    payload: list[Destination]


class _OneDestination(Answered, frozen=True):
    payload: Destination


class _OneSubscription(Answered, frozen=True):
    payload: Subscription


class Notifications:
    """The calls of the Notifications API, of one selling account in one region.

    Each is tried again until it is answered, as the other calls of `SellingPartnerClient` are.

    Args:
        calls: The account's calls.

    Raises:
        AmazonError: Amazon refuses a call.
        UnavailableError: Amazon does not answer.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def destinations(self) -> list[Destination]:
        """getDestinations: all that the application has in this region."""
        return self._calls.call("getDestinations", _of(_DestinationList)).payload

    def create_destination(self, name: str, queue_arn: str) -> Destination:
        """createDestination: an SQS queue to which Amazon is to send.

        Args:
            name: Its name, of at most 256 characters.
            queue_arn: `arn:aws:sqs:REGION:ACCOUNT:NAME`.

        Raises:
            AmazonError: Amazon refuses it; with 409 where the queue is a destination already.
        """
        found = self._calls.call(
            "createDestination", _of(_OneDestination), name=name, arn=queue_arn
        )
        return found.payload

    def delete_destination(self, destination_id: str) -> None:
        """deleteDestination; one that is gone is deleted."""
        self._gone("deleteDestination", destination_id)

    def subscription(self, notification_type: str, payload_version: str) -> Subscription | None:
        """getSubscription: the seller's to a type, in a version; None where there is none."""
        try:
            found = self._calls.call(
                "getSubscription",
                _of(_OneSubscription),
                notification_type,
                payloadVersion=payload_version,
            )
        except NotFoundError:
            return None
        return found.payload

    def create_subscription(
        self,
        notification_type: str,
        payload_version: str,
        destination_id: str,
        event_filter: Mapping[str, Any] | None = None,
    ) -> Subscription:
        """createSubscription: have notifications of a type about the seller sent to a destination.

        Args:
            notification_type: Its type.
            payload_version: The version of its payload.
            destination_id: Where it is sent.
            event_filter: The `eventFilter` of the `processingDirective`; None for none. ORDER_CHANGE has
                been refused without one (abuzuhri/Amazon-SP-API-CSharp#621), though Amazon's model
                requires none.

        Raises:
            AmazonError: Amazon refuses it; with 409 where there is one of the type and version, with
                403 where the application lacks the role that the type needs.
        """
        directive: dict[str, Any] = {}
        if event_filter:
            directive["processingDirective"] = {"eventFilter": event_filter}
        found = self._calls.call(
            "createSubscription",
            _of(_OneSubscription),
            notification_type,
            payload_version=payload_version,
            destinationId=destination_id,
            **directive,
        )
        return found.payload

    def delete_subscription(self, notification_type: str, subscription_id: str) -> None:
        """deleteSubscriptionById; one that is gone is deleted."""
        self._gone("deleteSubscriptionById", notification_type, subscription_id)

    def send_test(
        self, notification_type: str, payload_version: str, destination_id: str, scenario: str
    ) -> None:
        """sendTestNotification: have Amazon send an example to a destination.

        Amazon's model has it on the server of its own sandbox alone, so it is sent there.

        Args:
            notification_type: Its type.
            payload_version: The version of its payload.
            destination_id: Where it is sent.
            scenario: One of Amazon's for the type; an empty one is refused with 400.
        """
        self._calls.call(
            "sendTestNotification",
            lambda _: None,
            notification_type,
            destinationId=destination_id,
            testNotification={"payloadVersion": payload_version, "testScenario": scenario},
        )

    def _gone(self, operation: str, *ids: str) -> None:
        try:
            self._calls.call(operation, lambda _: None, *ids)
        except NotFoundError:
            return


def is_conflict(error: AmazonError) -> bool:
    """Whether Amazon refuses to create something because it is there."""
    return error.status == CONFLICT


def _of(kind: type[T]) -> Callable[[bytes], T]:
    """Reads an answer of a kind."""
    return partial(_answers.decode, kind=kind)
