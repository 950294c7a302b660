"""A refusal by the Optiply API: HTTP status and an `errors` array as JSON:API has it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of the `errors` array."""

    detail: str
    pointer: str = ""
    """Where in the body, such as ``/data/attributes/name``; empty if nowhere."""
    parameter: str = ""
    """Which query parameter, if any."""
    status: int = 400

    def body(self) -> dict[str, object]:
        """Return its JSON form."""
        found: dict[str, object] = {
            "status": str(self.status),
            "title": HTTPStatus(self.status).phrase,
            "detail": self.detail,
        }
        if self.pointer:
            found["source"] = {"pointer": self.pointer}
        if self.parameter:
            found["source"] = {"parameter": self.parameter}
        return found


class Refused(Exception):  # noqa: N818 - it is Optiply's answer, not an error of the sandbox
    """An error answer; its status is that of the first problem."""

    def __init__(self, *problems: Problem) -> None:
        """Describe the answer."""
        super().__init__("; ".join(each.detail for each in problems))
        self.problems = problems
        self.status = problems[0].status

    def body(self) -> dict[str, object]:
        """Return the JSON body."""
        return {"errors": [each.body() for each in self.problems]}


def attribute(name: str, detail: str, status: int = 400) -> Problem:
    """Return a problem of one attribute, which the detail names too."""
    return Problem(f"{name}: {detail}", f"/data/attributes/{name}", status=status)


def parameter(name: str, detail: str) -> Problem:
    """Return a problem of one query parameter."""
    return Problem(f"{name}: {detail}", parameter=name)
