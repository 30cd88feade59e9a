"""Windows consoles are not deployed: they get a pack that their administrator carries out."""
