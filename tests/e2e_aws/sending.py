"""The first steps: the stack, a project, events of every vendor, receipts and questions."""

from openbunker_local.doctor.calls import Ask
from openbunker_local.doctor.doors import DOORS
from tests.e2e_aws import routes, vendors
from tests.e2e_aws.report import StepFailed, expect
from tests.e2e_aws.stack import Stack
from tests.e2e_aws.world import QUERY, World

CUSTOMERS = {"customer-a": 4, "customer-b": 3}
ERASED = "customer-a"


def deploy(world: World, name: str, **parameters: str) -> str:
    """Deploy the built template as a stack, and open its door."""
    stack = Stack(name, world.url)
    stack.deploy({**world.parameters, **parameters}, world.template)
    begins = "Adopt"
    given = {n.removeprefix(begins): v for n, v in parameters.items() if n.startswith(begins)}
    world.enter(stack, given)
    made = routes.make(stack)
    return f"{len(world.names)} resources, {made} routes"


def project(world: World) -> str:
    """Make a project and its keys with the credentials of the shell."""
    world.project = world.cli("projects", "create", "shop")["project_id"]
    for kind, words in {"WRITE": ("--site", vendors.SITE), "QUERY": (), "DELETE": ()}.items():
        made = world.cli("keys", "create", "--project", world.project, "--type", kind, *words)
        world.keys[kind] = made["api_key"]
        got = world.call(
            Ask("GET", "/v1/keys/validate", {f"x-eventbunker-{kind.lower()}-key": made["api_key"]})
        )
        expect((got.status, got.json["project_id"]), (200, world.project), f"a {kind} key")
    return f"{len(world.keys)} keys are good"


def singles(world: World) -> str:
    """Send an event through each vendor's door, and a wrong key."""
    for dialect, ask, accepts in vendors.singles(world.keys["WRITE"], "single"):
        got = world.call(ask)
        if got.status // 100 != 2 or not accepts(got.json):
            raise StepFailed(f"{dialect} was answered {got.status}: {got.text[:200]}")
        world.note(dialect, 1)
    for door in DOORS:
        got = world.call(door.event("nobody-has-this-key", vendors.SITE, "single"))
        expect(got.status, door.refusal, f"{door.dialect} with a wrong key")
    return world.all_found("one event a dialect")


def lists(world: World) -> str:
    """Send lists of the dialects that have such."""
    for dialect, ask in vendors.lists(world.keys["WRITE"], "list"):
        got = world.call(ask)
        if not vendors.taken(dialect, got):
            raise StepFailed(f"a list of {dialect} was answered {got.status}: {got.text[:200]}")
        world.note(dialect, vendors.IN_A_LIST)
    return world.all_found("lists")


def customers(world: World) -> str:
    """Send events of two customers; ask for the receipt of each."""
    ids = []
    for customer, count in CUSTOMERS.items():
        for number in range(count):
            got = world.call(vendors.of_customer(world.keys["WRITE"], customer, number))
            expect(got.status // 100, 2, "an event of a customer")
            ids.append(got.json["unique_req_id"])
            world.note("eventbunker", 1)
    told = world.all_found("events of customers")
    for event_id in ids:
        got = world.call(Ask("GET", f"/v1/receipts/{event_id}", {QUERY: world.keys["QUERY"]}))
        expect((got.status, got.json.get("status")), (200, "stored"), f"the receipt {event_id}")
    return f"{told}, {len(ids)} receipts"


def questions(world: World) -> str:
    """Ask in the three ways: a question, SQL, a listing."""
    left = {one: n for one, n in CUSTOMERS.items() if not (world.erasure and one == ERASED)}
    of_a = {"field_name": "customer_identifier", "op": "equals", "value": ERASED}
    expect(world.rows(filters=[of_a]), [[left.get(ERASED, 0)]], "events of a customer")
    headers = {QUERY: world.keys["QUERY"]}
    text = "SELECT customer_identifier, count(*) AS n FROM events WHERE customer_identifier " \
        "LIKE 'customer-%' GROUP BY customer_identifier ORDER BY 1"  # fmt: skip
    asked = {"sql": text, "time_period": "minus_24_hours"}
    got = world.call(Ask("POST", "/v1/query/sql", headers, asked))
    expect(got.status, 200, f"SQL, answered {got.text[:300]}")
    expect(got.json["rows"], [[*one] for one in left.items()], "SQL")
    listing = {"time_period": "minus_24_hours", "select": ["event_id"]}
    got = world.call(Ask("POST", "/v1/query/json", headers, listing))
    expect(len(got.json["rows"]), world.total, "a listing")
    return f"a question, SQL and a listing of {world.total}"
