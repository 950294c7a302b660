"""The limit of one Python thread: split each row, encode it as a RECORD message, nothing else.

`one_thread.py URL`. No types, no dates, no keys, no rejected rows: what any tap in Python stays below.
"""

from __future__ import annotations

import sys
from urllib.request import urlopen

import msgspec


def main() -> None:
    """Write one RECORD message a row."""
    encode = msgspec.json.Encoder().encode
    write = sys.stdout.buffer.write
    with urlopen(sys.argv[1]) as document:
        names = next(document).decode("iso-8859-1").rstrip("\n").split("\t")
        for line in document:
            cells = line.decode("iso-8859-1").rstrip("\n").split("\t")
            record = dict(zip(names, cells, strict=False))
            write(encode({"type": "RECORD", "stream": "all_orders", "record": record}) + b"\n")


if __name__ == "__main__":
    main()
