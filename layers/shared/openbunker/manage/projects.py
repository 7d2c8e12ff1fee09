"""What can be done with accounts and projects. No HTTP; refusals name the field.

A deleted project keeps everything for GRACE_MS: its keys stop, and `restore` undoes it.
"""

from collections.abc import Sequence
from dataclasses import replace

from openbunker.core.times import DAY_MS
from openbunker.keys import shape
from openbunker.keys.items import ACTIVE
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.keys.projects import SHARED
from openbunker.manage.model import (
    ACCOUNTS,
    DELETED,
    MASTER_SORT,
    PROJECT_SORT,
    Account,
    Credential,
    Project,
    account_of,
    credential_of,
    owner_of,
    pointer_address,
    project_address,
    project_of,
)
from openbunker.manage.office import (
    Office,
    Page,
    dropped,
    limited,
    page_of,
    persisting,
    unknown,
    written,
)
from openbunker.manage.store import VERSION, Address, MarkProject, Put, Write

MAX_PROJECTS = 100  # the vendor's own limit
GRACE_DAYS = 30
GRACE_MS = GRACE_DAYS * DAY_MS
# More master keys than this cannot overlap: the oldest are taken away.
MAX_MASTERS = 10


def open_account(office: Office, name: str) -> tuple[Account, str]:
    """Make an account; return it and its master key, which is never told again."""
    account = Account(
        account_id=office.new_id("acc"), name=name, created_ms=office.now_ms(), projects=0
    )
    master, text = _master(office, account.account_id, "")
    entry = office.entry("account.create", account.account_id, detail={"name": name})
    office.commit(entry, *written(account), *written(master))
    return account, text


def accounts(office: Office, limit: int, cursor: str | None = None) -> Page[Account]:
    """Return accounts, newest first."""
    return page_of(office, ACCOUNTS, "", account_of, limit=limit, cursor=cursor)


def account(office: Office, account_id: str) -> Account:
    """Return an account. Raises RequestRefused for an unknown one."""
    item = office.items.get(Address(ACCOUNTS, account_id))
    if item is None:
        raise unknown("account_id", "there is no such account")
    return account_of(item)


def create(
    office: Office, account_id: str, name: str, description: str = ""
) -> tuple[Project, str]:
    """Make a project; return it and its master key, which is never told again."""

    def once() -> tuple[Project, str]:
        owner = _with_room(account(office, account_id))
        project = Project(
            project_id=office.new_id("prj"),
            account_id=account_id,
            name=name,
            description=description,
            created_ms=office.now_ms(),
        )
        master, text = _master(office, account_id, project.project_id)
        pointer = {"account_id": account_id, VERSION: 1}
        office.commit(
            office.entry("project.create", account_id, project.project_id, detail={"name": name}),
            *written(replace(owner, projects=owner.projects + 1)),
            *written(project),
            Put(pointer_address(project.project_id), pointer),
            *written(master),
        )
        return replace(project, version=1), text

    return persisting(once)


def listed(office: Office, account_id: str, limit: int, cursor: str | None = None) -> Page[Project]:
    """Return the projects of an account, deleted ones too, newest first."""
    partition = owner_of(account_id, "")
    return page_of(office, partition, PROJECT_SORT, project_of, limit=limit, cursor=cursor)


def project(office: Office, account_id: str, project_id: str) -> Project:
    """Return a project of an account. Raises RequestRefused for an unknown one."""
    item = office.items.get(project_address(account_id, project_id))
    if item is None:
        raise unknown("project_id", "there is no such project")
    return project_of(item)


def living(office: Office, account_id: str, project_id: str) -> Project:
    """Return a project that is not deleted. Raises RequestRefused."""
    found = project(office, account_id, project_id)
    if found.status != ACTIVE:
        raise unknown("project_id", "the project is deleted; restore it first")
    return found


def account_id_of(office: Office, project_id: str) -> str:
    """Return the account of a project, for those who may see all. Raises RequestRefused."""
    item = office.items.get(pointer_address(project_id))
    if item is None:
        raise unknown("project_id", "there is no such project")
    return str(item["account_id"])


def update(
    office: Office,
    account_id: str,
    project_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    dedupe_scopes: str | None = None,
) -> Project:
    """Change a project's name, description or dedupe scopes; None leaves it as it is."""

    def once() -> Project:
        found = living(office, account_id, project_id)
        changed = replace(
            found,
            name=found.name if name is None else name,
            description=found.description if description is None else description,
            dedupe_scopes=dedupe_scopes or found.dedupe_scopes,
        )
        told = {"name": name, "description": description, "dedupe_scopes": dedupe_scopes}
        marks = [_scopes(changed)] if dedupe_scopes else []
        entry = office.entry("project.update", account_id, project_id, detail=told)
        office.commit(entry, *written(changed), *marks)
        return changed

    return persisting(once)


def reset(
    office: Office, account_id: str, project_id: str = "", overlap_seconds: int = 0
) -> tuple[str, int]:
    """Make a new master key; return it and until when (ms) the old ones work.

    Without a project it is the account's. Old ones end now, or after the overlap.
    """

    def once() -> tuple[str, int]:
        if project_id:
            living(office, account_id, project_id)
        else:
            account(office, account_id)
        ends_ms = office.now_ms() + overlap_seconds * 1000
        master, text = _master(office, account_id, project_id)
        action = "project.reset" if project_id else "account.reset"
        office.commit(
            office.entry(
                action,
                account_id,
                project_id,
                detail={"overlap_seconds": overlap_seconds},
            ),
            *written(master),
            *_ended(office, account_id, project_id, ends_ms),
        )
        return text, ends_ms

    return persisting(once)


def delete(office: Office, account_id: str, project_id: str) -> Project:
    """Stop a project's keys; everything is kept for the grace. Deleting twice changes nothing."""

    def once() -> Project:
        found = project(office, account_id, project_id)
        if found.status != ACTIVE:
            return found
        owner = account(office, account_id)
        gone = replace(found, status=DELETED, deleted_ms=office.now_ms())
        office.commit(
            office.entry("project.delete", account_id, project_id),
            *written(gone),
            *written(replace(owner, projects=owner.projects - 1)),
            MarkProject(project_id, {"status": DELETED}),
        )
        return gone

    return persisting(once)


def restore(office: Office, account_id: str, project_id: str) -> Project:
    """Take a deletion back while the grace lasts; the keys work again within a minute."""

    def once() -> Project:
        found = project(office, account_id, project_id)
        if found.deleted_ms is None:
            return found
        if office.now_ms() >= found.deleted_ms + GRACE_MS:
            raise unknown("project_id", f"it was deleted more than {GRACE_DAYS} days ago")
        owner = _with_room(account(office, account_id))
        back = replace(found, status=ACTIVE, deleted_ms=None)
        office.commit(
            office.entry("project.restore", account_id, project_id),
            *written(back),
            *written(replace(owner, projects=owner.projects + 1)),
            MarkProject(project_id, without=("status",)),
        )
        return back

    return persisting(once)


def _scopes(project: Project) -> MarkProject:
    """Return what lets the hot path know of a project's dedupe scopes."""
    if project.dedupe_scopes == SHARED:
        return MarkProject(project.project_id, without=("dedupe_scopes",))
    return MarkProject(project.project_id, {"dedupe_scopes": project.dedupe_scopes})


def _with_room(owner: Account) -> Account:
    if owner.projects >= MAX_PROJECTS:
        raise limited("account_id", f"an account has at most {MAX_PROJECTS} projects")
    return owner


def _master(office: Office, account_id: str, project_id: str) -> tuple[Credential, str]:
    text = shape.secret(KeyKind.MASTER, office.random_bytes)
    key = Key(
        key_id=office.new_id("key"),
        kind=KeyKind.MASTER,
        account_id=account_id,
        project_id=project_id,
    )
    made = Credential(
        key=key, key_hash=hash_of(text), name="master key", created_ms=office.now_ms()
    )
    return made, text


def _ended(office: Office, account_id: str, project_id: str, ends_ms: int) -> Sequence[Write]:
    """Return the writes that end the master keys there are, those of long ago at once."""
    owner, now_ms = owner_of(account_id, project_id), office.now_ms()
    found = office.items.page(owner, MASTER_SORT, MAX_MASTERS * 2, newest=True)
    masters = [credential_of(item) for _, item in found]
    going = [
        one
        for number, one in enumerate(masters)
        if number >= MAX_MASTERS or min(ends_ms, one.key.expires_ms or ends_ms) <= now_ms
    ]
    staying = [one for one in masters if one not in going]
    writes = list(dropped(going))
    for one in staying:
        ends = min(ends_ms, one.key.expires_ms or ends_ms)
        writes += written(replace(one, key=replace(one.key, expires_ms=ends)))
    return writes
