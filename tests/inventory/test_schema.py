"""The exported JSON Schema: accepts what the loader accepts, refuses what an editor should mark."""

from pathlib import Path
from typing import Any

import pytest

from inventory.assets import example_center
from inventory.document import parse, plain
from inventory.problems import Problems
from inventory.schema import document_schema
from tests.inventory.json_schema import errors

SCHEMA = document_schema()


def value_of(text: str) -> Any:
    node = parse(text, "text.yaml", Problems())
    assert node is not None
    return plain(node)


def mistakes(text: str) -> list[str]:
    return errors(SCHEMA, value_of(text), SCHEMA)


@pytest.mark.parametrize(
    "path", sorted(example_center().glob("*.yaml")), ids=lambda path: path.name
)
def test_riverside_follows_the_schema(path: Path) -> None:
    assert mistakes(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        "format: 2",
        "devicez: {}",
        "devices: {srv-1: {kind: srver}}",
        "devices: {srv-1: {adress: 10.20.9.1}}",
        "devices: {Srv_1: {kind: server}}",
        "devices: {srv-1: {name: srv-1}}",
        "devices: {srv-1: {feeds: ups-a}}",
        "devices: {srv-1: {feeds: [pdu-a/]}}",
        "devices: {srv-1: {monitoring: {snpm: x}}}",
        "devices: {srv-1: {monitoring: {expects: [Power supply 2]}}}",
        "devices: {srv-1: {monitoring: {reach: [{ssl: 443}]}}}",
        "devices: {srv-1: {monitoring: {reach: [{tcp: 22, requests: 3}]}}}",
        "devices: {srv-1: {monitoring: {redfish_tls: {sha: x}}}}",
        "devices: {srv-1: {at: 12}}",
        "groups: {g: {of: [a]}}",
        "groups: {g: {needs: 1, of: []}}",
        "groups: {g: {needs: 1, of: [a], derived: true}}",
        "functions: {f: {title: F, needs: [{any: a}]}}",
        "functions: {f: {title: F, needs: [{some: [a]}]}}",
        "defaults: {kinds: {serverr: {os: debian-12}}}",
        "center: {devices: {}}",
        "rack: {units: 42}",
        "roles: {app: {services: {Web_1: {port: 1, sources: [x]}}}}",
        "windows: {w: {devices: [a], reason: x, begins: soon, ends: 2026-12-06 05:00}}",
        "accounts: {wf: {sudo: maybe}}",
        "networks: {n: {cidr: 10.20.9.0/24, vlan: 5000}}",
        "waivers: {w: {control: x-y, devices: [a], reason: x, approver: y, created: 2026-01-01}}",
    ],
)
def test_an_editor_marks_the_mistake(text: str) -> None:
    assert mistakes(text) != []


@pytest.mark.parametrize(
    "text",
    [
        "devices:\n  utility:\n",
        "devices: {pdu-a: {model: apc}}",
        "functions: {f: {title: F, needs: [a, {any: [b, {all: [c, {needs: 1, of: [d]}]}]}]}}",
        "rack: r1",
        "rack: {name: r1}",
        "groups:",
        "devices: {srv-1: {monitoring: {snmp: null}, baseline: {ssh_idle_s: 60}}}",
        "defaults: {kinds: {server: {os: debian-12}}, models: {x: {kind: pdu}}}",
    ],
)
def test_short_forms_are_understood(text: str) -> None:
    assert mistakes(text) == []


def test_it_explains_keys_to_people() -> None:
    device = SCHEMA["$defs"]["Device"]["properties"]
    assert "Rack units" in device["at"]["description"]
    assert set(SCHEMA["properties"]) >= {"format", "center", "devices", "functions"}
