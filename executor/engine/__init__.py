"""The engine: what a run does next, decided from its plan and the events so far. No clock, no thread, no network."""

from executor.engine.decide import decide, settle
from executor.engine.evolve import evolve, initial
from executor.engine.state import State

__all__ = ["State", "decide", "evolve", "initial", "settle"]
