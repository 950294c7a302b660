"""A small Singer target, such as users have their own: JSON lines by stream, in the order they came.

It appends, so that what it is given again stands there twice; the last record of a key counts.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Append what standard input holds, and write each state once all before it is on disk."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    config = json.loads(Path(parser.parse_args().config).read_text("utf-8"))
    assert config["password"] == "sandbox-secret"
    files = {}
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if message["type"] == "RECORD":
            stream = message["stream"]
            if stream not in files:
                folder = Path(config["path"]) / stream
                folder.mkdir(parents=True, exist_ok=True)
                files[stream] = (folder / "all.jsonl").open("ab")
            files[stream].write(json.dumps(message["record"]).encode() + b"\n")
        elif message["type"] == "STATE":
            for file in files.values():
                file.flush()
                os.fsync(file.fileno())
            sys.stdout.write(json.dumps(message["value"]) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
