"""A client keeps to limits that it shares with other processes; alone, it waits for nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from selling_partner.conftest import Answer, client_for
from typing_extensions import override

from amazon_selling_partner import AmazonClock, LimitSpentError, RetryableError, SharedLimits

if TYPE_CHECKING:
    from selling_partner.conftest import Amazon

    from amazon_selling_partner import Event, SellingPartnerClient

STOCK = "GET_FBA_MYI_ALL_INVENTORY_DATA"
PLACE = "A1PA6795UKMFR9"


@dataclass
class Shared(SharedLimits):
    """What others have left over, as a test sets it; notes what is taken and refused."""

    call_wait: float = 0.0
    report_wait: float = 0.0
    taken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @override
    def reserve_call(self, operation: str) -> float:
        self.taken.append(operation)
        return self.call_wait

    @override
    def seconds_until_call(self, operation: str, calls: int = 1) -> float:
        return self.call_wait * calls

    @override
    def call_refused(self, operation: str) -> None:
        self.refused.append(operation)

    @override
    def is_report_limited(self, report_type: str) -> bool:
        return report_type == STOCK

    @override
    def reserve_report(self, report_type: str) -> None:
        if self.report_wait:
            raise LimitSpentError("the limit of its report type is used up by others")
        self.taken.append(report_type)

    @override
    def seconds_until_report(self, report_type: str, calls: int = 1) -> float:
        return self.report_wait * calls

    @override
    def report_refused(self, report_type: str) -> None:
        self.refused.append(report_type)


class WaitsNoted(AmazonClock):
    """A clock whose waits take no time and are noted."""

    def __init__(self) -> None:
        super().__init__(believed=None)
        self.waits: list[float] = []

    @override
    def wait(self, seconds: float, wake: Event | None = None) -> None:
        self.waits.append(seconds)


def request_stock(client: SellingPartnerClient) -> str:
    return client.create_report(STOCK, PLACE, None, {})


def test_each_call_takes_what_is_shared_and_waits_until_it_may_be_used(amazon: Amazon) -> None:
    shared, clock = Shared(call_wait=7.0), WaitsNoted()
    client = client_for(amazon.url, shared_limits=shared, clock=clock)

    client.report("1")
    assert shared.taken == ["getReport"]
    assert clock.waits == [7.0]
    assert client.seconds_until_ready("getReport", 3) == 21.0
    client.close()


def test_a_report_is_not_requested_while_others_use_up_the_limit_of_its_type(
    amazon: Amazon,
) -> None:
    shared = Shared(report_wait=900.0)
    client = client_for(amazon.url, shared_limits=shared)
    before = client.seconds_until_ready("createReport", 15)

    with pytest.raises(RetryableError, match="the limit of its report type") as refusal:
        request_stock(client)

    assert refusal.value.throttled
    assert "createReport" not in amazon.calls
    assert client.seconds_until_ready("createReport", 15) == before == 0.0, "no token is used up"
    assert client.report_limits.is_limited(STOCK)
    assert client.report_limits.seconds_until_ready(STOCK, 2) == 1800.0
    shared.report_wait = 0.0
    assert request_stock(client) == "1"
    assert shared.refused == []
    client.close()


def test_a_429_is_passed_on_to_those_who_share(amazon: Amazon) -> None:
    shared = Shared()
    client = client_for(amazon.url, shared_limits=shared)
    amazon.answers["createReport"] = [Answer(status=429)]
    amazon.answers["getReport"] = [Answer(status=429)]

    for call in (request_stock, lambda client: client.report("1")):
        with pytest.raises(RetryableError, match="429"):
            call(client)

    assert shared.refused == [STOCK, "getReport"]
    client.close()


def test_who_shares_nothing_waits_for_nobody(client: SellingPartnerClient) -> None:
    assert request_stock(client) == "1"
    assert client.seconds_until_ready("createReport") == 0
    assert not client.report_limits.is_limited(STOCK)
