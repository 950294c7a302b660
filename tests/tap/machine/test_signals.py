"""Signals that come while Arrow reads are Python's to handle: none is lost, and none ends a reading."""

from __future__ import annotations

import subprocess
import sys

SIGNALS = 200
READING = f"""
import os, signal, threading, time
from tap_amazon_seller.machine.arrow import pa
from pyarrow import csv

handled, is_over = 0, False

def handle(*_):
    global handled
    handled += 1

def send():
    global is_over
    for number in range({SIGNALS}):
        os.kill(os.getpid(), signal.SIGTERM)
        deadline = time.monotonic() + 60
        while handled <= number and time.monotonic() < deadline:
            time.sleep(0.0005)
        if handled <= number:
            break
    is_over = True

signal.signal(signal.SIGTERM, handle)
threading.Thread(target=send).start()
while not is_over:
    csv.read_csv(pa.BufferReader(b"a,b\\n" + b"1,2\\n" * 20_000))
print(handled)
"""


def test_signals_during_a_reading_are_all_handled() -> None:
    run = subprocess.run(
        [sys.executable, "-c", READING], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{SIGNALS}\n"
