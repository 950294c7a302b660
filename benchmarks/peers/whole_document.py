"""The way of the hosted tap: the complete document as text, a list of dictionaries, JSON lines.

`whole_document.py URL`.
"""

from __future__ import annotations

import csv
import json
import sys

import requests


def main() -> None:
    """Write one line of JSON a row."""
    answer = requests.get(sys.argv[1], timeout=60)
    text = answer.content.decode("ISO-8859-1")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    for row in rows:
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
