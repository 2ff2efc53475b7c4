"""A run's journal on its own hosts, for the day on which the machine that ran it is lost."""
