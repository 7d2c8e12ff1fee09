"""`make e2e-aws`: deploys a stack, uses it, deletes it; again onto what stayed; an update."""

from tests.e2e_aws import leaving, outage, sending, updating, upkeep
from tests.e2e_aws.report import Report
from tests.e2e_aws.running import run
from tests.e2e_aws.world import World


def steps(report: Report, world: World) -> None:
    """Do all of it, in order. Raises at the first step that fails: later ones build on it."""
    report.step("deploy", lambda: sending.deploy(world, "openbunker-one"))
    report.step("make a project", lambda: sending.project(world))
    report.step("one event a dialect", lambda: sending.singles(world))
    report.step("lists", lambda: sending.lists(world))
    report.step("customers and receipts", lambda: sending.customers(world))
    report.step("ask", lambda: sending.questions(world))
    report.step("spill and replay", lambda: outage.spill_and_replay(world))
    report.step("compact", lambda: upkeep.to_cold(world))
    report.step("late objects", lambda: upkeep.late(world))
    report.step("ask to erase", lambda: upkeep.ask_to_erase(world))
    kept = leaving.adopted(world)
    report.step("delete", lambda: leaving.delete(world))
    report.step("deploy onto what stayed", lambda: sending.deploy(world, "openbunker-two", **kept))
    report.step("all is there", lambda: world.all_found("after a delete"))
    report.step("ask again", lambda: sending.questions(world))
    report.step("send more", lambda: sending.singles(world))
    report.step("erase", lambda: upkeep.erase(world))
    report.step("delete again", lambda: leaving.delete(world))
    report.step("an earlier stack", lambda: updating.deploy_earlier(world, "openbunker-old"))
    report.step("its project", lambda: sending.project(world))
    report.step("its events", lambda: sending.singles(world))
    report.step("update it", lambda: updating.update(world))
    report.step("send to it", lambda: sending.lists(world))
    report.step("delete it", lambda: leaving.delete(world))


run(steps, "tests.e2e_aws")
