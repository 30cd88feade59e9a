"""How Extron wall processors are asked: SIS over SSH. Simulated, not proved on a device."""
