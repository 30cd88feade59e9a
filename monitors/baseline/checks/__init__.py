"""The checks: pure functions from facts and expectations to an outcome, one module per subject.

The catalogue names them as `module.function`. A check reads facts with `host.facts.read(area)`;
a `FactError` that it lets through becomes ERROR, never PASS.
"""
