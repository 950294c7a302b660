"""accounts.toml: what it says becomes accounts, what is wrong is named, and no secret is in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from amazon_fleet.accounts.account import Account, Schedule
from amazon_fleet.accounts.accounts_file import accounts_of, read_accounts
from amazon_fleet.accounts.secrets import resolved
from amazon_fleet.errors import AccountsFileError, SecretMissingError

if TYPE_CHECKING:
    from pathlib import Path

SHOP = {"amazon": {"refresh_token": "env:TOKEN"}, "etl": {}}
CREDENTIALS = {
    "username": "a@b.example", "password": "env:PASSWORD", "client_id": "c",
    "client_secret": "env:SECRET", "account_id": 1, "couplingId": 2,
}  # fmt: skip


def account(**given: Any) -> Account:
    (found,) = accounts_of({"accounts": {"shop": SHOP | given}}, "accounts.toml")
    return found


def test_an_account_takes_the_defaults_and_its_own_settings_before_them(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text(
        """
        [defaults]
        every = "1h"
        marketplaces = ["DE"]
        [defaults.amazon]
        lwa_client_id = "amzn1.application-oa2-client.1"
        client_secret = "env:CLIENT_SECRET"
        [defaults.etl]
        optiply_key = "eanCode"
        [accounts.one.amazon]
        refresh_token = "env:ONE"
        [accounts.two]
        every = "30m"
        marketplaces = ["FR", "ES"]
        etl = false
        target = { kind = "files", path = "two" }
        [accounts.two.amazon]
        refresh_token = "file:/run/secrets/two"
        """,
        encoding="utf-8",
    )
    one, two = read_accounts(path)
    assert (one.name, one.schedule.every, one.amazon["marketplaces"]) == ("one", 3600, ["DE"])
    assert one.amazon["client_secret"] == "env:CLIENT_SECRET"
    assert one.etl == {"optiply_key": "eanCode"}
    assert (two.schedule.every, two.amazon["marketplaces"], two.etl) == (1800, ["FR", "ES"], None)


def test_a_misspelt_default_is_named_among_the_defaults() -> None:
    given = {"defaults": {"evry": "30m"}, "accounts": {"shop": SHOP}}

    with pytest.raises(
        AccountsFileError, match=r"toml: defaults: 'evry' is not a setting; did you"
    ):
        accounts_of(given, "accounts.toml")


def test_what_the_database_keeps_of_an_account_is_the_account() -> None:
    given = account(target={"kind": "command", "command": ["target-x"]}, optiply=CREDENTIALS)
    assert Account.of_row(json.loads(json.dumps(given.as_row()))) == given


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"evry": "30m"}, "'evry' is not a setting; did you mean 'every'"),
        ({"start_date": "2026-01-01"}, "'start_date' is not a setting; the tap's go into the table"),
        ({"every": "30"}, "'every' is '30'; write it as"),
        ({"every": 30}, "'every' is 30; write it as"),
        ({"every": "30s"}, "'every' must be at least 60s"),
        ({"jitter": "30m"}, "'jitter' must be less than 'every'"),
        ({"memory": "lots"}, "'memory' is 'lots'; write it as"),
        ({"streams": "orders"}, "'streams' must be a list of names"),
        ({"etl": 1}, "'etl' must be a table, or false"),
        ({"etl": False}, "records go nowhere"),
        ({"amazon": {}}, "'refresh_token' is missing"),
        ({"amazon": {"refresh_token": "Atzr|x"}}, "'refresh_token' is a secret"),
        ({"optiply": {**CREDENTIALS, "password": "x"}}, "'password' is a secret"),
        ({"optiply": {**CREDENTIALS, "couplingId": ""}}, "'couplingId' is missing"),
        ({"optiply": {**CREDENTIALS, "user": "x"}}, "'user' is not a setting"),
        (
            {"optiply": CREDENTIALS, "etl": False, "target": {"kind": "files", "path": "x"}},
            "needs a table 'etl'",
        ),
        ({"target": {"kind": "parquet"}}, "'kind' must be one of files, database, command"),
        ({"target": {"kind": "files"}}, "'path' is missing"),
        ({"target": {"kind": "files", "path": "x", "url": "y"}}, "'url' is not a setting of a target"),
        ({"target": {"kind": "database", "url": "postgresql://a:b@host/x"}}, "'url' is a secret"),
        ({"target": {"kind": "command", "command": "target-x"}}, "must be a list of words"),
        (
            {"target": {"kind": "command", "command": ["x"], "config": {"password": "y"}}},
            "'password' is a secret",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_in_one_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AccountsFileError, match=r"accounts\.toml: accounts\.shop") as error:
        account(**given)
    assert sentence in str(error.value)


def test_a_name_that_could_leave_its_folder_is_refused() -> None:
    with pytest.raises(AccountsFileError, match="a name has"):
        accounts_of({"accounts": {"../shop": SHOP}}, "accounts.toml")


def test_a_secret_comes_from_the_environment_or_a_file_and_is_missed_by_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "token").write_text("Atzr|2\n", encoding="utf-8")
    settings = {
        "client_secret": "env:ONE",
        "refresh_token": f"file:{tmp_path / 'token'}",
        "region": "EU",
    }
    assert resolved(settings, "shop", {"ONE": "1"}) == {
        "client_secret": "1", "refresh_token": "Atzr|2", "region": "EU",
    }  # fmt: skip
    with pytest.raises(SecretMissingError, match="shop: client_secret refers to env:ONE"):
        resolved(settings, "shop", {})


def test_the_accounts_of_an_interval_are_spread_over_the_jitter_and_keep_their_places() -> None:
    schedule, now = Schedule(1800, 600), datetime(2026, 11, 2, 8, 10, tzinfo=UTC)
    names = [f"shop-{number}" for number in range(200)]
    due = {name: schedule.next_after(now, name) for name in names}
    assert all(timedelta(0) < at - now <= timedelta(minutes=30) for at in due.values())
    assert len(set(due.values())) > 120
    later = {name: schedule.next_after(at, name) for name, at in due.items()}
    assert {name: at - due[name] for name, at in later.items()} == dict.fromkeys(
        names, timedelta(minutes=30)
    )


def test_runs_that_were_missed_are_skipped() -> None:
    schedule = Schedule(1800, 0)
    late = datetime(2026, 11, 2, 11, 59, tzinfo=UTC)
    assert schedule.next_after(late, "shop") == datetime(2026, 11, 2, 12, tzinfo=UTC)
