"""Finds what answers in a network, and says what the inventory does not know of it."""
