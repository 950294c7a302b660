"""The tap with something altered: `python altered_tap.py ALTERATION ARGUMENT ...`."""

from __future__ import annotations

import os
import resource
import signal
import sys
from typing import TYPE_CHECKING

from tap_amazon_seller.notifications import sqs
from tap_amazon_seller.subscriptions import plan
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK = 512
"""Bytes."""


def altered(words: Sequence[str], alteration: str) -> list[str]:
    """The command line of the tap with an alteration.

    Args:
        words: Its command line without one.
        alteration: `impatient`: it waits for an example of a notification for a second;
            `short-sighted`: what it has received comes again two seconds after it is killed;
            `full-disk=BLOCKS`: no file can be longer than so many blocks;
            `stopped-in-the-second-file`: SIGTERM comes while it finishes its second file.
    """
    return [sys.executable, __file__, alteration, *words[1:]]


def _limit_files(blocks: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (blocks * BLOCK, blocks * BLOCK))


def _be_stopped_in_the_second_file() -> None:
    sync, calls = os.fsync, []

    def stopped(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 3:  # a file, its folder, and the next file
            os.kill(os.getpid(), signal.SIGTERM)
        sync(descriptor)

    os.fsync = stopped  # type: ignore[assignment]


def main() -> None:
    """Run the tap."""
    alteration, _, value = sys.argv.pop(1).partition("=")
    if alteration == "impatient":
        plan.LONGEST_WAIT = 1.0
    elif alteration == "short-sighted":
        sqs.VISIBILITY = 2
    elif alteration == "full-disk":
        _limit_files(int(value))
    elif alteration == "stopped-in-the-second-file":
        _be_stopped_in_the_second_file()
    else:
        raise SystemExit(f"There is no alteration {alteration!r}.")
    TapAmazonSeller.cli()


if __name__ == "__main__":
    main()
