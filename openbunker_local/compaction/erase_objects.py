"""Objects, and what is not an object yet, of erased customers: finds them and writes them anew.

Which lines go is `openbunker.erasure.lines`' matter. Every object is looked into: erasures are few.
"""

import gzip
from collections.abc import Iterator, MutableSequence, Sequence
from contextlib import suppress
from pathlib import Path

from openbunker.core import layout
from openbunker.erasure.lines import EVENTS, REFUSED, Hunt, Hunting, Sifted, sifted, takers
from openbunker.erasure.mentions import LooseText
from openbunker.erasure.model import Erasure
from openbunker_local.cold.objects import Damaged, size
from openbunker_local.stream import damaged
from openbunker_local.stream.delivery import GZIP_LEVEL
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.id_index import IdIndex
from openbunker_local.stream.undelivered import REFUSED_JOURNAL, framed, unreadable, waiting

_ANY = f"dt=*/hm=*/*{layout.SUFFIX}"

HeldUp = MutableSequence[str]


def underway(data: Path, erasures: Sequence[Erasure]) -> set[str]:
    """Return the ids of erasures of which a row is accepted and in no object yet.

    A line that cannot be read may be anybody's.
    """
    if unreadable(data):
        return {one.erasure_id for one in erasures}
    events, refused = EVENTS(erasures), REFUSED(erasures)
    places: list[tuple[bytes, Hunt]] = [(lines, events) for _, _, lines in waiting(data)]
    journal = sorted((data / REFUSED_JOURNAL).glob("*.journal"))
    places += [(framed(path), refused) for path in journal]
    found: set[str] = set()
    for lines, hunt in places:
        try:
            found |= takers(lines, hunt)
        except (ValueError, KeyError):
            return {one.erasure_id for one in erasures}
    return found


def hers(data: Path, erasures: Sequence[Erasure], held_up: HeldUp) -> dict[Path, Sifted]:
    """Return the hot objects that hold rows of the erasures, with what stays of each.

    Adds to `held_up` the objects that cannot be read: they may hold such rows.
    """
    return dict(_found(data / layout.HOT, erasures, EVENTS, held_up))


def refused_hers(data: Path, erasures: Sequence[Erasure], held_up: HeldUp) -> dict[Path, Sifted]:
    """Return the same of what was refused."""
    return dict(_found(data / layout.REFUSED, erasures, REFUSED, held_up))


def rewrite(data: Path, path: Path, rest: Sifted, disk: Disk) -> None:
    """Replace an object by its lines that stay, or remove it when none does. Raises OSError.

    The index of its minute goes as well: it holds hashes of the ids. It is made anew at need.
    """
    IdIndex(data).forget(path.parent)
    if not rest.kept:
        disk.remove(path)
        with suppress(OSError):  # other objects are there
            path.parent.rmdir()
        return
    part = path.with_name(f".{path.name}.part")
    with disk.open_new(part) as file:
        file.write(gzip.compress(rest.kept, GZIP_LEVEL))
    disk.publish(part, path)


def blank_damaged(data: Path, erasures: Sequence[Erasure], disk: Disk) -> None:
    """Overwrite the lines that may name a customer in what was set aside; the rest stays."""
    wanted = [one.customer_identifier for one in erasures if one.customer_identifier]
    for path in damaged.files(data):
        content = path.read_bytes()
        lines = content.splitlines(keepends=True)
        blank = b"".join(_blanked(line) if _may_name(line, wanted) else line for line in lines)
        if blank != content:
            part = path.with_name(f".{path.name}.part")
            with disk.open_new(part) as file:
                file.write(blank)
            disk.publish(part, path)


def _may_name(line: bytes, names: Sequence[str]) -> bool:
    text = LooseText(line.decode("utf-8", "replace"))
    return any(map(text.may_name, names))


def _blanked(line: bytes) -> bytes:
    """Return spaces in place of a line, but for its frame's header and its end."""
    start, end = max(0, line.find(b"{")), len(line.rstrip(b"\r\n"))
    return line[:start] + b" " * (end - start) + line[end:]


def _found(
    place: Path, erasures: Sequence[Erasure], hunting: Hunting, held_up: HeldUp
) -> Iterator[tuple[Path, Sifted]]:
    hunt = hunting(erasures)
    for path in sorted(place.glob(_ANY)):
        try:
            size(path)  # inflates it once, sums it up, and says why when that fails
            rest = sifted(gzip.decompress(path.read_bytes()), hunt)
        except FileNotFoundError:
            continue  # somebody took it away
        except (Damaged, ValueError, KeyError) as error:
            held_up.append(f"{path} cannot be read: {error}")
            continue
        if rest.gone:
            yield path, rest
