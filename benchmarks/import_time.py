"""What `import autograd` costs beyond starting the interpreter.

python -m benchmarks.import_time
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

PROGRAMS = {"nothing": "pass", "autograd": "import autograd", "nn": "import nn"}


def measure(rounds: int = 15) -> dict[str, list[float]]:
    """Seconds that a fresh interpreter takes for each program, in turns, after a round that fills caches."""
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for turn in range(rounds + 1):
        for name, program in PROGRAMS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True)
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def main() -> None:
    seconds = measure()
    bare = seconds.pop("nothing")
    print("| import | median beyond the bare interpreter |")
    print("|---|---:|")
    for name, times in seconds.items():
        extra = statistics.median(a - b for a, b in zip(times, bare, strict=True))
        print(f"| {name} | {extra * 1e3:.0f} ms |")


if __name__ == "__main__":
    main()
