"""Simulated gear that speaks the real protocols: for the demo, the tests and new profiles.

Nothing in here shares code with the monitors or the deploys, so that a mistake in one of them
cannot hide behind the same mistake in the other.
"""
