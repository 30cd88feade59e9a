"""Make it so: pyinfra deploys, connectors, operations and the rollout."""
