"""The demo: a whole center's gear on loopback, watched by the real monitor."""
