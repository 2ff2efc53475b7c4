"""The record of runs: one append-only JSONL file a run is the truth."""
