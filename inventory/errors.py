"""The root of every error that a user can meet: one line that says where and what to do."""


class WatchfloorError(Exception):
    """An expected failure. `str(error)` is one line for the user, with the remedy in it."""
