"""Draws the figures and curves of each measurement as a small SVG: `plots.py RESULTS FOLDER`.

Runs in an environment of its own, which has matplotlib; RESULTS is a JSON list of measurements.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

_OURS = ("tap-amazon-seller", "amazon-optiply-etl")
_BLUE, _GREY = "#1f5fa8", "#9aa3ad"
_OTHERS = ("#d9822b", "#6b7580", "#2f8f5b")
_DECADE = 10
"""Values that differ by more are drawn on a logarithmic axis."""
_STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "benchmarks", "font.size": 8,
    "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip


def draw(measurement: dict[str, Any], path: Path) -> None:
    """Draw one panel per quantity: bars, curves where the figures have a size, and what was watched."""
    figures, watched = measurement["figures"], measurement["curves"]
    quantities = list(
        dict.fromkeys((each["quantity"], each["unit"]) for each in [*figures, *watched])
    )
    sheet = Figure(figsize=(3.6 * len(quantities), 2.4), layout="constrained")
    FigureCanvasSVG(sheet)
    panels = sheet.subplots(1, len(quantities), squeeze=False)[0]
    for panel, (quantity, unit) in zip(panels, quantities, strict=True):
        shown = [each for each in figures if (each["quantity"], each["unit"]) == (quantity, unit)]
        panel.set_title(f"{quantity}, {unit}", loc="left")
        if not shown:
            _over_time(panel, [each for each in watched if each["quantity"] == quantity])
        elif any(each["at"] is not None for each in shown):
            _curves(panel, shown)
        else:
            _bars(panel, shown)
    _without_repeated_names(panels)
    sheet.savefig(path, format="svg", metadata={"Date": None})


def _without_repeated_names(panels: Any) -> None:
    """Name bars once where the panel on the left has the same."""
    names = [[label.get_text() for label in panel.get_yticklabels()] for panel in panels]
    for panel, own, before in zip(panels[1:], names[1:], names, strict=False):
        if own == before and not _is_number(own[0]):
            panel.set_yticklabels([])


def _is_number(text: str) -> bool:
    return not any(character.isalpha() for character in text)


def _bars(panel: Any, figures: list[dict[str, Any]]) -> None:
    names = [each["subject"] for each in figures]
    bars = panel.barh(names, [each["value"] for each in figures], color=list(map(_colour, names)))
    panel.bar_label(
        bars,
        [
            f"{each['value']:,.3g}" if each["value"] < 100 else f"{each['value']:,.0f}"
            for each in figures
        ],
        padding=2,
    )
    panel.margins(x=0.2)
    panel.invert_yaxis()
    panel.set_xticks([])


def _curves(panel: Any, figures: list[dict[str, Any]]) -> None:
    colours = itertools.cycle(_OTHERS)
    styles = itertools.cycle(("-", "--"))
    for subject in dict.fromkeys(each["subject"] for each in figures):
        points = [each for each in figures if each["subject"] == subject]
        panel.plot(
            [each["at"] for each in points], [each["value"] for each in points],
            marker="o", markersize=3, label=subject,
            color=_BLUE if _is_ours(subject) else next(colours),
            linestyle=next(styles) if _is_ours(subject) else "-",
        )  # fmt: skip
    sizes = sorted({each["at"] for each in figures})
    values = [each["value"] for each in figures]
    panel.set_xscale("log")
    panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
    panel.minorticks_off()
    if max(values) > _DECADE * min(values):
        panel.set_yscale("log")
    else:
        panel.set_ylim(bottom=0)
    panel.legend(frameon=False, fontsize=7)


def _over_time(panel: Any, curves: list[dict[str, Any]]) -> None:
    for curve, colour in zip(curves, itertools.cycle((_BLUE, *_OTHERS)), strict=False):
        seconds, values = zip(*curve["points"], strict=True)
        panel.plot(seconds, values, linewidth=1, label=curve["subject"], color=colour)
    panel.set_ylim(bottom=0)
    panel.set_xlabel("seconds")
    panel.legend(frameon=False, fontsize=7)


def _is_ours(subject: str) -> bool:
    return subject.startswith(_OURS)


def _colour(subject: str) -> str:
    return _BLUE if _is_ours(subject) else _GREY


def main() -> None:
    """Draw them all."""
    results, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        for measurement in json.loads(results.read_text(encoding="utf-8")):
            if measurement["figures"] or measurement["curves"]:
                draw(measurement, folder / f"{measurement['name']}.svg")


if __name__ == "__main__":
    main()
