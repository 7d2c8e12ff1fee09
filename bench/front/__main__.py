"""One attack, as a process of its own: name, seconds, address and keys."""

import sys

from bench.front import attacks

attacks.main(*sys.argv[1:])
