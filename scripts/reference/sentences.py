"""The sentences that the programs say: errors that they raise, lines that they log."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from scripts.reference.markdown import GENERATED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PACKAGES = {
    "tap-amazon-seller": ("tap_amazon_seller", "amazon_selling_partner", "amazon_programs"),
    "tap-amazon-associates": ("associates/tap_amazon_associates", "amazon_programs"),
    "amazon-optiply-etl": ("etl/amazon_optiply_etl",),
}
"""The commands, and the folders with what they say."""
FILLED_IN = "{}"
LEVELS = ("warning", "error")


class Sentence(NamedTuple):
    """What a program says; FILLED_IN stands for what it fills in.

    Attributes:
        text: The sentence.
        module: Where it is raised or logged.
        kind: Name of the exception, or the level of the log.
    """

    text: str
    module: str
    kind: str


def errors_page(root: Path) -> str:
    """Every error that ends a program or is reported of one of its parts."""
    about = (
        "Each is one sentence on standard error; `{}` stands for what the program fills in. What to do\n"
        "about the frequent ones is in [Troubleshooting](../troubleshooting.md).\n"
    )
    return _page(root, "Error sentences", about, errors)


def log_page(root: Path) -> str:
    """Every warning that the log may hold."""
    about = (
        "Warnings and errors of the log; `{}` stands for what the program fills in. What to do about\n"
        "the frequent ones is in [Troubleshooting](../troubleshooting.md).\n"
    )
    return _page(root, "Log lines", about, log_lines)


def _page(
    root: Path, title: str, about: str, found: Callable[[Path, Path], Iterator[Sentence]]
) -> str:
    parts = [GENERATED, f"# {title}\n", about]
    for command, folders in PACKAGES.items():
        sentences = sorted({each.text for folder in folders for each in found(root, root / folder)})
        parts += [f"## {command}\n", *(f"- `{text}`" for text in sentences), ""]
    return "\n".join(parts)


def errors(root: Path, folder: Path) -> Iterator[Sentence]:
    """The sentences of all exceptions that end with `Error` and are raised with a text."""
    for path, node in _nodes(folder):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = ast.unparse(node.exc.func).rsplit(".", 1)[-1]
            for argument in node.exc.args:
                text = _text(argument)
                if _is_sentence(text):
                    yield Sentence(text, str(path.relative_to(root)), name)
                    break


def log_lines(root: Path, folder: Path) -> Iterator[Sentence]:
    """The sentences of all calls of a logger at a level that a user must see."""
    for path, node in _nodes(folder):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS
            and node.args
        ):
            text = _text(node.args[0], percent=True)
            if _is_sentence(text):
                yield Sentence(text, str(path.relative_to(root)), node.func.attr)


def texts(folder: Path) -> set[str]:
    """Every text in the code of a folder but docstrings, with FILLED_IN for what is filled in."""
    found = set()
    for _, node in _nodes(folder):
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            text = _text(node)
            found |= {text, _without_percent(text)}
    return found


def _nodes(folder: Path) -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield path, node


def _text(node: ast.expr, *, percent: bool = False) -> str:
    """A text as it is written, with FILLED_IN for every part that is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _without_percent(node.value) if percent else node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, percent=percent) + _text(node.right, percent=percent)
    return FILLED_IN


def _without_percent(text: str) -> str:
    for placeholder in ("%s", "%d", "%.0f", "%.1f", "%,d"):
        text = text.replace(placeholder, FILLED_IN)
    return text.replace("%%", "%")


def _is_sentence(text: str) -> bool:
    """Whether a text is a sentence of its own, rather than a part that another one takes in."""
    words = text.replace(FILLED_IN, "").split()
    return text.endswith((".", "}")) and len(words) > 2  # noqa: PLR2004 - a sentence has three words
