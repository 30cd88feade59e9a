"""Goes on with a run that did not come to its end: with its own devices and areas, by new facts."""

from deploy.plan import HostPlan, Plan, inventory_digest
from deploy.planning import arrange
from deploy.records import RecordError, RunRecord, load_record
from watchfloor.cli.deploying import Desk, manner, plan_now, with_choice


def resumable(desk: Desk, run: str) -> RunRecord:
    """The record of a run that can be gone on with. Raises `RecordError`."""
    record = load_record(run, desk.settings.state / "runs")
    if record.kind not in ("apply", "bootstrap"):
        raise RecordError(f"{run}: was an {record.kind}; begin it again instead")
    if record.state == "done":
        raise RecordError(f"{run}: is done; nothing of it is left")
    if record.inventory != inventory_digest(desk.center):
        raise RecordError(f"{run}: the inventory has changed since; make a new plan")
    if record.login != (desk.access.login or ""):
        raise RecordError(f"{run}: was made with --login {record.login}; give the same")
    return record


def left_of(desk: Desk, record: RunRecord) -> Plan:
    """What is left of it, as the devices are now: those that are done have nothing to do."""
    ids = {target.device_id for target in record.planned}
    devices = tuple(device for device in desk.devices if device.id in ids)
    plan = plan_now(with_choice(desk, devices, record.areas))
    areas = {target.host: {area.area for area in target.areas} for target in record.planned}
    hosts = [_narrowed(host, areas[host.name]) for host in plan.hosts if host.name in areas]
    return arrange(desk.center, hosts, desk.access.login, plan.areas, manner(desk))


def _narrowed(host: HostPlan, areas: set[str]) -> HostPlan:
    """The areas that the run set out to change; what else has drifted since is another matter.

    A host that it could not read has none on record, and all of them to be done.
    """
    kept = tuple(area for area in host.areas if area.area in areas or not areas)
    return host.model_copy(update={"areas": kept})
