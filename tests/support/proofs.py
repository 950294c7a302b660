"""What runs where: the two sizes of a proof, in `make test` and `make prove`, and `make coverage`."""

from __future__ import annotations

import os

import pytest

FULL_DISK = pytest.mark.skipif(
    "COVERAGE_RUN" in os.environ, reason="on a full disk coverage cannot write its figures either"
)


def add_option(parser: pytest.Parser) -> None:
    """Add the option by which `make prove` gives proofs their full size."""
    parser.addoption("--prove", action="store_true", help="proofs at their full size, for hours")


def is_full(config: pytest.Config) -> bool:
    """Whether proofs are to have their full size."""
    return bool(config.getoption("prove", default=False))
