"""The Optiply accounts of the sandbox: who may log in, and which webshops they have coupled."""

from __future__ import annotations

from dataclasses import dataclass

CLIENT_ID = "optiply-sandbox"
CLIENT_SECRET = "optiply-sandbox-secret"  # noqa: S105 - of the sandbox alone
PASSWORD = "optiply-sandbox-password"  # noqa: S105 - of the sandbox alone


@dataclass(frozen=True, slots=True)
class Coupling:
    """A webshop coupled to an account of Optiply's, and the user who may act for it."""

    name: str
    username: str
    account_id: int
    coupling_id: int


def _coupling(name: str, number: int) -> Coupling:
    return Coupling(name, f"{name.lower()}@optiply.example", 100 + number, 1000 + number)


_EU = _coupling("EU", 2)
COUPLINGS = (
    _coupling("NA", 1),
    _EU,
    _coupling("FE", 3),
    _coupling("PANEU", 4),
    _coupling("VENDOR", 5),
    # The products of a sub-tenant of the hosted sync come from the main webshop of its account.
    Coupling("EU-SHOP", _EU.username, _EU.account_id, 2002),
)
"""One for each Amazon account of the sandbox, and another webshop of the European one."""


def couplings(sellers: int) -> tuple[Coupling, ...]:
    """Return all couplings of a sandbox with so many further sellers, each with one of its own."""
    return COUPLINGS + tuple(
        Coupling(f"S{number:04}", f"s{number:04}@optiply.example", 10_000 + number, 20_000 + number)
        for number in range(1, sellers + 1)
    )


def find(
    known: tuple[Coupling, ...], username: str, account_id: str, coupling_id: str
) -> Coupling | None:
    """Return the coupling of these ids, if it belongs to the user."""
    for each in known:
        ids = (str(each.account_id), str(each.coupling_id))
        if each.username == username and ids == (account_id, coupling_id):
            return each
    return None
