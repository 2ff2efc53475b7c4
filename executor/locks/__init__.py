"""The deploy lock on hosts: whose it is, how it is taken on all of them or none, what is said of it."""
