"""The receiver: what gear sends unasked, traps, syslog and notices, taken in with suspicion."""
