"""Whether the cells of a row stand in their columns, and where they belong if they do not.

A tab or a line break in a title, or a cell that Amazon left out, shifts what follows into columns of
other things. The evidence are columns whose cells have a form: dates, figures, ids, codes. A row that
does not fit as it stands is repaired where exactly one other reading of it fits, else rejected.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_amazon_seller.reports.rows.cells import NO_VALUE
from tap_amazon_seller.reports.rows.forms import CODE, COUNTRY, WORDS, form_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tap_amazon_seller.reports.rows.header import Header

    Cells = tuple[str, ...]

USUAL_SHARE = 0.1
"""Of a file's rows, from which a width other than the header's is the file's habit."""
FEWEST_LINES = 20
"""Lines of a file, from which the words of a column are known."""
LINES_OF_ROW = 20
"""Lines that one row may have been broken into."""
MISSING_CELLS = 2
"""Cells that Amazon may have left out of a row; a line that lacks more is another thing."""
CLEARLY_SHIFTED = 3
"""How many cells more must have their column's form, less those that have not, for a row as wide as the
header to be taken for a shifted one: more than one cell that cannot be read."""
MOST_SHIFTED = 2
"""Columns that a row as wide as the header may be shifted by."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, or a row of a quoted one: its number and its cells.

    Attributes:
        is_ended: Whether a line end stands behind it; the last line of a file without one may have
            been cut off.
    """

    number: int
    cells: Cells
    is_ended: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a line, or of several that are one row.

    Attributes:
        line: The row with as many cells as the header; the line as it stands where it is rejected.
        reason: Why it is rejected, if it is.
        is_repaired: Whether cells were moved.
    """

    line: Line
    reason: str = ""
    is_repaired: bool = False


class Alignment:
    """Judges the rows of one file.

    Args:
        header: The file's header.
        keys: Names of columns that must have a value in each row.
        may_be_broken: Whether a row may have been broken into lines; not where cells are quoted.
    """

    def __init__(
        self, header: Header, keys: Collection[str] = (), *, may_be_broken: bool = True
    ) -> None:
        self._header = header
        self._width = len(header.names)
        self._columns = {column.position: column for column in header.columns}
        self._forms = {at: form_of(column) for at, column in self._columns.items()}
        self._keys = {at for at, column in self._columns.items() if column.name in keys}
        self._formed = [
            at
            for at, column in self._columns.items()
            if column.read is not None or self._forms[at] is not None or at in self._keys
        ]
        self._free = set(range(self._width)) - set(self._formed)
        self._codes = {
            at
            for at, name in enumerate(header.names)
            if at == header.identity or CODE.fullmatch(name)
        }
        self._words: dict[int, set[str]] = {
            at: set() for at, form in self._forms.items() if form in {COUNTRY, WORDS}
        }
        self._lines_seen = 0
        self._may_be_broken = may_be_broken
        self._doubtful: set[int] = set()
        self._widths: Counter[int] = Counter()
        self.usual_width = self._width
        """How many cells most rows have; more than the header where they end with empty ones."""

    def learn(self, widths: Counter[int], misfits: Counter[int]) -> None:
        """Take note of how the file is written.

        Args:
            widths: Lines by the number of their cells.
            misfits: Lines whose cell does not have its column's form, by position. Where most have not,
                the form is not this file's, and no evidence.
        """
        self._widths += widths
        lines = sum(widths.values())
        self._doubtful |= {
            at for at, count in misfits.items() if count * 2 > lines and at not in self._keys
        }

    def is_evidence(self, position: int) -> bool:
        """Whether a cell without its column's form is a sign that its row is shifted."""
        return position not in self._doubtful

    def is_usual(self, width: int) -> bool:
        """Whether rows of a width are taken as they stand, if their cells fit."""
        if width == self.usual_width:
            return True
        total = sum(self._widths.values())
        return self._widths[width] >= USUAL_SHARE * total

    def misfits(self, cells: Sequence[str]) -> list[int]:
        """Where the cells of a row do not have their column's form."""
        return [
            at
            for at in self._formed
            if at < len(cells) and at not in self._doubtful and not self._fits_at(at, cells[at])
        ]

    def judged(
        self, lines: Sequence[Line], flagged: Collection[int] | None = None
    ) -> list[Verdict]:
        """What becomes of each line, in their order; lines that are one row have one verdict.

        Args:
            lines: Lines one after another, none of them blank.
            flagged: Places of lines whose cells do not all have their column's form; None if they are
                to be found.
        """
        fits = [
            len(line.cells) == self._width
            and line.is_ended
            and not ((flagged is None or place in flagged) and self.misfits(line.cells))
            for place, line in enumerate(lines)
        ]
        self._learn_words([line.cells for line, fit in zip(lines, fits, strict=True) if fit])
        verdicts: list[Verdict] = []
        place = 0
        while place < len(lines):
            line = lines[place]
            if fits[place]:
                verdicts.append(Verdict(line))
                place += 1
                continue
            verdict, taken = self._judge(lines, place)
            verdicts.append(verdict)
            place += taken
        return verdicts

    def _judge(self, lines: Sequence[Line], place: int) -> tuple[Verdict, int]:
        """What becomes of a line that does not fit as it stands, and how many lines that takes."""
        line = lines[place]
        if self._is_merely_unreadable(line):
            return Verdict(line), 1
        as_it_stands = self._as_it_stands(line)
        joined = self._joined(lines, place)
        if as_it_stands and not (joined and self._has_stray(lines[place + 1 : place + joined[1]])):
            return Verdict(as_it_stands), 1
        may_be_cut = len(line.cells) < self._width and not line.is_ended
        readings = {} if as_it_stands or may_be_cut else self._readings(line.cells)
        cells, taken = joined or (line.cells, 1)
        if joined:
            readings[cells] = self._is_in_doubt(cells)
        if len(readings) == 1:
            [(found, is_in_doubt)] = readings.items()
            if not is_in_doubt:
                return Verdict(Line(line.number, found), is_repaired=True), taken
        raw = tuple(cell for one in lines[place : place + taken] for cell in one.cells)
        return Verdict(Line(line.number, raw), self._reason(line, len(readings))), taken

    def _as_it_stands(self, line: Line) -> Line | None:
        """The row, padded or without empty cells beyond the header, if it fits so.

        Single rows with an empty cell more are seen in Amazon's order and stock reports, and others
        without their last cells. Against the latter speaks a status or country that no other row lacks.
        """
        cells = line.cells
        width = self._width
        if len(cells) > width and any(cells[width:]):
            return None
        if len(cells) < width and (len(cells) < self._header.needed or not line.is_ended):
            return None
        padded = self._padded(cells)
        lacks = len(cells) < width and any(
            not padded[at] and "" not in words and self._lines_seen >= FEWEST_LINES
            for at, words in self._words.items()
        )
        if self.misfits(padded) or (lacks and not self.is_usual(len(cells))):
            return None
        return Line(line.number, padded, line.is_ended)

    def _padded(self, cells: Cells) -> Cells:
        width = self._width
        return (*cells[:width], *[""] * (width - len(cells)))

    def _has_stray(self, lines: Sequence[Line]) -> bool:
        """Whether one of some lines cannot be a row by itself."""
        return any(
            self._as_it_stands(line) is None or len(line.cells) < self._header.needed
            for line in lines
        )

    def _joined(self, lines: Sequence[Line], place: int) -> tuple[Cells, int] | None:
        """The row that some short lines from a place make together, and how many they are.

        The last is not a row by itself, unless all above it is a single text: its first one's beginning.
        """
        if not self._may_be_broken:
            return None
        cells = lines[place].cells
        for count, line in enumerate(lines[place + 1 : place + LINES_OF_ROW], start=2):
            at = len(cells) - 1
            if (
                len(cells) >= self._width
                or at not in self._free
                or (len(cells) > 1 and len(line.cells) >= self._width and self._as_it_stands(line))
            ):
                return None
            cells = (*cells[:-1], f"{cells[-1]}\n{line.cells[0]}", *line.cells[1:])
            if len(cells) in {self._width, self.usual_width} and not any(cells[self._width :]):
                whole = self._padded(cells)
                if self._is_row(whole):
                    return whole, count
        return None

    def _readings(self, cells: Cells) -> dict[Cells, bool]:
        """All rows that fit and that the line may have been before cells were added or lost.

        And whether each is in doubt: it reports an ambiguity, and is not taken itself.
        """
        found: dict[Cells, bool] = {}
        for candidate, is_in_doubt in self._candidates(cells):
            one = self._padded(candidate)
            if not any(candidate[self._width :]) and self._is_row(one):
                found[one] = is_in_doubt or self._is_in_doubt(one)
        return found

    def _candidates(self, cells: Cells) -> Iterator[tuple[Cells, bool]]:
        """What the line may have been, of the usual width or of the header's; which are in doubt."""
        for width in {self._width, self.usual_width}:
            more = len(cells) - width
            if more > 0:
                if not any(cells[width:]):
                    yield cells[:width], False
                yield from self._narrowed(cells, more)
            elif -MISSING_CELLS <= more < 0:
                yield from self._widened(cells, -more)
            elif not cells[-1]:  # a cell was added or lost, and the row's end hides it
                yield from self._narrowed(cells, 1)
                yield from ((found[:-1], doubt) for found, doubt in self._widened(cells, 1))

    def _narrowed(self, cells: Cells, more: int) -> Iterator[tuple[Cells, bool]]:
        """With the parts of a text that tabs have divided as one; without empty cells, in doubt.

        Beside an empty cell the one that was added may be the next.
        """
        for at in range(len(cells) - more):
            parts = cells[at : at + more + 1]
            if at in self._free and parts[0] and parts[-1]:
                yield (*cells[:at], "\t".join(parts), *cells[at + more + 1 :]), False
            if not any(cells[at : at + more]):
                yield (*cells[:at], *cells[at + more :]), True

    @staticmethod
    def _widened(cells: Cells, fewer: int) -> Iterator[tuple[Cells, bool]]:
        """With empty cells where some may have been left out."""
        for at in range(len(cells) + 1):
            yield (*cells[:at], *[""] * fewer, *cells[at:]), False

    def _is_row(self, cells: Sequence[str]) -> bool:
        """Whether cells, as many as the header's, fit their columns."""
        return not self.misfits(cells) and (
            self._lines_seen < FEWEST_LINES
            or all(cells[at] in words for at, words in self._words.items())
        )

    def _is_in_doubt(self, cells: Cells) -> bool:
        """Whether a repaired row has a tab or a line break in a code, or says not what it is about."""
        identity = self._header.identity
        return (identity is not None and not cells[identity].strip()) or any(
            "\t" in cells[at] or "\n" in cells[at] for at in self._codes
        )

    def _learn_words(self, rows: Sequence[Cells]) -> None:
        """Take note of the words that the file has in columns of few words."""
        self._lines_seen += len(rows)
        for at, words in self._words.items():
            words.update(cells[at] for cells in rows)

    def _is_merely_unreadable(self, line: Line) -> bool:
        """Whether a row as wide as the header has cells that cannot be read, and is not shifted."""
        cells = line.cells
        if len(cells) != self._width or not line.is_ended or self._lacking(cells):
            return False
        here = self._score(cells)
        return not any(
            self._score(shifted) - here >= CLEARLY_SHIFTED for shifted in self._shifted(cells)
        )

    def _shifted(self, cells: Cells) -> Iterator[Cells]:
        """What a row would be if its cells from some place on stood a few columns too far off."""
        for count in range(1, MOST_SHIFTED + 1):
            for at in range(self._width - count):
                if not any(cells[-count:]):  # too far left: a cell is missing
                    yield (*cells[:at], *[""] * count, *cells[at:-count])
                lost = range(at, at + count)
                if all(not cells[place] or place in self._free for place in lost):
                    yield (*cells[:at], *cells[at + count :], *[""] * count)

    def _score(self, cells: Sequence[str]) -> int:
        """How many cells have their column's form, less those that have not."""
        return sum(
            1 if self._fits_at(at, cells[at]) else -1
            for at in self._formed
            if at not in self._doubtful and (cells[at] or at in self._keys)
        )

    def _fits_at(self, at: int, cell: str) -> bool:
        """Whether a cell may stand in a column."""
        if not cell:
            return at not in self._keys
        form = self._forms[at]
        if form is not None:
            return form.fits(cell)
        read = self._columns[at].read
        if read is None:
            return True
        try:
            read(cell)
        except (OverflowError, ValueError):
            return at not in self._keys and cell.strip() in {"", NO_VALUE}
        return True

    def _lacking(self, cells: Sequence[str]) -> str:
        """The first column that must have a value and has none that can be read."""
        return next(
            (
                self._columns[at].name
                for at in sorted(self._keys)
                if not cells[at] or (self._columns[at].read and not self._fits_at(at, cells[at]))
            ),
            "",
        )

    def _reason(self, line: Line, readings: int) -> str:
        """Why a line is rejected; no word of it is shown, for it may be a buyer's."""
        width, found = self._width, len(line.cells)
        if not line.is_ended and found < width:
            return (
                f"it is the last line and ends after {found} of {width} cells, so it may be cut off"
            )
        if readings > 1:
            return f"it has {found} cells where the header has {width}, and fits in {readings} ways"
        if found == width and (lacking := self._lacking(line.cells)):
            return f"it has no {lacking} that can be read, by which it would be known"
        if found == width:
            return "its cells are not in their columns"
        return f"it has {found} cells where the header has {width}"
