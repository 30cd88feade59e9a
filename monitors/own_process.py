"""What the engine's process costs, in the metrics that every Prometheus client library has.

Read from proc(5) here: the client library would bring a web server along for these few lines.
"""

import os
import resource
from functools import cache
from pathlib import Path

from monitors.exposition import line
from monitors.metric_families import Family

_CPU = Family("process_cpu_seconds_total", "counter", "CPU time spent, user and system.", ())
_RESIDENT = Family("process_resident_memory_bytes", "gauge", "Resident memory.", ())
_VIRTUAL = Family("process_virtual_memory_bytes", "gauge", "Virtual memory.", ())
_START = Family("process_start_time_seconds", "gauge", "When it started, Unix time.", ())
_OPEN = Family("process_open_fds", "gauge", "Open file descriptors.", ())
_MOST = Family("process_max_fds", "gauge", "Most file descriptors that may be open.", ())
_OWN = Path("/proc/self")


def process_metrics() -> bytes:
    """The text of all of them, for this process and this moment."""
    told = {_CPU: _cpu_s(), _START: _started_at(), _OPEN: sum(1 for _ in (_OWN / "fd").iterdir())}
    told[_VIRTUAL], told[_RESIDENT] = _memory_bytes()
    told[_MOST] = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return b"".join(family.head + line(family.name, value) for family, value in told.items())


def _cpu_s() -> float:
    times = os.times()
    return round(times.user + times.system, 2)


def _memory_bytes() -> tuple[int, int]:
    """Virtual and resident: the first two fields of /proc/PID/statm."""
    virtual, resident, *_ = (_OWN / "statm").read_text().split()
    return int(virtual) * resource.getpagesize(), int(resident) * resource.getpagesize()


@cache
def _started_at() -> float:
    """Field 22 of /proc/PID/stat, in ticks since the machine's start, which /proc/stat tells."""
    ticks = int((_OWN / "stat").read_text().rpartition(")")[2].split()[19])
    booted = Path("/proc/stat").read_text().partition("\nbtime ")[2].split()[0]
    return int(booted) + ticks / os.sysconf("SC_CLK_TCK")
