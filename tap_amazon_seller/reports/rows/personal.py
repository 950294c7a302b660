"""Which columns, properties and elements are buyers' data, by their names.

Two rules: one for the reports that the tap describes, whose columns are known, and a wide one for custom
reports, which nobody has described. The wide one rather leaves out a column too many: what it leaves out
is reported, and `include_pii` passes it on.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.reports.text.headers import LONGEST_NAME, snake_case

if TYPE_CHECKING:
    from collections.abc import Mapping

PERSONAL = re.compile(
    r"cpf|(buyer|recipient|bill|customer|gift_message)_.*|.*(phone|e_?mail).*|ship_address_\d|.*_address(_line)?(_\d)?"
)
"""Columns with buyers' names, addresses, phones and e-mail addresses."""

_WITHIN_WORDS = re.compile(
    r"buyer|recipient|consignee|addressee|address|adres|phone|email|postal|postcode|zipcode|street|pobox"
    r"|customer(?!s$|orders?$|returns?$|shipments?$)|company|surname|strasse|straat|^addr\d*$"
    r"|氏名|住所|電話|メール|郵便|購入者|届け先|会社|宛名|顧客|姓名|地址|电话|邮箱|邮编|买家|收件|公司|客户|手机"
)
"""What stands in words such as `shipaddress` and `buyeremail`, in English, Japanese and Chinese too."""
_BEGINNINGS = re.compile(
    r"^(kunden?(nr|nummer)?$|kauf|kaeufer|empfang|empfaeng|anschrift|telef|firma|firmen|unternehmen|wohnort"
    r"|postleitzahl|courriel|destinat|acheteu|societe|entreprise|apellid|direcci|correo|ciudad|comprador"
    r"|empresa|cognom|indirizz|citta$|azienda|acquirent|enderec|cidade|sobrenome|prenom|bedrijf|ontvang"
    r"|woonplaats|nazwisk|ulic|miast|kupujac|odbiorc|kopare|mottagar|musteri|alici)"
)
"""How words for them begin in the languages of the European marketplaces, without accents."""
_WORDS = frozenset(
    {
        *(
            "attention",
            "attn",
            "author",
            "beneficiary",
            "cardholder",
            "client",
            "consumer",
            "contact",
        ),
        *(
            "guest",
            "insured",
            "login",
            "member",
            "patient",
            "payee",
            "payer",
            "person",
            "proprietor",
        ),
        *(
            "purchaser",
            "rater",
            "receiver",
            "reviewer",
            "sender",
            "shopper",
            "signatory",
            "signature",
        ),
        *("user", "initials", "salutation", "honorific", "gender"),
        *("firstname", "lastname", "fullname", "birth", "birthday", "birthdate", "dob"),
        *("cpf", "cnpj", "nif", "ssn", "passport", "gstin", "nric", "iban", "bic"),
        *(
            "addr",
            "apartment",
            "city",
            "county",
            "district",
            "landmark",
            "locality",
            "municipality",
        ),
        *(
            "neighborhood",
            "neighbourhood",
            "prefecture",
            "province",
            "suburb",
            "town",
            "zip",
            "pincode",
        ),
        *("coordinates", "geolocation", "gps", "lat", "latitude", "lng", "lon", "longitude"),
        *("fax", "handy", "mail", "mailbox", "mobile", "msisdn", "skype", "tel", "whatsapp"),
        *("corp", "corporation", "employer", "enterprise", "firm", "organisation", "organization"),
        *(
            "workplace",
            "plz",
            "ort",
            "stadt",
            "nom",
            "ville",
            "nombre",
            "nome",
            "cep",
            "koper",
            "imie",
        ),
    }
)
_PHRASES = re.compile(
    r"(^|_)(e_mail|gift_(message|note)|(vat|tax|gst)_(id|number|registration)|legal_(name|entity)"
    r"|business_name|po_box|(post|pin)_code|house_n(o|umber)|line_?\d$|state_or_(region|province)"
    r"|state_province|(ship|shipping|bill|billing|buyer|delivery|destination)_state"
    r"|(ship|bill|sold|deliver|delivery|delivered|send)_to$|(signed|received)_by"
    r"|(delivery|shipping)_(instructions?|notes?|preferences?)|(gate|door|access)_code"
    r"|national_id|identity_card|id_card|card_number|bank_account|account_holder|social_security"
    r"|pan_number|drivers?_licen[cs]e)(_|$)"
)
_FIGURES = re.compile(
    r"(^|_)((customer|buyer|shopper|user|guest|person)s?_(orders?|returns?|shipments?|damaged|counts?"
    r"|pct|percent|percentage|share|rate|ratio)(_(units?|quantity|qty|count|total|pct))?"
    r"|mobile(_app)?_(sessions?|page_views|views)(_[a-z0-9]+){0,3})$"
)
"""Counts of units, as in the ledger and in restock reports, and of what is looked at by telephone."""
_NAMES = ("name", "names", "naam", "namn")
_THINGS = frozenset(
    {
        *(
            "ad",
            "article",
            "artikel",
            "attribute",
            "brand",
            "browse",
            "campaign",
            "carrier",
            "catalog",
        ),
        *(
            "category",
            "channel",
            "class",
            "classification",
            "code",
            "color",
            "column",
            "department",
        ),
        *("display", "domain", "event", "fee", "field", "file", "group", "host", "item", "keyword"),
        *(
            "marketplace",
            "model",
            "node",
            "parent",
            "plan",
            "portfolio",
            "product",
            "produkt",
            "program",
        ),
        *(
            "promotion",
            "report",
            "search",
            "season",
            "service",
            "size",
            "sku",
            "store",
            "style",
            "title",
        ),
        *("type", "variation", "warehouse"),
    }
)
"""What has a name that is not a person's."""
_MOST_NAMES = 1_000
"""That are remembered of one document, which may have any number."""


def is_personal(name: str, property_schema: Mapping[str, Any]) -> bool:
    """Whether a column of a report that is described is about a buyer; counts are not."""
    is_figure = not {"integer", "number"}.isdisjoint(property_schema.get("type", ()))
    return bool(PERSONAL.fullmatch(name)) and not is_figure


def is_widely_personal(name: str) -> bool:
    """Whether something in a report that nobody has described is named like a buyer's data.

    Like a person, an address, a phone or fax, an e-mail address or a company.

    >>> [is_widely_personal(name) for name in ("shipping_name", "ShippingAddress", "BuyerName", "fax")]
    [True, True, True, True]
    >>> [is_widely_personal(name) for name in ("product_name", "customer_returns", "velocity", "asin")]
    [False, False, False, False]
    """
    name = snake_case(_without_accents(name))
    if _FIGURES.search(name):
        return False
    words = set(name.split("_"))
    return (
        bool(words & _WORDS or _PHRASES.search(name) or _is_persons_name(words))
        or any(_WITHIN_WORDS.search(word) for word in words)
        or any(_BEGINNINGS.match(word) for word in words)
    )


def _is_persons_name(words: set[str]) -> bool:
    """Whether it is a name, as in `first_name`, `nickname` or `voornaam`, and not that of a thing."""
    named = {
        word.removesuffix(ending) for word in words for ending in _NAMES if word.endswith(ending)
    }
    return bool(named) and not (words | named) & _THINGS


def _without_accents(text: str) -> str:
    """The text with `a` for `ä`, `ss` for `ß`; letters of other scripts stay."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text.replace("ß", "ss"))
    return unicodedata.normalize(
        "NFC", "".join(each for each in apart if not "\u0300" <= each <= "\u036f")
    )


class LeftOut:
    """Leaves buyers' data out of the values of a document, at any depth, and knows what that was."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self._judged: dict[str, bool] = {}  # the same names come with each record

    def without(self, value: Any) -> Any:
        """A value of JSON or XML without the properties that are named like buyers' data; changed."""
        left = [value]
        while left:
            found = left.pop()
            if isinstance(found, dict):
                for name in [name for name in found if self._is_personal(name)]:
                    if len(self.names) < _MOST_NAMES:
                        self.names[name] = None
                    del found[name]
                left += found.values()
            elif isinstance(found, list):
                left += found
        return value

    def _is_personal(self, name: str) -> bool:
        judged = self._judged.get(name)
        if judged is None:
            judged = is_widely_personal(name)
            if len(self._judged) < _MOST_NAMES and len(name) <= LONGEST_NAME:
                self._judged[name] = judged
        return judged
