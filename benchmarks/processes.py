"""Commands run as processes of their own, and on what."""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path


def run(command: list[str]) -> tuple[float, float, str]:
    """Seconds, peak memory in MiB and standard output of a process."""
    report, theirs = os.pipe()
    # A process counts the memory of the one that started it as its own until it becomes the command: this
    # file, as a small process between, keeps the libraries that are loaded here out of the figure.
    watched = [sys.executable, "-I", "-S", __file__, str(theirs), *command]
    process = subprocess.Popen(
        watched, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, pass_fds=[theirs]
    )
    os.close(theirs)
    output = process.communicate()[0]
    with os.fdopen(report) as figures:
        status, seconds, memory = figures.read().split()
    if status != "0":
        sys.exit(f"failed: {' '.join(command)}")
    return float(seconds), float(memory), output


def watch(command: list[str]) -> str:
    """Status, seconds and peak memory in MiB of a command."""
    start = time.perf_counter()
    _, status, usage = os.wait4(os.posix_spawnp(command[0], command, os.environ), 0)
    return f"{status} {time.perf_counter() - start} {usage.ru_maxrss / 1024}"


def processor() -> str:
    """What the processor is called."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def write(text: str, file: Path) -> None:
    """Writes a table, and shows it."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    print(text)


if __name__ == "__main__":
    figures = watch(sys.argv[2:])
    os.write(int(sys.argv[1]), figures.encode())
