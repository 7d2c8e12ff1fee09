"""Objects, and what is not an object yet, of erased customers: finds them and writes them anew.

Which lines go is `openbunker.erasure.lines`' matter. Every object is looked into: erasures are few.
"""

import gzip
from collections.abc import Iterator, MutableSequence, Sequence
from contextlib import suppress
from pathlib import Path

from openbunker.core import layout
from openbunker.erasure.lines import Sifted, Taken, names_customer, needles, of_customer, sifted
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
    places: list[tuple[bytes, Taken]] = [(lines, of_customer) for _, _, lines in waiting(data)]
    journal = sorted((data / REFUSED_JOURNAL).glob("*.journal"))
    places += [(framed(path), names_customer) for path in journal]
    found: set[str] = set()
    for lines, taken in places:
        try:
            found |= _takers(lines, erasures, taken)
        except (ValueError, KeyError):
            return {one.erasure_id for one in erasures}
    return found


def hers(data: Path, erasures: Sequence[Erasure], held_up: HeldUp) -> dict[Path, Sifted]:
    """Return the hot objects that hold rows of the erasures, with what stays of each.

    Adds to `held_up` the objects that cannot be read: they may hold such rows.
    """
    return dict(_found(data / layout.HOT, erasures, of_customer, held_up))


def refused_hers(data: Path, erasures: Sequence[Erasure], held_up: HeldUp) -> dict[Path, Sifted]:
    """Return the same of what was refused."""
    return dict(_found(data / layout.REFUSED, erasures, names_customer, held_up))


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
    """Overwrite the lines that hold a name in what was set aside; the rest stays as it lies."""
    wanted = needles(erasures)
    for path in damaged.files(data):
        content = path.read_bytes()
        blank = bytearray(content)
        for name in wanted:
            at = content.find(name)
            while at >= 0:
                start, end = _line_at(content, at)
                blank[start:end] = b" " * (end - start)
                at = content.find(name, end)
        if blank != content:
            part = path.with_name(f".{path.name}.part")
            with disk.open_new(part) as file:
                file.write(blank)
            disk.publish(part, path)


def _line_at(content: bytes, at: int) -> tuple[int, int]:
    """Return where the line around a place begins, after its frame's header, and where it ends."""
    before = content.rfind(b"\n", 0, at) + 1
    start, end = content.find(b"{", before, at), content.find(b"\n", at)
    return (before if start < 0 else start), (len(content) if end < 0 else end)


def _found(
    place: Path, erasures: Sequence[Erasure], taken: Taken, held_up: HeldUp
) -> Iterator[tuple[Path, Sifted]]:
    for path in sorted(place.glob(_ANY)):
        try:
            size(path)  # inflates it once, sums it up, and says why when that fails
            rest = sifted(gzip.decompress(path.read_bytes()), erasures, taken)
        except FileNotFoundError:
            continue  # somebody took it away
        except (Damaged, ValueError, KeyError) as error:
            held_up.append(f"{path} cannot be read: {error}")
            continue
        if rest.gone:
            yield path, rest


def _takers(lines: bytes, erasures: Sequence[Erasure], taken: Taken) -> set[str]:
    """Return the erasures that take one of the lines, each asked by itself."""
    return {one.erasure_id for one in erasures if sifted(lines, [one], taken).gone}
