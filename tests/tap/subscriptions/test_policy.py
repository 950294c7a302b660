"""A queue's policy lets Amazon send or not, as AWS evaluates it; what is added leaves the rest as is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tap_amazon_seller.subscriptions import policy
from tap_amazon_seller.subscriptions.policy import ACTIONS

ARN = "arn:aws:sqs:eu-west-1:123456789012:q"
BOTH = {
    "Effect": "Allow",
    "Principal": {"AWS": "437568002678"},
    "Action": list(ACTIONS),
    "Resource": ARN,
}
INSECURE = {"Bool": {"aws:SecureTransport": "false"}}
ELSEWHERE = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}


def lacking(*statements: dict[str, Any]) -> list[str]:
    return policy.lacking(json.dumps({"Statement": statements}), ARN)


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({}, []),
        ({"Principal": {"AWS": ["arn:aws:iam::437568002678:root"]}}, []),
        ({"Principal": "*"}, []),
        ({"Principal": {"AWS": "*"}}, []),
        ({"Principal": {"AWS": "123456789012"}}, list(ACTIONS)),
        ({"Principal": {"Service": "sns.amazonaws.com"}}, list(ACTIONS)),
        ({"Action": "SQS:*"}, []),
        ({"Action": "sqs:Send*"}, ["sqs:GetQueueAttributes"]),
        ({"Action": ["SQS:SendMessage"]}, ["sqs:GetQueueAttributes"]),
        ({"Action": "sqs:ReceiveMessage"}, list(ACTIONS)),
        ({"Resource": "arn:aws:sqs:*:*:q"}, []),
        ({"Resource": "arn:aws:sqs:eu-west-1:1:other"}, list(ACTIONS)),
        ({"Condition": {"Bool": {"aws:SecureTransport": True}}}, []),
        ({"Condition": {"ArnEquals": {"aws:SourceArn": "x"}}}, list(ACTIONS)),
    ],
)
def test_a_statement_allows_what_it_names(changes: dict[str, Any], lacks: list[str]) -> None:
    assert lacking(BOTH | changes) == lacks
    assert policy.lacking(json.dumps({"Statement": BOTH | changes}), ARN) == lacks


@pytest.mark.parametrize(
    ("denying", "lacks"),
    [
        ({"Principal": "*", "Action": "sqs:*"}, list(ACTIONS)),
        ({"Principal": "*", "Action": "sqs:SendMessage"}, ["sqs:SendMessage"]),
        ({"NotPrincipal": {"AWS": "123456789012"}, "Action": "*"}, list(ACTIONS)),
        ({"NotPrincipal": {"AWS": "437568002678"}, "Action": "*"}, []),
        ({"Principal": "*", "NotAction": ["sqs:Send*", "sqs:Get*"]}, []),
        ({"Principal": "*", "Action": "sqs:*", "Condition": INSECURE}, []),
        ({"Principal": "*", "Action": "sqs:*", "Condition": ELSEWHERE}, []),
    ],
)
def test_what_is_denied_is_denied_whatever_allows_it(
    denying: dict[str, Any], lacks: list[str]
) -> None:
    assert lacking(BOTH, {"Effect": "Deny", "Resource": ARN, **denying}) == lacks


@pytest.mark.parametrize(("condition", "is_uncertain"), [(INSECURE, False), (ELSEWHERE, True)])
def test_a_condition_that_cannot_be_judged_is_named_as_such(
    condition: dict[str, Any], *, is_uncertain: bool
) -> None:
    denying = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    text = json.dumps({"Statement": [BOTH, denying | {"Condition": condition}]})

    assert policy.is_uncertain(text, ARN) is is_uncertain


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"Statement": 7}', '{"Statement": [7]}'])
def test_a_policy_that_says_nothing_allows_nothing(text: str) -> None:
    assert policy.lacking(text, ARN) == list(ACTIONS)


def test_amazon_is_allowed_beside_all_that_was_there() -> None:
    own = {"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "sqs:*", "Resource": "*"}
    before = json.dumps({"Version": "2008-10-17", "Id": "own", "Statement": own})

    after = policy.allowing(policy.allowing(before, ARN), ARN)

    assert policy.lacking(after, ARN) == []
    found = json.loads(after)
    assert (found["Version"], found["Id"]) == ("2008-10-17", "own")
    assert found["Statement"][0] == own
    assert len(found["Statement"]) == 2
