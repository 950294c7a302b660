"""Odd files, answers and names: nothing is lost, shown or removed that must not be."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING

import httpx
import pytest
from push_shop import PushShop

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.optiply import answers
from amazon_optiply_etl.runs import pipeline, push
from amazon_optiply_etl.state import transaction
from amazon_optiply_etl.tables import plain_text

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox
    from etl.conftest import SellerFolder

ASIN, OTHER = "B0000000AA", "B0000000BB"
SECRETS = ("a-token/1+2=", "pass word", "s3cret", "client:s3cret")


@pytest.fixture
def shop(seller: SellerFolder, sandbox: RunningSandbox) -> PushShop:
    seller.listing(ASIN)
    seller.order("302-1")
    seller.line("302-1")
    return PushShop(seller, sandbox)


def test_a_file_name_that_is_not_utf8_stops_no_push(shop: PushShop) -> None:
    folder = shop.seller.root / "sync-output"
    folder.mkdir()
    with open(os.path.join(os.fsencode(folder), b"caf\xe9.csv"), "w") as file:  # noqa: PTH118, PTH123
        file.write("a\n1\n")
    shop.pushed()
    assert shop.seller.built.report["files_not_read"] == ["caf\\xe9.csv"]
    assert shop.calls() == {"products.POST": 1, "sellOrders.POST": 1}
    shop.pushed()
    assert shop.calls() == {"products.POST": 1, "sellOrders.POST": 1}


def test_what_cannot_be_written_at_the_end_is_found_before_the_first_call(shop: PushShop) -> None:
    (shop.seller.root / "etl-output" / "mapping-report.json").mkdir(parents=True)
    done = shop.push()
    assert done.returncode == 1
    assert "mapping-report.json: Is a directory" in done.stderr
    assert shop.calls() == {}


def test_a_report_that_cannot_be_made_is_found_before_the_first_call(
    shop: PushShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_report: object) -> str:
        raise EtlError("the counts do not add up")

    for name, value in shop.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pipeline, "as_html", fails)
    shop.seller.write_input()
    with pytest.raises(EtlError, match="do not add up"):
        push.push(settings_from({}, {}), shop.seller.folders, lambda _name, calls: iter(calls))
    assert shop.calls() == {}


ECHOES = {
    "the token": "Bearer a-token/1+2= is not allowed",
    "the token in a URL": "GET /x?access_token=a-token%2F1%2B2%3D&y=1",
    "another token": '{"refresh_token": "0123456789abcdef"}',
    "a JSON Web Token": "not valid: eyJhbGciOiJI.eyJzdWIi.c2ln",
    "the password": "user jo with pass word",
    "the password in a form": "username=jo&password=pass+word",
    "the password on two lines": "jo: pass\nword",
    "the secret": "secret 'S3CRET' is unknown",
    "basic authorization": f"Basic {base64.b64encode(b'client:s3cret').decode()}",
    "a header": f"authorization: {base64.b64encode(b'client:s3cret').decode()}",
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES.keys())
def test_a_refusal_repeats_no_secret(echo: str) -> None:
    answer = httpx.Response(400, json={"errors": [{"detail": f"Sorry. {echo}"}]})
    reason, _ = answers.refusal(answer, answers.hiding(SECRETS))
    assert reason.startswith("Sorry.")
    assert "..." in reason
    encoded = base64.b64encode(b"client:s3cret").decode()
    for secret in ("a-token", "0123456789", "eyJ", "pass w", "pass+", "s3cret", encoded.lower()):
        assert secret not in reason.lower()


def test_a_short_secret_does_not_garble_other_words() -> None:
    hide = answers.hiding(("is", None, ""))
    assert hide("this is a list") == "this ... a list"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("price \x1b[31mis\x1b[0m\r\n\x00 wrong\x9b2J", "price is wrong 2J"),
        ("\x1b]0;title\x07no", "no"),
        ("right\u202eto left", "right to left"),
        ({"a": 1}, "it gives no reason"),
        (None, "it gives no reason"),
        (17, "17"),
        (["x"] * 9, "it gives no reason"),
    ],
)
def test_a_reason_is_one_line_without_control_characters(said: object, reason: str) -> None:
    answer = httpx.Response(422, json={"errors": [{"detail": said}]})
    assert answers.refusal(answer)[0] == reason


ODD_BODIES = (
    b"[" * 100_000,
    b'{"data":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"errors": [{"detail": ' + b"[" * 20_000 + b"]" * 20_000 + b"}]}",
    b'{"data": ' + b"9" * 10_000 + b"}",
    b'"text"', b"null", b"[]", b"", b"\xff\xfe", b'{"errors": "x"}', b'{"errors": [null, 1]}',
)  # fmt: skip


@pytest.mark.parametrize("body", ODD_BODIES, ids=range(len(ODD_BODIES)))
def test_an_answer_of_any_form_is_an_answer_without_a_reason(body: bytes) -> None:
    answer = httpx.Response(400, content=body)
    assert answers.refusal(answer) == ("it gives no reason", ())
    page = answers.document(answer)
    assert page is None or answers.page(page) is None


@pytest.mark.parametrize("odd", [None, "", 1.5, True, "abc", "../7", "0", -1, [1], {"id": 1}])
def test_an_object_without_an_id_is_none(odd: object) -> None:
    assert answers.item({"id": odd, "attributes": {}}) is None
    assert answers.page({"data": [{"id": 1}, {"id": odd}]}) is None


def test_half_a_surrogate_pair_is_text_that_can_be_written() -> None:
    text = answers.plain_text(json.loads('"a\\ud800b"'))
    assert text == "a?b"


@pytest.mark.parametrize("outside", ["../precious.csv", "/{}/precious.csv", "..", ".hidden"])
def test_what_was_to_be_put_back_is_never_a_file_outside(tmp_path: Path, outside: str) -> None:
    precious = tmp_path / "precious.csv"
    precious.write_text("mine")
    before = tmp_path / "snapshots" / ".before-this-run"
    before.mkdir(parents=True)
    (tmp_path / "snapshots" / "products.snapshot.csv").write_text("new")
    name = outside.format(str(tmp_path).strip("/"))
    (before / ".written").write_text(f"products.snapshot.csv\n{name}")
    with pytest.raises(EtlError, match=r"is not a snapshot of this folder; nothing was changed"):
        transaction.roll_back(tmp_path / "snapshots")
    assert precious.read_text() == "mine"
    assert (tmp_path / "snapshots" / "products.snapshot.csv").read_text() == "new"


def test_the_hosts_credentials_are_nothing_that_a_run_has_written(tmp_path: Path) -> None:
    (tmp_path / ".before-this-run").mkdir()
    (tmp_path / ".before-this-run" / ".written").write_text("tenant-config.json")
    (tmp_path / "tenant-config.json").write_text("{}")
    with pytest.raises(EtlError, match=r"names 'tenant-config.json'"):
        transaction.roll_back(tmp_path)
    assert (tmp_path / "tenant-config.json").exists()


def test_a_list_of_what_was_written_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".before-this-run").mkdir()
    with pytest.raises(EtlError, match=r"\.written cannot be read, so the snapshots of before"):
        transaction.roll_back(tmp_path)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|calc", "'+cmd|calc"),
        ("-2+3", "'-2+3"),
        ("'=quoted", "''=quoted"),
        ("'plain'", "'plain'"),
        ("-5", "-5"),
    ],
)
def test_a_snapshot_runs_no_formula_in_a_spreadsheet(
    seller: SellerFolder, name: str, cell: str
) -> None:
    seller.listing(ASIN, item_name=name)
    seller.order()
    built = seller.build()
    assert built.products[ASIN]["name"] == name
    assert seller.snapshot("products.snapshot.csv")[1].split(",")[2] == cell
    assert seller.build().products == {}


def test_names_go_out_without_control_characters(seller: SellerFolder) -> None:
    seller.listing(ASIN, item_name="Red\x1b[31m\x00towel\u2028\r\nof\tcotton\x85")
    seller.order()
    assert seller.build().products[ASIN]["name"] == "Red towel of cotton "


def test_a_terminal_gets_no_sequences(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.order()
    seller.write("sync-output/odd\x1b[2J.txt", "x")
    done = seller.run("build")
    assert done.returncode == 0
    assert "Not read: odd\\x1b[2J.txt" in done.stdout
    failed = seller.run("build", "--marketplaces", "D\x1b[31mE")
    assert failed.returncode == 1
    assert "\x1b" not in failed.stderr


def test_a_terminal_that_knows_latin_1_alone_gets_the_counts(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.order()
    seller.write("sync-output/タオル.txt", "x")
    done = seller.run("build", PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Not read: \\u30bf\\u30aa\\u30eb.txt" in done.stdout


def test_lines_of_a_message_stay_lines() -> None:
    assert plain_text.shown("a\nb\tc\x1b[1m") == "a\nb\\tc\\x1b[1m"
