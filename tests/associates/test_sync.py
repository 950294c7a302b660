"""The tap against the sandbox: thousands of links, few calls, every item, and nothing asked twice."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from creators_sandbox import FAST, configuration, item_calls, run_tap, truth
from running import BIN, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from creators_sandbox import Record

LINKS = 1_000
BAD = LINKS * 6 // 100
MOST_CALLS = LINKS // 10
DOMAINS = {"DE": "www.amazon.de", "FR": "www.amazon.fr"}
FORMS = (
    "https://{domain}/dp/{asin}",
    "https://{domain}/Ein-Titel-äöü/dp/{asin}/ref=sr_1_1?keywords=a,b&th=1",
    "https://{domain}/-/en/Title/dp/{asin}?psc=1#customerReviews",
    "https://{domain}/dp/product/{asin}",
    "https://{domain}/gp/product/{asin}/ref=ox_sc_act",
    "https://{domain}/gp/product/glance/{asin}",
    "http://m.{domain}/gp/aw/d/{asin}",
    "https://{domain}/gp/aw/d.html?a={asin}",
    "https://{domain}/d/{asin}",
    "https://{domain}/exec/obidos/ASIN/{asin}/site-21",
    "https://{domain}/exec/obidos/tg/detail/-/{asin}",
    "https://{domain}/o/ASIN/{asin}",
    "https://{domain}/product-reviews/{asin}/",
    "https://{domain}/gp/offer-listing/{asin}?condition=new",
    "https://{domain}/gp/customer-reviews/R1ABCDEFGHIJK?ASIN={asin}",
    "https://{domain}/product/{asin}",
    "https://{domain}/review/R1ABCDEFGHIJK/?ASIN={asin}",
    "https://{domain}/hz/reviews-render/x?asin={asin}",
    "https://{domain}/gp/r/?creativeASIN={asin}",
    "https://{domain}/sspa/click?url=%2FTitel%2Fdp%2F{asin}%3Fpsc%3D1",
    "https://smile.{plain}/dp/{asin}",
    "{plain}/dp/{asin}).",
    "https://amzn.to/3{country}-{asin}",
    "https://a.co/d/3{country}-{asin}",
    "https://amzn.eu/d/3{country}-{asin}",
)
NOT_PRODUCTS = (
    "headphones",
    "https://amazon.de.evil.example/dp/B08XYZ1234",
    "https://www.amazon.de/s?k=garden",
    "https://www.amazon.it/dp/B08XYZ1234",  # no tag there
    "https://amzn.to/dead",
)


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(clock_factor=FAST, listings=260)


def links(
    sandbox: RunningSandbox, folder: Path
) -> tuple[Path, dict[tuple[str, str], Record], list[str]]:
    """A file of links of all forms, the items behind the good ones, and the bad ones."""
    good: dict[tuple[str, str], Record] = {}
    bad = [
        f"{word}?{number}" if "/" in word else f"{word}{number}"
        for number in range(5)
        for word in NOT_PRODUCTS
    ]
    for country, domain in DOMAINS.items():
        items, errors = truth(sandbox, country)
        good |= {(country, asin): item for asin, item in items.items()}
        bad += [f"https://{domain}/dp/{asin}" for asin in list(errors)[:15]]
    bad += [f"https://www.amazon.de/dp/B0ZZZZZZ{number:02d}" for number in range(BAD - len(bad))]
    chosen = list(good)[: LINKS - BAD]
    written = [
        FORMS[number % len(FORMS)].format(
            asin=asin, country=country, domain=DOMAINS[country],
            plain=DOMAINS[country].removeprefix("www."),
        ).replace("m.www.", "m.")
        for number, (country, asin) in enumerate(chosen)
    ]  # fmt: skip
    for number, each in enumerate(bad):
        written.insert(number * LINKS // BAD, each)
    assert len(written) == len(set(written)) == LINKS
    assert len(bad) == BAD
    path = folder / "links.txt"
    path.write_text("\n".join(written), "utf-8")
    return path, {key: good[key] for key in chosen}, bad


def price_of(item: Record) -> str | None:
    offers = item.get("offersV2", {}).get("listings", [])
    return f"{offers[0]['price']['money']['amount']:.2f}" if offers else None


def by_product(records: list[Record]) -> dict[tuple[str, str], Record]:
    return {(each["country"], each["asin"]): each for each in records}


def config_for(sandbox: RunningSandbox, folder: Path, path: Path, **more: Any) -> Record:
    tags = {"FR": "sandbox-fr-21"}
    return configuration(sandbox, folder, items_file=str(path), partner_tags=tags, **more)


def test_a_thousand_links_give_every_good_item_in_a_hundred_calls_and_a_rerun_makes_none(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    path, good, bad = links(sandbox, tmp_path)
    config = config_for(sandbox, tmp_path, path)
    sandbox.reset_calls()

    output = run_tap(tmp_path, config)

    assert output.returncode == 0, output.errors[-3000:]
    assert item_calls(sandbox) <= MOST_CALLS
    records = output.records["associates_items"]
    assert len(records) == len(by_product(records)), "each product comes once"
    found = by_product(records)
    assert found.keys() == good.keys()
    for key, item in good.items():
        record = found[key]
        assert record["title"] == item["itemInfo"]["title"]["displayValue"].strip()
        price = record["price"]
        assert (None if price is None else f"{Decimal(str(price)):.2f}") == price_of(item)
        assert f"tag=sandbox-{key[0].lower()}-21" in record["detail_page_url"]
    rejected = output.records["associates_rejected"]
    assert len(rejected) == len(bad), Counter(each["reason"] for each in rejected)
    assert Counter(each["reason"] for each in rejected).keys() == {
        "not_a_product", "no_partner_tag", "short_link", "invalid", "not_accessible",
    }  # fmt: skip

    sandbox.reset_calls()
    again = run_tap(tmp_path, config)

    assert sandbox.calls() == {}
    assert by_product(again.records["associates_items"]) == found
    assert "The sync made 0 calls." in again.errors


@pytest.mark.parametrize("fault", ["truncated", "html", "404", "amount_as_text", "new_enumeration"])
def test_bad_items_that_spoil_whole_calls_cost_at_most_eight_calls_for_each(
    sandbox: RunningSandbox, tmp_path: Path, fault: str
) -> None:
    items, _ = truth(sandbox, "DE")
    asins = list(items)[:200]
    poisoned = asins[7::50]
    path = tmp_path / "asins.txt"
    path.write_text("\n".join(asins))
    sandbox.clear_faults()
    sandbox.reset_calls()
    before = sandbox.struck()
    for asin in poisoned:
        sandbox.post(
            "/_sandbox/faults",
            [
                {
                    "operation": "creators.getItems",
                    "fault": fault,
                    "times": None,
                    "where": {asin: True},
                }
            ],
        )

    output = run_tap(tmp_path, configuration(sandbox, tmp_path, items_file=str(path)))
    struck = sandbox.struck() - before
    sandbox.clear_faults()

    assert output.returncode == 0, output.errors[-3000:]
    found = {each["asin"] for each in output.records["associates_items"]}
    is_odd_alone = fault in {"amount_as_text", "new_enumeration"}  # and costs nothing at all
    assert found == set(asins) - (set() if is_odd_alone else set(poisoned))
    assert item_calls(sandbox) <= 20 + (0 if is_odd_alone else 8 * struck)


def test_searches_and_variations_are_what_the_catalog_has(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    items, _ = truth(sandbox, "DE")
    codes = {
        asin: eans["displayValues"][0]
        for asin, item in items.items()
        if (eans := item["itemInfo"].get("externalIds", {}).get("eans"))
    }
    chosen = list(codes.items())[:5]
    brand = next(iter(items.values()))["itemInfo"]["byLineInfo"]["brand"]["displayValue"]
    parents: dict[str, list[str]] = {}
    for asin, item in items.items():
        if "parentASIN" in item:
            parents.setdefault(item["parentASIN"], []).append(asin)
    child = next(iter(parents.values()))[0]
    config = configuration(
        sandbox,
        tmp_path,
        searches=[
            *(code for _, code in chosen),
            {"brand": brand, "pages": 2},
            "40063813339",
            "nothing",
        ],
        variations=[child, "B0ZZZZZZ01"],
    )

    output = run_tap(tmp_path, config)

    assert output.returncode == 0, output.errors[-3000:]
    found = [(each["query"], each["asin"]) for each in output.records["associates_search"]]
    for asin, code in chosen:
        of_code = [each for query, each in found if query == code]
        assert asin in of_code
        assert all(
            code in items[each]["itemInfo"]["externalIds"]["eans"]["displayValues"]
            for each in of_code
        )
    of_brand = [asin for query, asin in found if query == f"brand={brand}"]
    assert 0 < len(of_brand) <= 20
    assert {each["variation_of"] for each in output.records["associates_variations"]} == {child}
    listed = {each["asin"] for each in output.records["associates_variations"]}
    assert listed == set(parents[items[child]["parentASIN"]])
    reasons = {each["input"]: each["reason"] for each in output.records["associates_rejected"]}
    assert reasons == {
        "40063813339": "not_found",
        "nothing": "not_found",
        "B0ZZZZZZ01": "not_found",
    }

    sandbox.reset_calls()
    run_tap(tmp_path, config)
    assert sandbox.calls() == {}


def test_a_small_quota_leaves_the_rest_due_and_the_next_day_goes_on(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    asins = list(truth(sandbox, "DE")[0])[:300]
    path = tmp_path / "asins.txt"
    path.write_text("\n".join(asins))
    config = configuration(
        sandbox, tmp_path, "EU-small", items_file=str(path), requests_per_second=50,
        requests_per_day=20, fail_on_incomplete=True,
    )  # fmt: skip

    first = run_tap(tmp_path, config)

    assert first.returncode == 0, first.errors[-2000:]
    read = [each["asin"] for each in first.records["associates_items"]]
    due = [each["input"] for each in first.records["associates_rejected"]]
    assert 150 <= len(read) <= 200, "a call that is throttled counts, too"
    assert sorted(read + due) == sorted(asins)
    assert f"{len(due)} are due" in first.errors
    assert "The daily quota of 20 calls" in first.errors


def test_decimals_reach_the_target_as_they_are(sandbox: RunningSandbox, tmp_path: Path) -> None:
    items, _ = truth(sandbox, "DE")
    asin = next(each for each, item in items.items() if (price_of(item) or "x").endswith("0"))

    output = run_tap(tmp_path, configuration(sandbox, tmp_path, items=[asin]))

    [record] = output.records["associates_items"]
    assert json.dumps(record["price"]) == json.dumps(float(str(price_of(items[asin]))))
    assert record["currency"] == "EUR"


def test_a_sync_that_is_stopped_exits_as_a_shell_expects_and_the_next_one_continues(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    asins = list(truth(sandbox, "DE")[0])[:60]
    slow = configuration(sandbox, tmp_path, items=asins, requests_per_second=0.5)
    path = write_json(tmp_path / "config.json", slow)
    with warm_start.Popen(
        [BIN / "tap-amazon-associates", "--config", path],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        while '"RECORD"' not in process.stdout.readline():
            assert process.poll() is None
        process.terminate()
        rest = process.stdout.readlines()  # `communicate` would leave out what was read ahead
        errors = process.stderr.read()

    assert process.returncode == 128 + signal.SIGTERM, errors
    assert all(json.loads(line) for line in rest)
    assert "Traceback" not in errors
    sandbox.reset_calls()
    run = run_tap(tmp_path, slow | {"requests_per_second": 500})
    assert len(run.records["associates_items"]) == 60
    assert item_calls(sandbox) < 6
