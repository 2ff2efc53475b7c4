"""Inventories of every format, each read to the same `Entries`; `executor.language.inventories` puts them together."""
