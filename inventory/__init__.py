"""What the center is: model, loader, topology, secrets, settings and how a host is read."""
