"""The products behind the codes: brand, noun, size, colour, model, and how each side words them."""

from __future__ import annotations

from dataclasses import dataclass

from amazon_seller_sandbox.chance import draws, key, pick

_BRANDS = (
    "Sunaba", "Kübel & Söhne", "O'Dune", "ACME", "Grünland", "Nordwind", "Pampelmus", "Tecno-Luz",
    "Maison Verte", "Castello", "Hikari", "Bergquell", "Vitalia", "Zand", "Rossmeier", "Klarfix",
    "Aquilon", "Fermento", "Lumenix", "Piccolino", "Braun & Blau", "Ostwind", "Sakura", "Trekko",
)  # fmt: skip
_LEGAL_FORMS = (" GmbH", " Inc.", " S.p.A.", "®", "™", " AG", " Ltd")
_NOUNS: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    ({"de": "Shampoo", "en": "Shampoo", "fr": "Shampooing", "it": "Shampoo", "es": "Champú",
      "ja": "シャンプー"}, ("250 ml", "400 ml", "500 ml", "1 l")),
    ({"de": "Windeln", "en": "Nappies", "fr": "Couches", "it": "Pannolini", "es": "Pañales",
      "ja": "おむつ"}, ("29 {n}", "78 {n}", "174 {n}", "208 {n}")),
    ({"de": "Kaffeebohnen", "en": "Coffee Beans", "fr": "Café en grains", "it": "Caffè in grani",
      "es": "Café en grano", "ja": "コーヒー豆"}, ("250 g", "500 g", "1 kg")),
    ({"de": "USB-Kabel", "en": "USB Cable", "fr": "Câble USB", "it": "Cavo USB", "es": "Cable USB",
      "ja": "USBケーブル"}, ("0,5 m", "1 m", "2 m", "3 m")),
    ({"de": "LED-Lampe", "en": "LED Bulb", "fr": "Ampoule LED", "it": "Lampadina LED",
      "es": "Bombilla LED", "ja": "LED電球"}, ("E27 9 W", "E14 5 W", "GU10 4 W")),
    ({"de": "Hundefutter", "en": "Dog Food", "fr": "Nourriture pour chien", "it": "Cibo per cani",
      "es": "Comida para perros", "ja": "ドッグフード"}, ("400 g", "800 g", "12 kg")),
    ({"de": "Notizbuch", "en": "Notebook", "fr": "Carnet", "it": "Quaderno", "es": "Cuaderno",
      "ja": "ノート"}, ("A4", "A5", "A6")),
    ({"de": "Handtuch", "en": "Towel", "fr": "Serviette", "it": "Asciugamano", "es": "Toalla",
      "ja": "タオル"}, ("50 x 100 cm", "70 x 140 cm")),
    ({"de": "Gießkanne", "en": "Watering Can", "fr": "Arrosoir", "it": "Annaffiatoio", "es": "Regadera",
      "ja": "ジョウロ"}, ("5 l", "10 l")),
    ({"de": "Druckerpatrone", "en": "Ink Cartridge", "fr": "Cartouche d'encre",
      "it": "Cartuccia d'inchiostro", "es": "Cartucho de tinta", "ja": "インクカートリッジ"},
     ("XL", "XXL")),
    ({"de": "Spülmittel", "en": "Washing-up Liquid", "fr": "Liquide vaisselle", "it": "Detersivo piatti",
      "es": "Lavavajillas", "ja": "食器用洗剤"}, ("500 ml", "750 ml", "1,5 l")),
    ({"de": "Bluetooth-Kopfhörer", "en": "Bluetooth Headphones", "fr": "Casque Bluetooth",
      "it": "Cuffie Bluetooth", "es": "Auriculares Bluetooth", "ja": "Bluetoothヘッドホン"},
     ("5.0", "5.3")),
)  # fmt: skip
_COLOURS: tuple[dict[str, str], ...] = (
    {"de": "Rot", "en": "Red", "fr": "Rouge", "it": "Rosso", "es": "Rojo", "ja": "赤"},
    {"de": "Blau", "en": "Blue", "fr": "Bleu", "it": "Blu", "es": "Azul", "ja": "青"},
    {"de": "Grün", "en": "Green", "fr": "Vert", "it": "Verde", "es": "Verde", "ja": "緑"},
    {"de": "Schwarz", "en": "Black", "fr": "Noir", "it": "Nero", "es": "Negro", "ja": "黒"},
    {"de": "Weiß", "en": "White", "fr": "Blanc", "it": "Bianco", "es": "Blanco", "ja": "白"},
)
_LINES = (
    "Classic", "Sensitive", "Pro", "Comfort", "Eco", "Premium", "Ultra Soft", "Nature", "Active",
    "Baby Dry", "Home", "Sport", "Gold", "Basic", "Royal", "Family", "Fresh", "Max", "Urban", "Silver",
)  # fmt: skip
_SUBJECTS = (
    "Das Haus am Deich", "Der stille Garten", "Nordlicht", "Kleine Küche, große Reise", "Der letzte Zug",
    "Sternenstaub", "Die Uhrmacherin", "Winter in Lucca", "Salz und Asche", "Am Rand der Karte",
)  # fmt: skip
_AUTHORS = ("A. Lindgren", "M. Rossi", "J. Weber", "S. Tanaka", "C. Dubois", "P. Nowak", "E. Olsen")
_PACK_PHRASES: dict[str, tuple[str, ...]] = {
    "de": (
        "({n}er Pack)",
        "{n}er-Set",
        "- {n} Stück",
        "{n}x",
        "Vorteilspack {n} Packungen",
        "({n} Stk.)",
    ),
    "en": ("(Pack of {n})", "{n}-Pack", "- Set of {n}", "{n}x", "({n} pcs)", "{n} Count"),
    "fr": ("(Lot de {n})", "- Pack de {n}", "{n}x", "({n} pièces)", "Paquet de {n}"),
    "it": ("(Confezione da {n})", "- Set di {n}", "{n}x", "({n} pezzi)"),
    "es": ("(Paquete de {n})", "- Pack de {n}", "{n}x", "({n} unidades)"),
    "ja": ("【{n}個セット】", "{n}個", "\u00d7{n}", "{n}パック"),
}
_SHOP_PACK_PHRASES: dict[str, tuple[str, ...]] = {
    "de": ("{n}er Pack", "{n} Stück", "{n} x", "VE {n}", "Set à {n}"),
    "en": ("pack of {n}", "{n} pcs", "{n} x", "set of {n}"),
    "fr": ("lot de {n}", "{n} pièces", "{n} x"),
    "it": ("conf. da {n}", "{n} pezzi", "{n} x"),
    "es": ("pack de {n}", "{n} uds", "{n} x"),
    "ja": ("{n}個セット", "{n}個入り"),
}
_BUNDLE_WORDS = {"de": "im Set mit", "en": "bundle with", "fr": "+ coffret", "it": "+ set con",
                 "es": "+ set con", "ja": "セット"}  # fmt: skip
_USED_WORDS = {"de": "(Generalüberholt)", "en": "(Renewed)", "fr": "(Reconditionné)",
               "it": "(Ricondizionato)", "es": "(Reacondicionado)", "ja": "(整備済み品)"}  # fmt: skip
_MODEL_LETTERS = "ABCDEFGHKLMNPRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Product:
    """What is true of a product, whoever words it."""

    index: int
    brand: str
    line: str
    noun: int
    size: int
    colour: int
    model: str
    is_book: bool = False

    def size_text(self, language: str) -> str:
        """Return the size as both sides write it."""
        nouns, sizes = _NOUNS[self.noun]
        return sizes[self.size].format(n=nouns.get(language, nouns["en"]))

    def noun_text(self, language: str) -> str:
        """Return what it is."""
        nouns, _ = _NOUNS[self.noun]
        return nouns.get(language, nouns["en"])

    def colour_text(self, language: str) -> str:
        """Return its colour."""
        names = _COLOURS[self.colour]
        return names.get(language, names["en"])

    @property
    def sizes(self) -> int:
        """Return how many sizes there are of it."""
        return len(_NOUNS[self.noun][1])


def product(seed: int, index: int, *, is_book: bool = False) -> Product:
    """Return a product, the same for the same seed and index."""
    chance = draws(key(seed, "code-catalog", "product"), index)
    noun = chance[2] % len(_NOUNS)
    letters = "".join(_MODEL_LETTERS[(chance[6] >> shift) % 22] for shift in (0, 8))
    return Product(
        index=index,
        brand=pick(_BRANDS, chance[0]),
        line=pick(_LINES, chance[1]),
        noun=noun,
        size=chance[3] % len(_NOUNS[noun][1]),
        colour=chance[4] % len(_COLOURS),
        model=f"{letters}-{chance[5] % 9_000 + 1_000}",
        is_book=is_book,
    )


def amazon_title(
    product: Product, language: str, pack: int, form: int, *, parent: bool = False
) -> str:
    """Return the title of Amazon's page; ``form`` chooses among its wordings."""
    if product.is_book:
        return (
            f"{_SUBJECTS[product.index % 10]}: Band {product.index} ({_AUTHORS[product.noun % 7]})"
        )
    noun, colour = product.noun_text(language), product.colour_text(language)
    if parent:
        return f"{product.brand} {product.line} {noun}"
    parts = [product.brand, product.line, noun]
    if form % 3 == 1:
        parts = [product.brand, product.model, noun, product.line]
    size = product.size_text(language)
    if product.noun == 1:  # nappies: the size counts them
        parts.remove(noun)
    text = " ".join(parts)
    text += f", {size}, {colour}" if form % 2 else f" {colour} {size}"
    if form % 5 == 0:
        text += f" - {product.model}"
    if pack > 1:
        phrase = _phrase(_PACK_PHRASES, language, form // 7).format(n=pack)
        is_before = phrase.endswith("x") and phrase[0].isdigit()
        text = f"{phrase} {text}" if is_before else f"{text} {phrase}"
    return text


def bundle_title(product: Product, other: Product, language: str, form: int) -> str:
    """Return the title of a bundle of two products."""
    words = _BUNDLE_WORDS.get(language, _BUNDLE_WORDS["en"])
    return f"{amazon_title(product, language, 1, form)} {words} {other.noun_text(language)} {other.line}"


def used_title(product: Product, language: str, form: int) -> str:
    """Return the title of a page of used copies."""
    words = _USED_WORDS.get(language, _USED_WORDS["en"])
    return f"{amazon_title(product, language, 1, form)} {words}"


def shop_title(product: Product, language: str, pack: int, form: int, *, colour: bool) -> str:
    """Return how a shop words the product in its own file; ``colour``: whether it names it."""
    if product.is_book:
        author = _AUTHORS[product.noun % 7]
        return f"{author} - {_SUBJECTS[product.index % 10]}, Bd. {product.index}"
    noun, size = product.noun_text(language), product.size_text(language)
    size = size.replace(" ml", "ml").replace(" kg", "kg") if form % 4 == 1 else size
    words = [noun, product.line, size] if product.noun != 1 else [product.line, size]
    if form % 3 == 0:
        words.insert(0, product.brand)
    if form % 3 == 1:
        words.append(product.model)
    if colour:
        words.append(
            product.colour_text(language).lower() if form % 2 else product.colour_text(language)
        )
    text = " ".join(words)
    if form % 11 == 4:  # noqa: PLR2004 - some shops shout
        text = text.upper()
    if pack > 1:
        phrase = _phrase(_SHOP_PACK_PHRASES, language, form // 5).format(n=pack)
        text = f"{phrase} {text}" if phrase.endswith(" x") else f"{text}, {phrase}"
    return text


def shop_brand(product: Product, form: int) -> str:
    """Return the brand as a shop writes it: with a legal form, in capitals, without accents."""
    if form % 6 == 1:
        return product.brand + _LEGAL_FORMS[form // 6 % len(_LEGAL_FORMS)]
    return product.brand.upper() if form % 6 == 2 else product.brand  # noqa: PLR2004


def _phrase(phrases: dict[str, tuple[str, ...]], language: str, form: int) -> str:
    found = phrases.get(language, phrases["en"])
    return found[form % len(found)]
