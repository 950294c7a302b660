"""The Singer SDK's own suite passes, and whoever does not use the tap pays nothing for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from creators_sandbox import FAST, configuration, truth
from running import BIN

from amazon_selling_partner import marketplaces as of_sp_api
from tap_amazon_associates import marketplaces
from tap_amazon_associates.config.settings import PROPERTIES
from tap_amazon_associates.singer.tap import TapAmazonAssociates

if TYPE_CHECKING:
    from conftest import StartSandbox

EXTRA = "[associates]'\n"


def test_the_sdks_suite_passes(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start_sandbox(clock_factor=FAST)
    items, errors = truth(sandbox, "DE")
    child = next(asin for asin, item in items.items() if "parentASIN" in item)
    config = configuration(
        sandbox,
        tmp_path,
        items=[*items, *errors],
        searches=[next(iter(items.values()))["itemInfo"]["byLineInfo"]["brand"]["displayValue"]],
        variations=[child],
    )

    run = subprocess.run(
        [
            sys.executable,
            *("-m", "pytest", "-q", Path(__file__).with_name("standard_suite.py")),
            # As in the SDK's own template: members that no item of the sandbox has are not a failure.
            *("-W", "once:No records were available to test:UserWarning"),
            *("-W", "once:Fields in transformed catalog but not in records:UserWarning"),
        ],
        env=os.environ | {"STANDARD_SUITE_CONFIG": json.dumps(config)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-4000:]
    assert " passed" in run.stdout


LIBRARIES = ("amazon_creatorsapi", "creatorsapi_python_sdk", "tap_amazon_associates")


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a statement loads."""
    script = (
        f"import sys\n{statement}\nprint(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import tap_amazon_seller.tap",
        "import amazon_optiply_etl.command.cli",
        "import amazon_seller_sandbox.cli",
        "import amazon_selling_partner",
    ],
)
def test_no_other_program_loads_the_tap_or_its_library(statement: str) -> None:
    assert loaded_by(statement).isdisjoint(LIBRARIES)


def test_the_tap_loads_no_other_package_of_the_project() -> None:
    loaded = loaded_by("import tap_amazon_associates.singer.tap")

    assert loaded.isdisjoint(
        {
            "tap_amazon_seller",
            "amazon_selling_partner",
            "amazon_optiply_etl",
            "sp_api",
            "pandas",
            "pyarrow",
        }
    )


def test_links_are_read_without_the_extra() -> None:
    statement = (
        "sys.modules['amazon_creatorsapi'] = None\n"
        "from tap_amazon_associates import asin_from_url\n"
        "assert asin_from_url('https://www.amazon.de/dp/B08XYZ1234') == 'B08XYZ1234'"
    )

    assert "singer_sdk" not in loaded_by(statement)


@pytest.mark.parametrize(
    ("entry", "arguments", "name"),
    [
        ("main", [], "tap-amazon-associates"),
        ("command", ["item", "B08XYZ1234"], "amazon-associates"),
    ],
)
def test_a_command_without_its_extra_says_what_to_install(
    entry: str, arguments: list[str], name: str
) -> None:
    script = (
        "import sys; sys.modules['amazon_creatorsapi'] = None\n"
        f"sys.argv = ['x', *{arguments!r}]\n"
        f"from tap_amazon_associates.__main__ import {entry}\n{entry}()"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert run.stderr.startswith(f"{name} needs amazon_creatorsapi")
    assert run.stderr.endswith(EXTRA)


def test_discovery_needs_no_settings() -> None:
    run = warm_start.run(
        [BIN / "tap-amazon-associates", "--discover"], capture_output=True, text=True, check=True
    )
    catalog = json.loads(run.stdout)

    keys = {each["tap_stream_id"]: each["key_properties"] for each in catalog["streams"]}
    assert keys == {
        "associates_items": ["marketplace_id", "asin"],
        "associates_search": ["marketplace_id", "query", "asin"],
        "associates_variations": ["marketplace_id", "variation_of", "asin"],
        "associates_rejected": ["stream", "input", "marketplace_id"],
    }


def test_about_lists_every_setting_with_its_description() -> None:
    run = warm_start.run(
        [BIN / "tap-amazon-associates", "--about", "--format=json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    settings: dict[str, Any] = json.loads(run.stdout)["settings"]["properties"]

    assert settings.keys() >= PROPERTIES.keys()
    assert all(each["description"] for each in PROPERTIES.values())
    assert TapAmazonAssociates.package_name == "tap-amazon-seller"


def test_marketplaces_are_those_of_the_selling_partner_api() -> None:
    ours = {
        each.country: (each.id, each.domain, each.currency, each.region)
        for each in marketplaces.ALL
    }
    theirs = {
        each.country: (each.id, each.domain, each.currency, each.region) for each in of_sp_api.ALL
    }

    assert {country: place for country, place in ours.items() if country != "CN"} == theirs


def test_every_marketplace_of_the_library_is_known() -> None:
    from amazon_creatorsapi.core.marketplaces import MARKETPLACES  # noqa: PLC0415 - the extra's

    for country, host in MARKETPLACES.items():
        place = marketplaces.find(country)
        assert place is not None
        assert place.host == host


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--config", "{half", "is not JSON"),
        ("--config", "[]", "is not a JSON object"),
        ("--catalog", "{half", "The catalog is not JSON"),
        ("--catalog", '{"streams": 5}', "The catalog is not a Singer catalog"),
        ("--state", "[]", "The state is not a JSON object"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, option: str, text: str, words: str
) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)

    run = warm_start.run(
        [BIN / "tap-amazon-associates", option, path], capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert words in run.stderr
    assert "Traceback" not in run.stderr
