"""`--test` distinguishes credential, version, marketplace, tag, eligibility and quota, with advice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from creators_sandbox import FAST, configuration, run_tap

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "credential id": (
        {"credential_id": "amzn1.application-oa2-client.nobody"},
        "Amazon refuses the credential (invalid_client",
    ),
    "credential secret": ({"credential_secret": "wrong-secret"}, "Check 'credential_id' and"),
    "version of 2.x": (
        {"credential_id": "amzn1.application-oa2-client.creators-EU-old"},
        "good, but for version 2.2, not 3.2: set 'version' to 2.2",
    ),
    "version of 3.x": (
        {"version": "2.2"},
        "good, but for version 3.2, not 2.2: set 'version' to 3.2",
    ),
    "region": (
        {"credential_id": "amzn1.application-oa2-client.creators-NA"},
        "The credential is not valid for www.amazon.de (InvalidAssociate",
    ),
    "marketplace": (
        {"partner_tags": {"IE": "sandbox-ie-21"}},
        "Amazon does not know the marketplace www.amazon.ie",
    ),
    "tag": ({"partner_tag": "sandbox-fr-21"}, "refuses the tag 'sandbox-fr-21' for www.amazon.de"),
    "second tag": (
        {"partner_tags": {"FR": "sandbox-de-21"}},
        "refuses the tag 'sandbox-de-21' for www.amazon.fr",
    ),
    "eligibility": (
        {"credential_id": "amzn1.application-oa2-client.creators-EU-new"},
        "10 qualified sales in the last 30 days",
    ),
    "network": ({"endpoint_url": "http://127.0.0.1:1"}, "(http://127.0.0.1:1) cannot be reached"),
    "token host": ({"token_url": "http://127.0.0.1:1/token"}, "gives no token"),
    "old names": (
        {"access_key": "AKIA"},
        "'access_key': this belongs to the Product Advertising API",
    ),
    "no tag": ({"partner_tag": None}, "Setting 'partner_tag' is missing"),
}


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(clock_factor=FAST)


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_one_sentence_and_exit_code_1(
    sandbox: RunningSandbox, tmp_path: Path, name: str
) -> None:
    more, words = CASES[name]

    run = run_tap(tmp_path, configuration(sandbox, tmp_path, **more), "--test")

    assert run.returncode == 1
    assert words in run.errors
    [error] = [line for line in run.errors.splitlines() if "| ERROR" in line]
    assert "Traceback" not in run.errors
    assert "wrong-secret" not in run.errors
    assert words in error


def test_what_is_right_is_a_line_each(sandbox: RunningSandbox, tmp_path: Path) -> None:
    config = configuration(sandbox, tmp_path, partner_tags={"FR": "sandbox-fr-21"})
    sandbox.reset_calls()

    run = run_tap(tmp_path, config, "--test")

    assert run.returncode == 0, run.errors
    assert "The credential is good: Amazon gave a token for version 3.2." in run.errors
    assert "www.amazon.de with the tag 'sandbox-de-21': allowed" in run.errors
    assert "www.amazon.fr with the tag 'sandbox-fr-21': allowed" in run.errors
    assert "Quota: 2 of 864000 calls" in run.errors
    assert sandbox.calls() == {"creators.token": {"200": 1}, "creators.searchItems": {"200": 2}}


def test_a_quota_that_is_spent_is_told(sandbox: RunningSandbox, tmp_path: Path) -> None:
    config = configuration(sandbox, tmp_path, requests_per_day=1)

    assert run_tap(tmp_path, config, "--test").returncode == 0
    run = run_tap(tmp_path, config, "--test")

    assert run.returncode == 1
    assert "The daily quota of 1 calls ('requests_per_day') is spent" in run.errors


def test_the_credentials_of_version_2_are_good_too(sandbox: RunningSandbox, tmp_path: Path) -> None:
    old = {"credential_id": "amzn1.application-oa2-client.creators-EU-old", "version": "2.2"}

    assert run_tap(tmp_path, configuration(sandbox, tmp_path, **old), "--test").returncode == 0
