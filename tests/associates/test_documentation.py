"""The pages on the Creators API: every test that they name exists, and their examples work."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from documents import DOCS, documented_example
from scripted_creators import good_items, item, scripted_creators

from tap_amazon_associates.config.settings import PROPERTIES
from tap_amazon_associates.config.sources import checked
from tap_amazon_associates.items.outcomes import Reason

REFERENCE = DOCS / "reference"
NAMED = re.findall(
    r"`(test_\w+\.py)::(test_\w+)`", (REFERENCE / "associates-paapi.md").read_text("utf-8")
)
"""The tests that the tables of PA-API name, by file."""


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_test_that_a_table_names_exists(file: str, name: str) -> None:
    assert f"def {name}(" in Path(__file__).with_name(file).read_text("utf-8")


def test_every_row_of_functions_practices_and_errors_names_a_test() -> None:
    page = (REFERENCE / "associates-paapi.md").read_text("utf-8")
    for title in ("Functions", "Practices", "Errors"):
        section = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
        assert rows
        assert [row for row in rows if "::test_" not in row and "tests/matching/" not in row] == []


def test_the_example_of_a_configuration_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("links.txt").write_text("B08XYZ1234\n")

    found = checked(json.loads(documented_example("associates-configuration")), PROPERTIES)

    assert found.tags == {"FR": "site-fr-21", "GB": "site-uk-21", "DE": "site-21"}
    assert [each.query for each in found.searches] == [
        "4006381333931",
        "keywords=drill; brand=Bosch",
    ]


def test_the_example_of_the_python_interface_works() -> None:
    variations = {"variationsResult": {"items": [item("B000000002")]}}
    redirect = {"Location": "https://www.amazon.de/dp/B08XYZ1234"}
    with scripted_creators(getItems=good_items, getVariations=lambda _: variations) as server:
        names: dict[str, Any] = {
            "config": server.config(),
            "link": "https://www.amazon.de/dp/B08XYZ1234",
            "links": ["B08XYZ1234", "headphones"],
            "code": "4006381333931",
            "short_link": redirect["Location"],
        }
        # The short link needs a host of its own; `test_short_links` has one.
        example = documented_example("associates-python").replace(
            "amazon.resolve(short_link)", "None"
        )
        exec(example, names)  # noqa: S102 - the documents' own words

    assert names["asin"] == names["record"]["asin"] == "B08XYZ1234"
    assert len(names["records"]) == 2
    assert names["found"] == []
    assert names["is_there"] is True
    assert [each["asin"] for each in names["sizes"]] == ["B000000002"]


def test_the_page_has_every_reason() -> None:
    page = (REFERENCE / "associates.md").read_text("utf-8")

    assert [reason for reason in Reason if f"`{reason}`" not in page] == []
