"""A stack of an earlier release is updated to the present template, and keeps what it holds.

`earlier/2026-11.yaml` is that release's template, word for word. Its functions are today's, but for
a file in their layer: an update that changes no code publishes no version.
"""

import json
import shutil
from pathlib import Path

from tests.e2e_aws import routes, sending
from tests.e2e_aws.report import StepFailed, expect
from tests.e2e_aws.stack import BUILT, Stack
from tests.e2e_aws.template import for_emulator, read
from tests.e2e_aws.world import World

EARLIER = Path(__file__).parent / "earlier" / "2026-11.yaml"
_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def earlier() -> Path:
    """Write the earlier template beside the built one, over the built artefacts; return it."""
    template = read(EARLIER)
    layer = BUILT.with_name("EarlierLayer")
    shutil.copytree(BUILT.with_name("SharedLayer"), layer, dirs_exist_ok=True)
    (layer / "python" / "release.txt").write_text(f"{EARLIER.stem}\n", encoding="utf-8")
    for name, one in template["Resources"].items():
        if code := _CODE.get(one["Type"]):
            one["Properties"][code] = str(layer if code == "ContentUri" else BUILT.with_name(name))
            one.pop("Metadata", None)
    written = BUILT.with_name("earlier.json")
    written.write_text(json.dumps(template, default=str), encoding="utf-8")
    return for_emulator(written)[0]


def deploy_earlier(world: World, name: str) -> str:
    """Deploy the earlier template, and make a project there."""
    stack = Stack(name, world.url)
    stack.deploy(world.parameters, earlier())
    world.enter(stack)
    world.sent, world.erasure = {}, ""
    made = routes.make(stack, EARLIER)
    return f"{len(world.names)} resources, {made} routes"


def update(world: World) -> str:
    """Deploy the present template over it: what holds data is the very same."""
    before = dict(world.names)
    if read(world.template)["Resources"] == read(earlier())["Resources"]:
        raise StepFailed("the present template is the earlier one")
    holding = {name for name, one in read(EARLIER)["Resources"].items() if "DeletionPolicy" in one}
    told = sending.deploy(world, world.stack.name)
    changed = sorted(name for name in holding if before[name] != world.names[name])
    if changed or not holding:
        raise StepFailed(f"replaced: {', '.join(changed) or 'nothing was held'}")
    expect(world.names["GlueDatabase"], before["GlueDatabase"], "the Glue database")
    return f"{told}; {len(holding)} stores are the same; {world.all_found('after the update')}"
