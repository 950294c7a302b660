"""A setting that a user may give has an effect: it is declared, checked, and read by some code."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import amazon_asin_match.settings
import amazon_optiply_etl.config.settings
import tap_amazon_associates.config.settings
import tap_amazon_seller.config.checks
import tap_amazon_seller.config.settings
from amazon_optiply_etl.config.settings import FLAGS
from tap_amazon_associates.config.settings import PROPERTIES
from tap_amazon_seller.config.schema import CONFIG_JSONSCHEMA, IGNORED_AWS_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

VIEWS = (
    tap_amazon_seller.config.settings,
    amazon_optiply_etl.config.settings,
    amazon_asin_match.settings,
    tap_amazon_associates.config.settings,
)
"""The modules that hold the checked view of a program's settings."""
MADE_HERE = ("from_config", "settings_from", "facts")
"""What makes and shows the view is no reader of it."""


def folder_of(view: ModuleType) -> Path:
    """The package of a view."""
    [top] = {view.__name__.partition(".")[0]}
    path = Path(str(view.__file__))
    return next(parent for parent in path.parents if parent.name == top)


@functools.cache
def attributes_read(folder: Path) -> frozenset[str]:
    """The names of attributes that the code of a package reads."""
    return frozenset(
        node.attr
        for path in folder.rglob("*.py")
        for node in reading(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    )


def reading(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those of functions that make or show a view."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.FunctionDef) and node.name in MADE_HERE):
            yield node
            yield from reading(node)


def fields() -> list[tuple[ModuleType, str]]:
    return [(view, field.name) for view in VIEWS for field in dataclasses.fields(view.Settings)]


@pytest.mark.parametrize(
    ("view", "name"), fields(), ids=[f"{view.__name__}.{name}" for view, name in fields()]
)
def test_some_code_reads_what_was_checked(view: ModuleType, name: str) -> None:
    assert name in attributes_read(folder_of(view))


def declared() -> list[tuple[ModuleType, str]]:
    tap, etl, _, associates = VIEWS
    return [
        *((tap, name) for name in CONFIG_JSONSCHEMA["properties"] if name not in ELSEWHERE),
        *((etl, name) for name in FLAGS),
        *((associates, name) for name in PROPERTIES),
    ]


ELSEWHERE = {
    *IGNORED_AWS_SETTINGS, "batch_config", "custom_queries", "custom_reports", "data_kiosk_schemas",
}  # fmt: skip
"""Ignored, or checked where their own rules are: `output.batch_files`, `config.custom_reports`,
`config.custom_queries`."""


@pytest.mark.parametrize(
    ("view", "name"), declared(), ids=[f"{view.__name__}.{name}" for view, name in declared()]
)
def test_a_setting_that_is_declared_is_checked_by_its_name(view: ModuleType, name: str) -> None:
    checked_in = (view, tap_amazon_seller.config.checks)
    makers = [
        node
        for module in checked_in
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.FunctionDef) and node.name not in {"facts", "clock"}
    ]
    texts = {
        node.value for maker in makers for node in ast.walk(maker) if isinstance(node, ast.Constant)
    }
    keywords = {
        node.arg for maker in makers for node in ast.walk(maker) if isinstance(node, ast.keyword)
    }

    assert name in texts | keywords


def test_a_setting_that_nothing_reads_would_be_seen() -> None:
    for view in VIEWS:
        assert "a_setting_that_nothing_reads" not in attributes_read(folder_of(view))
