"""A key or a variable that is not a setting is refused, unless somebody else has a use for it."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from running import BIN, configuration, run_tap, write_json

from amazon_optiply_etl.config.settings import FLAGS
from amazon_programs.hosts import JOB_VARIABLES
from tap_amazon_seller.config import known_keys
from tap_amazon_seller.config.schema import PREFIX
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from pathlib import Path

ALL = TapAmazonSeller._all_settings()  # noqa: SLF001
SETTINGS = frozenset(ALL["properties"])
NOWHERE = "http://127.0.0.1:1"


def of_environment(**variables: str) -> dict[str, Any]:
    """The settings that variables give; their names are those of settings."""
    environment = {PREFIX + name: value for name, value in variables.items()}
    return known_keys.from_environment(ALL, PREFIX, {"HOME": "/", **environment})


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("refresh_tokne", "did you mean 'refresh_token'?"),
        ("startDate", "did you mean 'start_date'?"),
        ("look_back_days", "did you mean 'lookback_days'?"),
        ("flatening_enabled", "did you mean 'flattening_enabled'?"),
        ("colour", "take it out"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_name(key: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no setting '{key}'") as refused:
        known_keys.refuse_unknown([key], SETTINGS, {})

    assert advice in str(refused.value)


@pytest.mark.parametrize("variable", JOB_VARIABLES)
def test_a_hosts_own_keys_are_one_warning(variable: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        known_keys.refuse_unknown(["tenant", "colour", "refresh_token"], SETTINGS, {variable: "1"})

    assert [record.getMessage() for record in caplog.records] == [
        "The configuration holds keys that are not settings, which are ignored: colour, tenant."
    ]


def test_a_misspelt_setting_is_refused_in_a_hosted_job_too() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'marketplaces'"):
        known_keys.refuse_unknown(["market_places"], SETTINGS, {"JOB_ID": "1"})


def test_keys_of_the_etl_of_hosts_and_of_the_sdk_are_accepted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    known_keys.refuse_unknown([*known_keys.ACCEPTED, *SETTINGS, *FLAGS], SETTINGS, {})

    assert caplog.records == []
    assert {"stream_maps", "flattening_enabled"} <= SETTINGS
    assert set(FLAGS) - SETTINGS == known_keys.OF_THE_ETL


def test_variables_have_the_types_of_their_settings() -> None:
    assert of_environment(
        CLOCK_FACTOR="60",
        INCLUDE_PII="Yes",
        SANDBOX="",
        MARKETPLACES="DE,FR",
        REPORT_TYPES='["GET_A"]',
        LOOKBACK_DAYS='{"orders": 2}',
        START_DATE="2026-01-01",
    ) == {
        "clock_factor": 60,
        "include_pii": True,
        "sandbox": False,
        "marketplaces": "DE,FR",
        "report_types": ["GET_A"],
        "lookback_days": {"orders": 2},
        "start_date": "2026-01-01",
    }


def test_variables_of_meltano_of_logging_and_of_the_etl_are_passed_over() -> None:
    assert of_environment(_SELECT='["*.*"]', LOGLEVEL="DEBUG", FLAVOUR="full", URI="x") == {}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CLOCK_FACTR", "60", "CLOCK_FACTR; did you mean TAP_AMAZON_SELLER_CLOCK_FACTOR?"),
        ("COLOUR", "red", "no setting for the variable TAP_AMAZON_SELLER_COLOUR; take it out."),
        ("CLOCK_FACTOR", "fast", "TAP_AMAZON_SELLER_CLOCK_FACTOR must be a whole number."),
        ("INCLUDE_PII", "perhaps", "TAP_AMAZON_SELLER_INCLUDE_PII must be true or false."),
        ("LOOKBACK_DAYS", "{secret", "TAP_AMAZON_SELLER_LOOKBACK_DAYS must hold a JSON object."),
        ("CUSTOM_REPORTS", "[", "TAP_AMAZON_SELLER_CUSTOM_REPORTS must hold a JSON array."),
    ],
)  # fmt: skip
def test_a_variable_that_cannot_be_a_setting_is_named_and_not_shown(
    name: str, value: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        of_environment(**{name: value})

    assert sentence in str(refused.value)
    assert value not in str(refused.value).replace(name, "") or value == "["


def complaint(folder: Path, *options: str, **variables: str) -> str:
    """The one sentence of a run that ends before anything is called."""
    run = warm_start.run(
        [BIN / "tap-amazon-seller", *options],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    (line,) = (line for line in run.stderr.splitlines() if "| ERROR" in line)
    return str(line.rpartition("| ")[2])


def test_a_missing_setting_that_is_in_the_environment_says_how_it_is_read(tmp_path: Path) -> None:
    config = configuration(NOWHERE)
    token = config.pop("refresh_token")
    path = write_json(tmp_path / "config.json", config)

    said = complaint(tmp_path, "--config", str(path), **{PREFIX + "REFRESH_TOKEN": token})

    assert said == (
        "Setting 'refresh_token' is missing; TAP_AMAZON_SELLER_REFRESH_TOKEN is set, but variables are "
        "read only with --config ENV: add that to the command."
    )


def test_a_misspelt_variable_ends_a_run(tmp_path: Path) -> None:
    path = write_json(tmp_path / "config.json", configuration(NOWHERE))
    variables = {PREFIX + "MARKETPLACE_S": "DE"}

    said = complaint(tmp_path, "--config", str(path), "--config", "ENV", **variables)

    assert "did you mean TAP_AMAZON_SELLER_MARKETPLACES?" in said


@pytest.mark.parametrize("comment", ["// mine", "/* mine */", "# mine"])
def test_a_comment_in_a_file_is_told(tmp_path: Path, comment: str) -> None:
    text = json.dumps(configuration(NOWHERE), indent=1).replace("{\n", "{\n" + comment + "\n", 1)
    (tmp_path / "config.json").write_text(text)

    said = complaint(tmp_path, "--config", "config.json")

    assert said == (
        "Configuration file config.json has a comment in line 2, and JSON knows none: take it out."
    )


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    config = configuration(NOWHERE, marketplaces="Atlantis")
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8-sig")

    assert "names 'Atlantis'" in complaint(tmp_path, "--config", "config.json")


def test_an_unknown_key_of_a_file_ends_a_run(tmp_path: Path) -> None:
    output = run_tap(tmp_path, configuration(NOWHERE, marketplacse="DE"))

    assert output.returncode == 1
    assert "There is no setting 'marketplacse'; did you mean 'marketplaces'?" in output.errors
