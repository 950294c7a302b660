"""A window that is too long for Amazon is cut in two until it is not, and nothing is lost by it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import warm_start
from running import Output, command, configuration, differences, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox

CLOCK_FACTOR = 600
WITH_LONG_WINDOWS = """
from dataclasses import replace
from datetime import timedelta
from tap_amazon_seller.streams.orders import AllOrdersStream
from tap_amazon_seller.tap import TapAmazonSeller
AllOrdersStream.definition = replace(
    AllOrdersStream.definition,
    window=replace(AllOrdersStream.definition.window, longest=timedelta(days=100)),
)
TapAmazonSeller.cli()
"""


def test_windows_that_amazon_finds_too_long_are_cut_in_two(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=300, report_seconds=(1, 30))
    config = configuration(sandbox.url, "FE", clock_factor=CLOCK_FACTOR)
    streams = ("orders", "order_items")
    _, *options = command(tmp_path, config, None, *select(tmp_path, *streams))

    run = warm_start.run(
        [sys.executable, "-c", WITH_LONG_WINDOWS, *options],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    output = Output.read((line + "\n" for line in run.stdout.split("\n")[:-1]), run.returncode)

    assert run.returncode == 0, run.stderr
    assert "cut in two" in run.stderr
    assert output.state is not None
    assert output.state.keys() == {"account", "bookmarks"}
    for stream in streams:
        assert len(output.records[stream]) == len(sandbox.truth("FE", stream))
        assert differences(stream, output.records[stream], sandbox.truth("FE", stream)) == {}
