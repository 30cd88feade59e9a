"""Device profiles: what to read from a family of devices, and what its values mean."""
