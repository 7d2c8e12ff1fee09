"""Opens what commands work on: a data folder, or the tenants of a folder or a stack.

Says which account and which project are meant where none is named.
"""

import getpass
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from openbunker.manage import projects
from openbunker.manage.office import Office
from openbunker.manage.store import TenantItems
from openbunker.wiring.office import office_over
from openbunker_local import demo as demos
from openbunker_local.cli.terminal.exits import Misused, cannot
from openbunker_local.cli.terminal.program import typed
from openbunker_local.demo import Demo
from openbunker_local.sqlite import desk
from openbunker_local.sqlite.tenants import SqliteTenants
from openbunker_local.stream.folder import hold_known


def existing(data: Path) -> Path:
    """Return a data folder, or end where there is none that this release knows."""
    if not data.is_dir():
        what = f"{data} is a file" if data.exists() else f"There is no folder {data}"
        cannot(f"{what}. `{typed()} run` makes a data folder; --data names another one.")
    hold_known(data)
    return data


@contextmanager
def office(data: Path, stack: str) -> Iterator[Office]:
    """Open the tenants of a folder or a stack."""
    with _items(data, stack) as items:
        yield office_over(items, actor())


@contextmanager
def _items(data: Path, stack: str) -> Iterator[TenantItems]:
    if stack:
        # Not every installation has boto3, and it costs 100 ms and more of CPU.
        from openbunker_local.stack import tenants as deployed  # noqa: PLC0415

        yield deployed.tenants_of(stack)
        return
    with closing(SqliteTenants(existing(data) / desk.FILE)) as items:
        yield items


def actor() -> str:
    """Return who acts, for the audit: the user's name, or the number of one without a name."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user need not have an entry
        return f"cli:{os.getuid()}"


def demo_of(data: Path) -> Demo:
    """Return the demo project of a folder, or end where there is none."""
    found = demos.load(existing(data))
    if found is None:
        raise Misused(f"There is no {data / demos.FILE}: name the project with --project.")
    return found


def account_of(office: Office, data: Path, stack: str, named: str) -> str:
    """Return the account that is meant: the named one, the demo's, or the only one."""
    demo = None if stack else demos.load(data)
    found = projects.accounts(office, 2).things
    if named or (demo and len(found) > 1):
        return projects.account(office, named or (demo.account_id if demo else "")).account_id
    if not found:
        raise Misused(f"There is no account yet: `{typed()} accounts create`.")
    if len(found) > 1:
        raise Misused(f"Name one of the accounts with --account (`{typed()} accounts list`).")
    return found[0].account_id


def project_of(office: Office, data: Path, stack: str, named: str) -> tuple[str, str]:
    """Return account and id of the project that is meant: the named one, or the demo's."""
    demo = None if stack or named else demos.load(data)
    if not named and demo is None:
        raise Misused(f"Name the project with --project (`{typed()} projects list`).")
    project_id = named or (demo.project_id if demo else "")
    return projects.account_id_of(office, project_id), project_id
