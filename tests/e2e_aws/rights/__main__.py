"""`make rights`: every function does its whole job with its role, and not with one right less."""

from functools import partial

from tests.e2e_aws import outage, relay, sending
from tests.e2e_aws.report import Report
from tests.e2e_aws.rights import denied, jobs, offices, removal, schedule
from tests.e2e_aws.rights.gate import Gate
from tests.e2e_aws.running import run
from tests.e2e_aws.world import World

JOBS = (
    jobs.VALIDATE,
    jobs.writing("TrackFunction", "/v1/track"),
    jobs.writing("BatchFunction", "/v1/batch"),
    schedule.REPLAY,
    offices.ASK,
    offices.MANAGE,
    schedule.COMPACT,
    schedule.ERASE,
)


def steps(report: Report, world: World) -> None:
    """Do all of it. A function whose rights are wrong stops no other one."""
    report.step("deploy", lambda: sending.deploy(world, "openbunker-rights"))
    report.step("make a project", lambda: sending.project(world))
    outage.replaying(world, enabled=False)

    def hang(down: set[str]) -> None:
        world.athena.hangs = "athena:hangs" in down

    gate = Gate(world.relay, lambda name: world.athena.executions[name].workgroup, on_down=hang)
    with relay.serving(gate) as url:
        report.step("no right to write", lambda: denied.no_right_to_write(world, gate, url))
        report.step("every function has a job", lambda: removal.all_have_jobs(JOBS))
        for job in JOBS:
            report.attempt(
                f"rights of {job.function}", partial(removal.prove, world, gate, url, job)
            )


run(steps, "tests.e2e_aws.rights")
