"""The only loop: one thread owns the state, workers perform effects and put what comes of them on a queue."""
