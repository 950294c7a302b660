"""The two sizes of a proof: a small one in `make test`, the full one in `make prove`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def add_option(parser: pytest.Parser) -> None:
    """Add the option by which `make prove` gives proofs their full size."""
    parser.addoption("--prove", action="store_true", help="proofs at their full size, for hours")


def is_full(config: pytest.Config) -> bool:
    """Whether proofs are to have their full size."""
    return bool(config.getoption("prove", default=False))
