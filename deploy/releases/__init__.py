"""Watchfloor itself as one file: its wheel and all that it needs, for hosts without a way out."""
