"""Notifications API v1: destinations of the application, subscriptions of sellers, and examples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.refusals import Refusal, invalid_input, not_found, unauthorized
from amazon_seller_sandbox.state.post import Letter
from amazon_seller_sandbox.state.postman import examples, message
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.state.subscriptions import TYPES, Destination, Subscription

if TYPE_CHECKING:
    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.state.subscriptions import SubscriptionBook

SCOPE = "sellingpartnerapi::notifications"
_ARN = re.compile(r"arn:aws:sqs:\S+:\S+:\S+")
_LONGEST_NAME = 256
_FILTERED = "ORDER_CHANGE"
"""The only one of the types here that has an event filter."""
_RATE = Rate(1, 5)
_DESTINATIONS = "/notifications/v1/destinations"
_SUBSCRIPTIONS = "/notifications/v1/subscriptions"
_OF_TYPE = _SUBSCRIPTIONS + "/{notificationType}"
_BY_ID = _OF_TYPE + "/{subscriptionId}"


def _book(call: Call) -> SubscriptionBook:
    return call.sandbox.subscriptions


def _conflict(message: str) -> Refusal:
    return Refusal(409, "Conflict", message)


def _text(call: Call, name: str) -> str:
    value = call.body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid_input(f"{name} is required.")
    return value


def _type(call: Call) -> str:
    kind = call.path["notificationType"]
    if kind not in TYPES:
        raise invalid_input(f"NotificationType {kind} is invalid.")
    return kind


async def _create_destination(call: Call) -> Json:
    name = _text(call, "name")
    resources = call.body.get("resourceSpecification")
    sqs = resources.get("sqs") if isinstance(resources, dict) else None
    arn = sqs.get("arn") if isinstance(sqs, dict) else None
    if len(name) > _LONGEST_NAME or not isinstance(arn, str) or not _ARN.fullmatch(arn):
        raise invalid_input("The resourceSpecification is invalid.")
    book = _book(call)
    if any(each.arn == arn for each in book.destinations.values()):
        raise _conflict("A destination of this resource exists already.")
    found = Destination(book.new_id(), name, arn)
    book.destinations[found.id] = found
    return {"payload": found.body()}


async def _get_destinations(call: Call) -> Json:
    return {"payload": [each.body() for each in _book(call).destinations.values()]}


def _destination(call: Call, destination_id: object) -> Destination:
    found = _book(call).destinations.get(str(destination_id))
    if found is None:
        raise not_found(f"Destination {destination_id} was not found.")
    return found


async def _get_destination(call: Call) -> Json:
    return {"payload": _destination(call, call.path["destinationId"]).body()}


async def _delete_destination(call: Call) -> Json:
    found = _destination(call, call.path["destinationId"])
    if any(each.destination_id == found.id for each in _book(call).subscriptions.values()):
        raise _conflict("There are subscriptions to this destination.")
    del _book(call).destinations[found.id]
    return {}


def _check_filter(call: Call, kind: str) -> None:
    """Refuse a filter of another type, and ORDER_CHANGE without one.

    Amazon's model requires none, and Amazon has refused to do without
    (abuzuhri/Amazon-SP-API-CSharp#621).
    """
    directive = call.body.get("processingDirective")
    found = directive.get("eventFilter") if isinstance(directive, dict) else None
    if found is None and kind != _FILTERED:
        return
    if not isinstance(found, dict) or found.get("eventFilterType") != kind or kind != _FILTERED:
        raise invalid_input(f"The processingDirective is invalid for {kind}.")


async def _create_subscription(call: Call) -> Json:
    kind, version = _type(call), _text(call, "payloadVersion")
    versions, role = TYPES[kind]
    if version not in versions:
        raise invalid_input(f"payloadVersion {version} is invalid for {kind}.")
    if role is not None and role not in call.grant.roles:
        raise unauthorized()
    _check_filter(call, kind)
    destination = _book(call).destinations.get(_text(call, "destinationId"))
    if destination is None:
        raise invalid_input("destinationId is invalid.")
    book, account = _book(call), call.grant.account.key
    if book.find(account, kind, version) is not None:
        raise _conflict("A subscription of this type and version exists already.")
    world = call.sandbox.world
    found = Subscription(
        book.new_id(), account, kind, version, destination.id, world.data_time.now()
    )
    book.subscriptions[found.id] = found
    return {"payload": found.body()}


async def _get_subscription(call: Call) -> Json:
    version = next(iter(call.query.get("payloadVersion", [])), None)
    found = _book(call).find(call.grant.account.key, _type(call), version)
    if found is None:
        raise not_found("There is no subscription of this type.")
    return {"payload": found.body()}


async def _get_subscriptions(call: Call) -> Json:
    asked = {
        part for each in call.query.get("notificationTypes", []) for part in each.split(",") if part
    }
    if not asked:
        raise invalid_input("notificationTypes is required.")
    found = [
        each.body()
        for each in _book(call).subscriptions.values()
        if each.account == call.grant.account.key and each.type in asked
    ]
    return {"payload": {"subscriptions": found}}


def _by_id(call: Call) -> Subscription:
    found = _book(call).subscriptions.get(call.path["subscriptionId"])
    if found is None or found.type != _type(call):
        raise not_found("There is no such subscription.")
    return found


async def _get_by_id(call: Call) -> Json:
    return {"payload": _by_id(call).body()}


async def _delete_by_id(call: Call) -> Json:
    del _book(call).subscriptions[_by_id(call).id]
    return {}


async def _send_test(call: Call) -> Json:
    kind = _type(call)
    asked = call.body.get("testNotification")
    version = asked.get("payloadVersion") if isinstance(asked, dict) else None
    if not isinstance(asked, dict) or version not in TYPES[kind][0]:
        raise invalid_input("testNotification.payloadVersion is invalid.")
    if not asked.get("testScenario"):
        raise invalid_input("testNotification.testScenario is required.")
    destination = _destination(call, call.body.get("destinationId"))
    now = call.sandbox.world.clock.now()
    of_nobody = Subscription(_book(call).new_id(), "", kind, version, destination.id, now)
    text = message(of_nobody, of_nobody.id, now, examples(now)[kind], now)
    call.sandbox.post.take(Letter(of_nobody.id, kind, destination, text, now), now)
    return {"payload": {}}


OPERATIONS = (
    Operation(
        "createDestination", "POST", _DESTINATIONS, _RATE, 200, _create_destination,
        grantless=SCOPE,
    ),
    Operation(
        "getDestinations", "GET", _DESTINATIONS, _RATE, 200, _get_destinations, grantless=SCOPE
    ),
    Operation(
        "getDestination", "GET", _DESTINATIONS + "/{destinationId}", _RATE, 200, _get_destination,
        grantless=SCOPE,
    ),
    Operation(
        "deleteDestination", "DELETE", _DESTINATIONS + "/{destinationId}", _RATE, 200,
        _delete_destination, grantless=SCOPE,
    ),
    Operation("getSubscriptions", "GET", _SUBSCRIPTIONS, _RATE, 200, _get_subscriptions),
    Operation("createSubscription", "POST", _OF_TYPE, _RATE, 200, _create_subscription),
    Operation("getSubscription", "GET", _OF_TYPE, _RATE, 200, _get_subscription),
    Operation("getSubscriptionById", "GET", _BY_ID, _RATE, 200, _get_by_id, grantless=SCOPE),
    Operation(
        "deleteSubscriptionById", "DELETE", _BY_ID, _RATE, 200, _delete_by_id, grantless=SCOPE
    ),
    Operation(
        "sendTestNotification", "POST", _OF_TYPE + "/testNotification", _RATE, 200, _send_test,
        grantless=SCOPE,
    ),
)  # fmt: skip
