"""Jobs: each row its result, nothing asked twice, one process at a time, and what ends them."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from matching.scripted_catalog import ean, item
from sqlalchemy import update

from amazon_asin_match.errors import ConfigurationError, InputFileError, JobStateError
from amazon_asin_match.jobs.create import Options
from amazon_asin_match.store.database import open_database
from amazon_asin_match.store.jobs import Jobs, JobStatus, LeaseLostError
from amazon_asin_match.store.logs import JobLog, read_log
from amazon_asin_match.store.tables import JOBS, LOGS
from amazon_selling_partner import PermissionDeniedError, UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from matching.conftest import Desk


def known(desk: Desk, count: int) -> list[list[str]]:
    """Rows of codes that Amazon knows, one item each."""
    for number in range(count):
        desk.catalog.items[ean(number)] = [item(f"B0{number:08d}", ean(number))]
    return [[ean(number)] for number in range(count)]


def test_every_row_comes_out_in_its_order_with_its_result(desk: Desk) -> None:
    rows = [*known(desk, 45), [""], ["nonsense"], [ean(900)]]
    output = desk.folder / "out.csv"
    job = desk.run(desk.job(rows, output=output))
    assert (job.status, job.rows, job.codes, job.answered) == (JobStatus.COMPLETED, 48, 46, 46)
    assert job.counts == {"matched": 45, "invalid": 2, "not_found": 1}
    with output.open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [row["ean"] for row in written] == [row[0] for row in rows]
    assert written[3]["asin"] == "B000000003"
    assert json.loads(written[3]["candidates"]) == [
        {
            "asin": "B000000003",
            "confidence": 0.9836,
            "title": "Item B000000003",
            "reasons": ["identifier_listed"],
        }
    ]
    assert list(written[0]) == [
        "ean", "name", "marke", "ve", "asin", "title", "image_url", "confidence", "status", "reason",
        "candidates",
    ]  # fmt: skip


def test_equal_codes_are_asked_once_and_the_later_rows_name_the_first(desk: Desk) -> None:
    known(desk, 1)
    upc = "0" + "36000291452"
    desk.catalog.items["0" + upc] = [item("B000000777", "0" + upc)]
    job = desk.run(desk.job([[ean(0)], [upc], ["36000291452"], [ean(0) + ".0"]]))
    statuses = [(each["status"], each["asin"]) for each in desk.results(job)]
    assert statuses == [
        ("matched", "B000000000"), ("matched", "B000000777"), ("duplicate_of", "B000000777"),
        ("duplicate_of", "B000000000"),
    ]  # fmt: skip
    assert desk.results(job)[3]["reason"].startswith("The same code as in row 2. ")
    assert sum(map(len, desk.catalog.calls)) == 2


def test_rows_with_one_code_that_mean_different_products_are_to_be_looked_at(desk: Desk) -> None:
    desk.catalog.items[ean(0)] = [
        item("B0SINGLE01", ean(0), itemName="Zand Shampoo 250 ml"),
        item("B0PACK0006", ean(0), itemName="Zand Shampoo 250 ml (6er Pack)"),
    ]
    job = desk.run(
        desk.job([[ean(0), "Zand Shampoo 250 ml"], [ean(0), "Zand Shampoo 250 ml, VE 6"]])
    )
    first, second = desk.results(job)
    assert (first["status"], first["asin"]) == ("matched", "B0SINGLE01")
    assert (second["status"], second["asin"]) == ("needs_review", "")
    assert second["reason"] == (
        "The same code as in row 2, but the two rows fit different products: look at both."
    )


def test_an_item_that_two_codes_claim_for_different_products_is_no_match_for_the_worse_one(
    desk: Desk,
) -> None:
    both = item("B000000001", ean(0), ean(1), itemName="Zand Notizbuch Urban A5", brand="Zand")
    desk.catalog.items = {ean(0): [both], ean(1): [both]}
    rows = [[ean(0), "Notizbuch Urban A5 Zand", "Zand"], [ean(1), "Schreibblock Zand", "Zand"]]
    first, second = desk.results(desk.run(desk.job(rows)))
    assert (first["status"], first["asin"]) == ("matched", "B000000001")
    assert second["status"] == "needs_review"
    assert "row 2 claims it for another product" in second["reason"].lower()


def test_two_codes_of_one_product_both_find_it(desk: Desk) -> None:
    both = item("B000000001", ean(0), ean(1), itemName="Zand Notizbuch Urban A5", brand="Zand")
    desk.catalog.items = {ean(0): [both], ean(1): [both]}
    rows = [[ean(0), "Notizbuch Urban A5", "Zand"], [ean(1), "Zand Urban Notizbuch A5", "Zand"]]
    assert [each["asin"] for each in desk.results(desk.run(desk.job(rows)))] == ["B000000001"] * 2


def test_answers_are_used_again_while_they_are_fresh_found_or_not(desk: Desk) -> None:
    rows = [*known(desk, 3), [ean(900)]]
    desk.run(desk.job(rows))
    desk.passed = timedelta(days=6)
    again = desk.run(desk.job(rows))
    assert (again.from_cache, again.calls, len(desk.catalog.calls)) == (4, 0, 1)
    desk.passed = timedelta(days=8)  # what was not found may be there by now
    assert desk.run(desk.job(rows)).from_cache == 3
    assert desk.catalog.calls[-1] == [ean(900)]
    desk.passed = timedelta(days=31)
    assert desk.run(desk.job(rows)).from_cache == 0


def test_own_listings_are_asked_first_and_their_codes_are_not_asked_again(desk: Desk) -> None:
    rows = known(desk, 25)
    desk.catalog.listings = {ean(3): ("MY-3", "B0OWN00003")}
    job = desk.run(desk.job(rows, seller_id="A1"))
    assert desk.results(job)[3]["asin"] == "B0OWN00003"
    assert desk.results(job)[3]["reason"].startswith("The seller lists it as MY-3; ")
    assert ean(3) not in {code for call in desk.catalog.calls for code in call}
    assert len(desk.catalog.listing_calls) == 2


def test_a_missing_role_for_listings_leaves_them_out_with_a_warning(desk: Desk) -> None:
    def denied(operation: str) -> None:
        if operation == "searchListingsItems":
            raise PermissionDeniedError(operation, 403, "Unauthorized", "Access denied.")

    rows = known(desk, 2)
    desk.catalog.fail = denied
    job = desk.run(desk.job(rows, seller_id="A1"))
    assert job.counts == {"matched": 2}
    [line] = read_log(desk.jobs.engine, job.id, level="warning")
    assert line["message"] == (
        "The seller's own listings are left out: searchListingsItems answered 403 Unauthorized: Access "
        "denied."
    )


def test_skus_are_asked_among_the_listings_one_with_a_comma_alone(desk: Desk) -> None:
    desk.catalog.listings = {"A,1": ("A,1", "B000000001"), "B-2": ("B-2", "B000000002")}
    options = Options(columns={"code": "ean"}, code_type="SKU")
    job = desk.run(desk.job([["A,1"], ["B-2"], ["C-3"]], seller_id="A1", options=options))
    assert [each["asin"] for each in desk.results(job)] == ["B000000001", "B000000002", ""]
    assert sorted(desk.catalog.listing_calls) == [["A,1"], ["B-2", "C-3"]]
    unknown = desk.run(desk.job([["A,1"]], options=options))
    assert (unknown.status, unknown.error) == (
        JobStatus.FAILED,
        (
            "SKUs are asked among a seller's listings; set 'selling_partner_id' (the merchant token of "
            "Seller Central) in the configuration."
        ),
    )


def test_items_that_list_no_code_are_attributed_to_the_code_that_found_them(desk: Desk) -> None:
    rows = known(desk, 60)
    for number in (5, 31, 55):
        desk.catalog.items[ean(number)] = [item(f"B0STRAY{number:03d}")]
    job = desk.run(desk.job(rows))
    for number in (5, 31, 55):
        result = desk.results(job)[number]
        assert result["status"] == "needs_review"
        assert [each["asin"] for each in result["candidates"]] == [f"B0STRAY{number:03d}"]
    assert job.calls <= 6
    assert job.counts == {"matched": 57, "needs_review": 3}


def test_when_amazon_does_not_answer_a_job_is_interrupted_and_continues_where_it_was(
    desk: Desk,
) -> None:
    rows = known(desk, 60)

    def failing(_: str) -> None:
        if len(desk.catalog.calls) == 2:
            raise UnavailableError("searchCatalogItems answered 503; gave up after 10 tries.")

    desk.catalog.fail = failing
    job = desk.run(desk.job(rows))
    assert (job.status, job.answered) == (JobStatus.INTERRUPTED, 40)
    assert job.error == (
        "searchCatalogItems answered 503; gave up after 10 tries. Resume the job later; nothing is "
        "asked twice."
    )
    desk.catalog.fail = lambda _: None
    done = desk.run(job)
    assert done.counts == {"matched": 60}
    assert sum(map(len, desk.catalog.calls)) == 60


def test_a_refusal_of_all_calls_fails_the_job_with_amazons_words(desk: Desk) -> None:
    def denied(operation: str) -> None:
        raise PermissionDeniedError(operation, 403, "Unauthorized", "Access denied.")

    desk.catalog.fail = denied
    job = desk.run(desk.job([[ean(1)]]))
    assert (job.status, job.error) == (
        JobStatus.FAILED, "searchCatalogItems answered 403 Unauthorized: Access denied.",
    )  # fmt: skip


def test_a_file_that_was_changed_is_not_taken_for_the_old_one(desk: Desk) -> None:
    job = desk.job(known(desk, 3))
    desk.file([[ean(7)]])
    assert desk.run(job).error == (
        "codes.csv is not what it was when the job began; put the old file back, or begin a new job."
    )


def test_one_process_at_a_time_works_on_a_job(desk: Desk) -> None:
    job = desk.job(known(desk, 3))
    clock = [1_000.0]
    others = [
        Jobs(desk.jobs.engine, desk.now, owner=f"elsewhere:{n}:x", real_time=lambda: clock[0])
        for n in range(2)
    ]
    others[0].claim(job.id)
    with pytest.raises(
        JobStateError, match=r"Another process works on the job .* \(elsewhere:0:x\)"
    ):
        others[1].claim(job.id)
    clock[0] += 59
    others[0].beat(job.id)
    clock[0] += 59
    with pytest.raises(JobStateError):
        others[1].claim(job.id)
    clock[0] += 2  # no heartbeat for more than a minute
    others[1].claim(job.id)
    with pytest.raises(LeaseLostError):
        others[0].beat(job.id)


def test_a_job_of_a_process_of_this_machine_that_is_gone_is_free_at_once(desk: Desk) -> None:
    import socket  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    job = desk.job(known(desk, 3))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    Jobs(desk.jobs.engine, desk.now, owner=f"{socket.gethostname()}:{gone.pid}:x").claim(job.id)
    assert desk.jobs.next_pending() is not None
    assert desk.run(job).status is JobStatus.COMPLETED


def test_a_job_is_paused_resumed_and_cancelled(desk: Desk) -> None:
    job = desk.job(known(desk, 3))
    assert desk.jobs.wish(job.id, "pause").status is JobStatus.PAUSED
    assert desk.jobs.reopen(job.id).status is JobStatus.PENDING
    assert desk.jobs.wish(job.id, "cancel").status is JobStatus.CANCELLED
    for wanted in (desk.jobs.claim, desk.jobs.reopen, lambda one: desk.jobs.wish(one, "pause")):
        with pytest.raises(JobStateError, match=rf"The job {job.id} is cancelled already\."):
            wanted(job.id)


def test_a_job_at_work_ends_when_it_is_wished(desk: Desk) -> None:
    job = desk.job(known(desk, 60))
    other = Jobs(desk.jobs.engine, desk.now, owner="elsewhere:1:x")
    other.claim(job.id)
    assert desk.jobs.wish(job.id, "cancel").status is JobStatus.PROCESSING
    assert other.beat(job.id) == "cancel"


def test_the_same_idempotency_key_makes_one_job(desk: Desk) -> None:
    first = desk.job(known(desk, 3), idempotency_key="k")
    assert desk.job(known(desk, 3), idempotency_key="k").id == first.id
    with pytest.raises(
        JobStateError, match="The idempotency key belongs to a job with another file"
    ):
        desk.job([[ean(9)]], idempotency_key="k")


def test_a_log_that_cannot_be_written_fails_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    LOGS.drop(desk.jobs.engine)
    assert desk.run(desk.job(known(desk, 3))).status is JobStatus.COMPLETED
    assert (
        "A line of the job's log could not be kept (OperationalError); the job continues."
        in caplog.text
    )


def test_a_log_is_read_by_level_and_after_a_line(desk: Desk) -> None:
    log = JobLog(desk.jobs.engine, "j", desk.now)
    for level in ("debug", "info", "warning", "error"):
        log(level, f"a {level}", number=1)
    found = read_log(desk.jobs.engine, "j", level="warning")
    assert [(line["level"], line["message"]) for line in found] == [
        ("warning", "a warning"), ("error", "an error".replace("an", "a")),
    ]  # fmt: skip
    assert found[0]["details"] == {"number": 1}
    after = int(str(found[0]["id"]))
    assert len(read_log(desk.jobs.engine, "j", after=after)) == 1


def test_a_database_that_cannot_be_used_is_named_without_its_password(tmp_path: Path) -> None:
    for url, words in {
        "mysql://u:secret@host/x": "The database mysql://u:***@host/x",
        "nonsense": "The database 'nonsense' is not a URL",
        f"sqlite:///{tmp_path}": f"The database sqlite:///{tmp_path} cannot be opened: unable to open",
    }.items():
        with pytest.raises(ConfigurationError) as refusal:
            open_database(url)
        assert str(refusal.value).startswith(words)
        assert "secret" not in str(refusal.value)


def test_an_unknown_or_unclear_job_is_named(desk: Desk) -> None:
    with pytest.raises(JobStateError, match="There is no job 'abc'"):
        desk.jobs.get("abc")
    for number in range(2):
        job = desk.job([[ean(number)]])
        with desk.jobs.engine.begin() as connection:
            connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(id=f"abc-{number}"))
    with pytest.raises(JobStateError, match="Several jobs begin with 'abc'"):
        desk.jobs.get("abc")


def test_options_that_make_no_sense_are_refused(desk: Desk) -> None:
    for options, words in (
        (Options(threshold=85), "The threshold is 85; it must be from 0 to 1."),
        (Options(code_type="EAN13"), "'EAN13' is not a type of codes; use auto, EAN"),
    ):
        with pytest.raises(ConfigurationError) as refusal:
            desk.job([[ean(1)]], options=options)
        assert str(refusal.value).startswith(words)
    with pytest.raises(InputFileError, match=r"out\.pdf is of no format that can be written"):
        desk.job([[ean(1)]], output=desk.folder / "out.pdf")
