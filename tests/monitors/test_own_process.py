"""What the engine says of its own process is what the client library of Prometheus would say."""

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from monitors.own_process import process_metrics

PART = 0.2
"""How far the two may differ: memory and CPU time go on between them."""


def values(text: str) -> dict[str, tuple[str, float]]:
    return {
        family.name: (family.type, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if family.name.startswith("process_")
    }


def test_it_is_what_the_client_library_says() -> None:
    wanted, found = values(generate_latest().decode()), values(process_metrics().decode())
    assert found.keys() == wanted.keys()
    for name, (kind, value) in wanted.items():
        assert found[name][0] == kind
        assert abs(found[name][1] - value) <= max(PART * value, 1), name
