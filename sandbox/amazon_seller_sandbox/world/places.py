"""Where buyers live: city, state, postal code and country, by the marketplace they buy in."""

from __future__ import annotations

PLACES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "US": (
        ("Boston", "MA", "02134", "US"),
        ("SEATTLE", "WA", "98109-5210", "US"),
        ("O'Fallon", "MO", "63366", "US"),
        ("Coeur d'Alene", "ID", "83814", "US"),
        ("San Juan", "PR", "00901", "US"),
    ),
    "CA": (("Montréal", "Quebec", "H2Y 1C6", "CA"), ("Toronto", "ON", "M5V 2T6", "CA")),
    "MX": (("León", "Guanajuato", "37000", "MX"), ("Mérida", "Yucatán", "97000", "MX")),
    "DE": (
        ("Dresden", "Sachsen", "01067", "DE"),
        ("München", "Bayern", "80331", "DE"),
        ("Köln", "", "50667", "DE"),
        ("Wien", "", "1010", "AT"),
        ("GROSS-GERAU", "Hessen", "64521", "DE"),
    ),
    "FR": (
        ("Bourg-en-Bresse", "Ain", "01000", "FR"),
        ("Saint-Étienne", "", "42000", "FR"),
        ("L'Haÿ-les-Roses", "", "94240", "FR"),
    ),
    "GB": (
        ("London", "Greater London", "SW1A 1AA", "GB"),
        ("King's Lynn", "Norfolk", "PE30 1NS", "GB"),
        ("Bristol", "", "BS1 4DJ", "GB"),
    ),
    "IT": (("Roma", "RM", "00184", "IT"), ("Forlì", "FC", "47121", "IT")),
    "ES": (("A Coruña", "A Coruña", "15001", "ES"), ("Málaga", "Málaga", "29001", "ES")),
    "NL": (
        ("'s-Hertogenbosch", "", "5211 AB", "NL"),
        ("Amsterdam", "Noord-Holland", "1012 JS", "NL"),
    ),
    "BE": (("Liège", "", "4000", "BE"), ("Antwerpen", "", "2000", "BE")),
    "SE": (("Malmö", "", "211 20", "SE"), ("Göteborg", "", "411 06", "SE")),
    "PL": (("Kraków", "", "31-042", "PL"), ("Warszawa", "mazowieckie", "00-001", "PL")),
    "JP": (
        ("千代田区", "東京都", "100-0001", "JP"),
        ("十三能登町", "石川県", "927-0433", "JP"),
        ("さいたま市", "埼玉県", "330-0063", "JP"),
    ),
    "AU": (("Darwin", "NT", "0800", "AU"), ("Wagga Wagga", "NSW", "2650", "AU")),
}
