"""Hosts that converge themselves from a signed bundle, when the monitor lends them the right to."""
