"""Runs that happen in the program alone: the real engine and loop, over hosts, people and time that are made up.

Nothing is connected to, nothing is written, and hours pass at once.
"""
