"""The elements of one name in an XML document as objects, made from a parser's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from tap_amazon_seller.reports.text.bounds import DEEPEST
from tap_amazon_seller.reports.text.fed import BeyondBoundsError
from tap_amazon_seller.reports.text.headers import fitting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tap_amazon_seller.reports.text.fed import Fed

    Record = dict[str, Any]

PIECE = 1 << 16
VALUE = "value"
"""The property that has the text of an element with attributes or other elements."""


class Elements:
    """Makes objects of the elements that are records; what is around them is not kept.

    A leaf is its text, to the character, or None. Elements that come more than once in another are a
    list. Records within a record are part of it.

    Args:
        names: Of the elements that are records.
        lists: Names of elements that are lists even where there is one.
        left_out: Names of elements and attributes that are not passed on.

    Attributes:
        root: The name of the outermost element, once it has been read.
    """

    def __init__(
        self, names: Collection[str], lists: Collection[str], left_out: Collection[str]
    ) -> None:
        self.root = ""
        self._names, self._lists, self._left_out = names, lists, left_out
        self._depth = 0
        self._record: list[_Element] = []  # that is being read: its elements that are not ended
        self._finished: list[Record] = []
        self._text: Fed | None = None

    def of(self, text: Fed) -> Iterator[Record]:
        """The objects, one by one.

        Raises:
            BeyondBoundsError: The document goes beyond `bounds`.
            expat.ExpatError: It is not XML.
            LookupError: It is in an encoding that is not known.
            ValueError: It is in an encoding whose characters have several bytes.
        """
        self._text = text
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = parser.ProcessingInstructionHandler = self._other
        parser.StartDoctypeDeclHandler = _refuse_declarations
        parser.SkippedEntityHandler = self._entity
        is_last = False
        while not is_last:
            piece = text.read(PIECE)
            is_last = not piece
            parser.Parse(piece, is_last)
            finished, self._finished = self._finished, []
            yield from finished

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        self._depth += 1
        if self._depth > DEEPEST:
            raise BeyondBoundsError(f"has more than {DEEPEST} elements within each other")
        if self._record or name in self._names:
            self._record.append(_Element(name, self._wanted(attributes) if attributes else {}))
        else:
            self._other()
        self.root = self.root or name

    def _wanted(self, attributes: dict[str, str]) -> Record:
        is_record = not self._record
        found: Record = {}
        for tag, value in attributes.items():
            name = _local(tag)
            if name not in self._left_out:
                found[name if is_record else fitting(name)] = value
        return found

    def _end(self, _: str) -> None:
        self._depth -= 1
        if not self._record:
            self._other()
            return
        ended = self._record.pop()
        if self._record:
            if ended.name not in self._left_out:
                around = self._record[-1]
                name = ended.name if len(self._record) == 1 else fitting(ended.name)
                _add(around.found, name, ended.value(), is_list=ended.name in self._lists)
                around.is_leaf = False
            return
        value = ended.value()
        if isinstance(value, str):
            value = {VALUE: value}
        if value:
            self._finished.append(value)
        self._other()

    def _characters(self, text: str) -> None:
        if self._record:
            self._record[-1].text.append(text)
        else:
            self._other()

    def _entity(self, name: str, is_parameter: bool) -> None:  # noqa: FBT001 - as expat calls it
        """A name that a file of Amazon's, which is not read, would explain."""
        if not is_parameter:
            self._characters(f"&{name};")

    def _other(self, *_: str) -> None:
        if self._text and not self._record:
            self._text.passed()


class _Element:
    """An element while it is read."""

    __slots__ = ("found", "is_leaf", "name", "text")

    def __init__(self, name: str, attributes: Record) -> None:
        self.name = name
        self.found = attributes
        self.text: list[str] = []
        self.is_leaf = True

    def value(self) -> Any:
        text = "".join(self.text)
        text = text if text.strip() else ""
        if self.is_leaf and not self.found:
            return text or None
        if text or (self.is_leaf and VALUE not in self.found):
            _add(self.found, VALUE, text, is_list=False)
        return self.found


def _add(found: Record, name: str, value: Any, *, is_list: bool) -> None:
    """Add a value; the second of one name makes a list of both."""
    if name not in found:
        found[name] = [value] if is_list else value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def _refuse_declarations(_: str, __: str | None, ___: str | None, has_subset: bool) -> None:  # noqa: FBT001
    """Refuse a document that declares entities or attributes, which can stand for any amount of text."""
    if has_subset:
        raise BeyondBoundsError("declares entities of its own, which no report does")


def _local(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2]
