"""Takes one right away at a time, and expects the job of the function to fail.

What a role may do is read from what is deployed. A right that a job did not need is superfluous,
unless `unproven` tells why nothing here needs it.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.e2e_aws.report import StepFailed, expect
from tests.e2e_aws.rights import policies, unproven
from tests.e2e_aws.rights.function import Function
from tests.e2e_aws.rights.gate import Gate
from tests.e2e_aws.rights.jobs import Job
from tests.e2e_aws.rights.policies import Right
from tests.e2e_aws.routes import functions
from tests.e2e_aws.world import World

NOTHING = "nothing"


@dataclass
class Found:
    """What came of a function's rights: proven by removal, and the others by their reasons."""

    proven: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def prove(world: World, gate: Gate, url: str, job: Job) -> str:
    """Prove the rights of a job's function; `url` is the gate's. Raises StepFailed."""
    began = time.monotonic()
    function = Function.of(world, job.function, url)
    granted = held(world, job.function)
    do = _doing(world, gate, function, job)
    if why := do(granted):
        raise StepFailed(f"with all of its rights: {why}")
    used = set(gate.used)
    found = Found()
    for right in granted:
        rest = _rest(granted, right)
        judge(job.function, right, found, needed=right in used, without=rest, do=do)
    if found.faults:
        raise StepFailed("; ".join(found.faults))
    told = "".join(f", {count} not: {why}" for why, count in sorted(found.reasons.items()))
    return f"{found.proven} of {len(granted)} rights{told} ({time.monotonic() - began:.0f} s)"


def judge(
    function: str,
    right: Right,
    found: Found,
    *,
    needed: bool,
    without: Sequence[Right],
    do: Callable[[Sequence[Right]], str],
) -> None:
    """Note what is to be said of a right; `do` does the job and says why it failed."""
    why = unproven.reason(function, right)
    if needed:
        failed = do(without)
        if failed and not failed.endswith(NOTHING):
            found.proven += 1
        else:
            found.faults.append(f"{right} was taken away: {failed or 'nothing failed'}")
    elif why:
        found.reasons[why] += 1
    else:
        found.faults.append(f"{right} is superfluous: nothing has needed it")


def _doing(
    world: World, gate: Gate, function: Function, job: Job
) -> Callable[[Sequence[Right]], str]:
    """Return what does a job with some rights, and says why it is not whole."""

    def do(held: Sequence[Right]) -> str:
        gate.held[function.name] = held
        gate.used, gate.denied, gate.down = set(), [], set()
        calls = job.begin(world)
        try:
            job.check(world, function.call(calls, caller=function.name))
        except StepFailed as error:
            return f"{error}; denied: {', '.join(map(str, gate.denied)) or NOTHING}"
        return ""

    return do


def all_have_jobs(jobs: Sequence[Job]) -> str:
    """Fail unless every function of the template has a job."""
    expect(sorted(one.function for one in jobs), sorted(functions()), "functions with a job")
    return f"{len(jobs)} functions"


def held(world: World, function: str) -> list[Right]:
    """Return the rights of a function's role, as deployed."""
    role = world.stack.client("lambda").get_function_configuration(
        FunctionName=world.names[function], Qualifier="live"
    )["Role"]
    return policies.of_role(world.stack.client("iam"), role.rpartition("/")[2])


def _rest(held: Sequence[Right], right: Right) -> list[Right]:
    left = list(held)
    left.remove(right)
    return left
