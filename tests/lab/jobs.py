"""A worker's job for one lab host, without a plan: for what no inventory would ask for."""

from deploy.messages import AreaJob, HostJob, Job
from inventory.facts.collect import batch
from tests.lab.host import LabHost


def job(host: LabHost, *areas: AreaJob, run: str, dead_man_s: int) -> Job:
    """These areas, by the lab's own account."""
    target = HostJob(
        name=host.name,
        device=host.name,
        address=host.address,
        port=host.port,
        user=host.user,
        admin=host.user,
        key_file=str(host.key),
        host_keys=tuple(line.split(" ", 1)[1] for line in host.known_host_lines()),
        areas=areas,
    )
    return Job(
        mode="apply",
        run=run,
        owner="tests",
        readings=(batch(["banner"]),),
        hosts=(target,),
        dead_man_s=dead_man_s,
    )


def logins_cut(host: LabHost) -> tuple[str, ...]:
    """A command on that host that ends all logins of the lab's account."""
    return ("pkill", "-u", host.user, "-x", "sshd")
