"""Security baselines: facts read once, verdicts that follow from them offline, signed evidence."""
