"""Commands run as processes of their own, and on what."""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path


def run(command: list[str]) -> tuple[float, float, str]:
    """Seconds, peak memory in MiB and standard output of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, output


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
