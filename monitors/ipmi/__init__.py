"""How servers' management controllers (BMCs) are asked over IPMI 2.0: sensors, events, identity."""
