"""Streams that a configuration defines, of report types that have none of their own."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.config.values import REPORT_TYPE, flag, from_json, number, split_list
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.reports.definitions import (
    BUYERS_ELEMENTS,
    UNKNOWN_ROLE,
    Access,
    Format,
    Layout,
    ReportDefinition,
    ReportStreamDefinition,
    Span,
    WindowRules,
)
from tap_amazon_seller.reports.rows.personal import is_widely_personal
from tap_amazon_seller.reports.text.headers import snake_case

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERLAP = timedelta(days=1)
"""How far a sync reaches back behind its bookmark: Amazon's reports are late, some by hours."""
_FORMATS = {"tsv": Format.TABS, "csv": Format.COMMAS, "json": Format.JSON, "xml": Format.XML}
_FLAT = {Format.TABS, Format.COMMAS}


def custom_reports(config: Mapping[str, Any]) -> tuple[ReportStreamDefinition, ...]:
    """The streams that a configuration defines; discovery needs no more of it.

    Raises:
        ConfigurationError: An entry of `custom_reports` makes no sense.
    """
    entries = from_json(config.get("custom_reports"), "custom_reports") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigurationError("Setting 'custom_reports' must be a list of objects.")
    found = tuple(_custom_report(place, entry) for place, entry in enumerate(entries, 1))
    if not flag(config, "include_pii"):
        for entry in found:
            _refuse_personal_keys(entry)
    names = [entry.name for entry in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"Setting 'custom_reports' names the stream '{name}' twice.")
    return found


def _refuse_personal_keys(entry: ReportStreamDefinition) -> None:
    for key in entry.keys:
        if is_widely_personal(key):
            raise ConfigurationError(
                f"Setting 'custom_reports': the report '{entry.name}' has the key '{key}', which is "
                "named like buyers' data and left out; choose another, or set 'include_pii'."
            )


def _custom_report(place: int, entry: Mapping[str, Any]) -> ReportStreamDefinition:
    """The stream of an entry, which is named by its stream or type, or by its place without them."""
    name, report_type = (str(entry.get(key) or "") for key in ("stream", "report_type"))
    what = f"Setting 'custom_reports': the report '{name or report_type}'"
    if not name and not report_type:
        what = (
            f"Setting 'custom_reports': {'the first report' if place == 1 else f'report {place}'}"
        )
    known = {
        "stream", "report_type", "options", "window_days", "whole_days", "keys", "format", "records",
    }  # fmt: skip
    if unknown := sorted(entry.keys() - known):
        raise ConfigurationError(
            f"{what} has an unknown key '{unknown[0]}'; there are {', '.join(sorted(known))}."
        )
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigurationError(
            f"{what} needs a 'stream' name of small letters, digits and underscores."
        )
    if not REPORT_TYPE.fullmatch(report_type):
        raise ConfigurationError(
            f"{what} needs a 'report_type' as Amazon writes it, such as GET_FBA_REIMBURSEMENTS_DATA."
        )
    file_format = _FORMATS.get(str(entry.get("format") or "tsv"))
    if file_format is None:
        raise ConfigurationError(f"{what} has a 'format' that is none of {', '.join(_FORMATS)}.")
    records = str(entry.get("records") or "")
    if file_format in {Format.JSON, Format.XML} and not records:
        raise ConfigurationError(
            f"{what} needs 'records': the path of the list in JSON, or the element's name in XML."
        )
    options = entry.get("options") or {}
    if not isinstance(options, dict) or not all(isinstance(each, str) for each in options.values()):
        raise ConfigurationError(f"{what} has 'options' that are not texts by name.")
    days = number(entry, "window_days", None, minimum=1)
    keys = tuple(split_list(entry.get("keys"), "custom_reports.keys"))
    for key in keys:
        if key != snake_case(key):
            raise ConfigurationError(
                f"{what} has the key '{key}', which is the name of a column and not of a property; "
                f"write it as '{snake_case(key)}'."
            )
    dates = ("report_start_date", "report_end_date") if days else ()
    return ReportStreamDefinition(
        name=name,
        about=f"{report_type}, as configured",
        report=ReportDefinition(
            report_type,
            Access(UNKNOWN_ROLE),
            window=WindowRules(
                longest=timedelta(days=days) if days else None,
                overlap=OVERLAP,
                span=Span.DAY if flag(entry, "whole_days") else Span.INSTANT,
            ),
            options=options,
            may_have_options=True,  # as far as is known here
            layout=Layout(format=file_format, personal=BUYERS_ELEMENTS),
        ),
        keys=keys,
        required_columns=keys,
        is_numbered=file_format in {Format.TABS, Format.COMMAS},
        replication_key="report_end_date" if days else None,
        records=records,
        selected_by_default=True,
        schema={
            "marketplace_id": {"type": "string"},
            **{key: {"type": "string"} for key in keys},
            **{date: {"type": "string", "format": "date"} for date in dates},
            **({"line_number": {"type": "integer"}} if file_format in _FLAT else {}),
        },
    )
