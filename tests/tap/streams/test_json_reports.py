"""Reports in JSON: each object is a record of its own, in the types of the schema, or is rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
from scripted_amazon import scripted_amazon, summary_of

if TYPE_CHECKING:
    from pathlib import Path

FORECAST = {
    "forecastGenerationDate": "2026-11-20",
    "asin": "B000000001",
    "startDate": "2026-11-22T00:00:00Z",
    "endDate": "2026-11-28",
    "meanForecastUnits": "1.5",
}
STREAM = "vendor_forecasting_retail"


def report(objects: Any) -> Any:
    """A forecasting report."""
    return {"reportSpecification": {}, "forecastByAsin": objects}


def test_a_week_that_is_told_twice_comes_twice_and_a_wrong_object_is_rejected(
    tmp_path: Path,
) -> None:
    objects = [
        FORECAST,
        FORECAST | {"meanForecastUnits": 2},
        FORECAST | {"startDate": None},
        FORECAST | {"asin": "B000000002", "meanForecastUnits": "many"},
    ]
    with scripted_amazon(document=lambda _: report(objects)) as amazon:
        output = amazon.sync(tmp_path, STREAM)

    assert output.returncode == 0, output.errors
    found = output.records[STREAM]
    assert [(each["line_number"], each["mean_forecast_units"]) for each in found] == [
        (1, 1.5),
        (2, 2),
    ]
    assert {each["start_date"] for each in found} == {"2026-11-22"}
    validator = jsonschema.Draft202012Validator(output.schemas[STREAM][-1]["schema"])
    for each in found:
        validator.validate(each)
    reasons = {row["reason"] for row in output.records["rejected_rows"]}
    assert reasons == {
        "start_date, which identifies it, is not a date",
        "mean_forecast_units is not the number that is due, but string",
    }
    summary = summary_of(output, STREAM)
    assert (summary["records"], summary["rejected"], summary["complete"]) == (2, 2, True)


def test_a_list_that_is_null_is_empty_and_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    with scripted_amazon(document=lambda _: '\ufeff{"forecastByAsin": null}') as amazon:
        output = amazon.sync(tmp_path, STREAM)

    summary = summary_of(output, STREAM)
    assert (summary["records"], summary["complete"]) == (0, True)
