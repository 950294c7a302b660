"""What the tap needs of the machine below it: memory, threads, disk, compression, Arrow.

Each module stands for a gain that was measured, which is the only reason for it:

- `allocators`: freed memory is used again by all threads, 40 MB less at the peak.
- `arrow`: Arrow does not look for pandas, 40 MB and 0.3 s less; UTF-8 is checked ten times as fast.
- `arrow_text`: instants become seconds without Arrow's time zones, 40 MB less.
- `inflate`: gzip by ISA-L, about three times as fast as zlib.
- `prefetch`: inflating, splitting and writing overlap, see `benchmarks/overlap.py`.
- `answer_cache`: answers that several streams need are requested once, and kept on disk, not in memory.
"""
