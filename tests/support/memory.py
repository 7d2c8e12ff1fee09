"""How much memory a process has, by the kernel's numbers (Linux)."""

from pathlib import Path


def resident_mb(pid: int | str = "self") -> float:
    """Return what a process holds now."""
    return _mb(pid, "VmRSS:")


def peak_mb(pid: int | str = "self") -> float:
    """Return the most that a process has held."""
    return _mb(pid, "VmHWM:")


def _mb(pid: int | str, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    (found,) = [line for line in lines if line.startswith(name)]
    return int(found.split()[1]) / 1024
