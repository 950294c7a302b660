"""Comments, docstrings, texts and documents use none of the words that the glossary avoids."""

from __future__ import annotations

import io
import json
import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml
from documents import DOCS, GENERATED, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = (
    "amazon_selling_partner", "tap_amazon_seller", "etl", "sandbox", "associates", "matching", "fleet",
    "scripts", "benchmarks", "tests",
)  # fmt: skip
_MARKS = re.compile(r"<!-- words to avoid -->\n(.*?)<!-- /words to avoid -->", re.DOTALL)
_ARGUMENT = re.compile(r"^\s+\w+: ", re.MULTILINE)
_NAME = re.compile(r"`\w+`|\{\w+\}")
_SPACE = re.compile(r"\s+")


class Avoided(NamedTuple):
    """A row of the glossary's table.

    Attributes:
        pattern: Finds the words.
        instead: What to say.
        allowed: Finds the phrases in which they are right.
    """

    pattern: re.Pattern[str]
    instead: str
    allowed: re.Pattern[str] | None

    def found_in(self, prose: str) -> list[str]:
        """The places in a text where the words stand, with what is around them."""
        free = self.allowed.sub("", prose) if self.allowed else prose
        return [
            free[max(0, match.start() - 30) : match.end() + 30]
            for match in self.pattern.finditer(free)
        ]


def avoided() -> list[Avoided]:
    """The table of the glossary."""
    table = _MARKS.search((DOCS / "glossary.md").read_text("utf-8"))
    assert table
    rows = []
    for line in table[1].splitlines()[2:]:
        avoid, instead, allowed = re.split(r"(?<!\\)\|", line)[1:-1]
        words, phrases = (
            re.findall(r"`(.*?)`", cell.replace("\\|", "|")) for cell in (avoid, allowed)
        )
        rows.append(
            Avoided(
                re.compile(rf"(?<![\w.-])(?:{'|'.join(words)})(?!\w)(?!-\w)", re.IGNORECASE),
                instead.strip(),
                re.compile("|".join(map(re.escape, phrases)), re.IGNORECASE) if phrases else None,
            )
        )
    return rows


def of_code(path: Path) -> Iterator[str]:
    """Comments and texts of several words; names of the code in them are left out."""
    comment: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT:
            comment.append(token.string.lstrip("# "))
        elif token.type in {tokenize.STRING, *_PARTS} and _SPACE.search(token.string):
            yield _NAME.sub("`name`", _ARGUMENT.sub(" ", token.string))
    yield " ".join(comment)


_PARTS = {getattr(tokenize, "FSTRING_MIDDLE", -1)}  # texts between what is filled in, from 3.12 on


def descriptions(value: Any) -> Iterator[str]:
    """The descriptions within JSON or YAML, at any depth."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "description" and isinstance(each, str):
                yield each
            else:
                yield from descriptions(each)
    elif isinstance(value, list):
        for each in value:
            yield from descriptions(each)


def prose() -> Iterator[tuple[Path, str]]:
    """Everything in the project that somebody reads as a text, with the file that it is in."""
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path != Path(__file__):
                yield from ((path, text) for text in of_code(path))
    documents = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "sandbox").glob("*.md")]
    for path in documents:
        text = path.read_text("utf-8")
        if path.name != "glossary.md" and not text.startswith(GENERATED):
            yield path, text
    for path in sorted((ROOT / "schemas").rglob("*.json")):
        yield from ((path, each) for each in descriptions(json.loads(path.read_text("utf-8"))))
    meltano = ROOT / "meltano.yml"
    yield from (
        (meltano, each) for each in descriptions(yaml.safe_load(meltano.read_text("utf-8")))
    )


@pytest.fixture(scope="module")
def texts() -> list[tuple[Path, str]]:
    return [(path, _SPACE.sub(" ", text)) for path, text in prose()]


@pytest.mark.parametrize("words", avoided(), ids=lambda words: words.instead)
def test_no_text_has_words_that_the_glossary_avoids(
    words: Avoided, texts: list[tuple[Path, str]]
) -> None:
    found = [
        f"{path.relative_to(ROOT)}: ...{place}..."
        for path, text in texts
        for place in words.found_in(text)
    ]

    assert found == [], f"say {words.instead}"


def test_the_words_are_found_where_they_stand_and_their_exceptions_are_not() -> None:
    [words] = [words for words in avoided() if words.pattern.search("a whole file")]

    assert words.found_in("a whole file") == ["a whole file"]
    assert words.found_in("a whole number") == []
    assert words.found_in("the name is_whole, and wholesale") == []


def test_all_kinds_of_texts_are_looked_at(texts: list[tuple[Path, str]]) -> None:
    assert {path.suffix for path, _ in texts} == {".py", ".md", ".json", ".yml"}
