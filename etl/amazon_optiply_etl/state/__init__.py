"""What remains between runs: snapshots, the journal, records that wait, files that were consumed."""
