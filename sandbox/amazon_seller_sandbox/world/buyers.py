"""Who bought an order and where it goes: invented people, always the same for the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.chance import draws, key, pick

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.orders import Order

_FIRST = {
    "JP": ("花子", "太郎", "さくら", "健一"),
    "FR": ("Chloé", "Benoît", "Anaïs", "Jean-Luc"),
    "DE": ("Jürgen", "Käthe", "Anna", "Heiko"),
}
_LAST = {
    "JP": ("山田", "髙橋", "佐藤", "渡辺"),
    "FR": ("L'Écuyer", "Dupont", "Lefèvre, SARL", "Le Gall"),
    "DE": ("Müller", 'von der "Höhe"', "Groß", "Yıldız"),  # noqa: RUF001
}
_FIRST_ELSEWHERE = ("Mary", "José", "Siobhán", "Lee")
_LAST_ELSEWHERE = ("O'Neill", "Smith-Jones", "de la Cruz", 'Brown "Jr."')
_STREETS = {
    "JP": ("丸の内1-2-3", "砂町 4丁目5番6号", "ソフィアビル 7F"),
    "DE": ("Hauptstraße 12", "Am Sandberg 3a", "Postfach 10 11 12"),
}
_STREETS_ELSEWHERE = ("12 High Street", "1600 Ocean Ave, Apt 4", "Rue de l'Église 7")
_COMPANIES = ("Beach & Sons", "Sandbank GmbH", "Dune, Inc.")


class Buyer(NamedTuple):
    """The person behind an order; empty texts are what Amazon does not say."""

    name: str
    email: str
    phone: str
    company: str
    street: str
    more_address: str
    address_type: str


def buyer(order: Order) -> Buyer:
    """Return the buyer of an order that is no longer pending.

    Orders that Amazon ships come without the address that only who ships them needs.
    """
    chance = draws(key("buyer", order.order_id))
    country = order.market.country
    first = pick(_FIRST.get(country, _FIRST_ELSEWHERE), chance[0])
    last = pick(_LAST.get(country, _LAST_ELSEWHERE), chance[1])
    ships = order.channel == "Merchant"
    return Buyer(
        name=f"{last} {first}" if country == "JP" else f"{first} {last}",
        email=f"{chance[2]:08x}{chance[3] % 4096:03x}@marketplace.{order.market.domain[4:]}"
        if ships
        else "",
        phone=f"+49 {chance[4] % 10**4:04d} 0{chance[5] % 10**6:06d}" if ships else "",
        company=pick(_COMPANIES, chance[6]) if order.is_business else "",
        street=pick(_STREETS.get(country, _STREETS_ELSEWHERE), chance[7]) if ships else "",
        more_address=f"c/o {first}" if ships and chance[8] % 5 == 0 else "",
        address_type="COMMERCIAL" if order.is_business else "RESIDENTIAL",
    )
