"""Runbooks: what to do about an alert, step by step, with the device's own numbers in the text."""
