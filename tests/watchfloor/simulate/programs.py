"""Runs the programs that judge the simulators, without stopping the loop that serves them."""

import asyncio
from dataclasses import dataclass

DEADLINE_S = 30.0


@dataclass(frozen=True)
class Outcome:
    """What a program left behind."""

    code: int
    output: str
    errors: str


async def run(*command: str) -> Outcome:
    """Runs a program to its end."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise
    assert process.returncode is not None
    return Outcome(process.returncode, output.decode(errors="replace"), errors.decode())
