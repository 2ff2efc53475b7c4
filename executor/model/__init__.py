"""The words of the program: frozen dataclasses and closed unions, with no behaviour beyond their own sense."""
