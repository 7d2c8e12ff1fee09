"""A process that puts lines into an embedded stream and writes each to its output once answered.

    python -m tests.support.put_numbers DATA ROUND

Runs until it is killed; that is what it is for.
"""

import os
import sys
import threading
from pathlib import Path

from openbunker_local.stream.stream import EmbeddedStream

THREADS = 8


def main(data: Path, round_name: str) -> None:
    """Put from several threads, without end."""
    stream = EmbeddedStream(data, deliver_after_seconds=0.01)

    def put(thread: int) -> None:
        number = 0
        while True:
            line = b"%s-%d-%d\n" % (round_name.encode(), thread, number)
            if "RecordId" in stream.put_record_batch([line])[0]:
                os.write(1, line)  # one write of a short line is never torn
            number += 1

    for thread in range(THREADS):
        threading.Thread(target=put, args=(thread,)).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
