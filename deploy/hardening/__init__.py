"""The hardening areas, one module each; `deploy.desired` lists them in their order."""
