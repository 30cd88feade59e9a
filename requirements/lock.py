"""Resolves pyproject's dependencies into hashed requirements files that name no index.

Run by `make lock`; uv must be on the PATH.
"""

import subprocess
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
OPTIONS = [
    "--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url",
    "--no-header", "--no-annotate", "--quiet",
]  # fmt: skip


def lock(name: str, requirements: list[str], *, constraints: str | None = None) -> None:
    """Writes `name` beside this file from the given requirement lines."""
    extra = ["-c", constraints] if constraints else []
    subprocess.run(
        ["uv", "pip", "compile", *OPTIONS, *extra, "-", "-o", name],
        input="\n".join(requirements),
        text=True,
        check=True,
        cwd=HERE,
    )


def main() -> None:
    """Locks the development set, then the runtime set to the same versions."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    runtime = project["project"]["dependencies"] + groups["build"]
    lock("dev.txt", runtime + groups["dev"])
    lock("run.txt", runtime, constraints="dev.txt")


if __name__ == "__main__":
    main()
