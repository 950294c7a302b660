"""A setting that a user may give has an effect: some code of the tap reads it by its name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tap_amazon_seller
from tap_amazon_seller.config.schema import CONFIG_JSONSCHEMA, IGNORED_AWS_SETTINGS

PACKAGE = Path(tap_amazon_seller.__file__).parent


def names_read() -> set[str]:
    """The texts of the code but those that declare a setting."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        declared = {
            id(node.args[0])
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and node.args
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "Property"
        }
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in declared
        }
    return found


@pytest.mark.parametrize(
    "name", sorted({*CONFIG_JSONSCHEMA["properties"]} - {*IGNORED_AWS_SETTINGS})
)
def test_some_code_reads_the_setting(name: str) -> None:
    assert name in names_read()


def test_a_name_that_is_declared_alone_would_be_seen() -> None:
    assert "a_setting_that_nothing_reads" not in names_read()
