"""See that it stays so: probes, profiles, health, alerts, baselines and the NOC page."""
