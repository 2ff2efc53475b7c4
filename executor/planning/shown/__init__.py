"""A plan in words: each file says one part of it as lines."""
