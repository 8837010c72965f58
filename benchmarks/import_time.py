"""What imports cost beyond starting the interpreter, in processor time; and the first use of what `import nn` leaves out.

    python -m benchmarks.import_time

Processor time, since other programs' load changes it less than the time on the clock; on an idle machine with
the files in its cache the two are the same.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

PROGRAMS = ("pass", "import autograd", "import nn", "import nn; nn.fit")


def measure(rounds: int = 15) -> dict[str, list[float]]:
    """Seconds that a fresh interpreter takes for each program, in turns, after a round that fills caches."""
    seconds: dict[str, list[float]] = {program: [] for program in PROGRAMS}
    for turn in range(rounds + 1):
        for program in PROGRAMS:
            spent = subprocess.run(
                [sys.executable, "-c", f"{program}\nimport time\nprint(time.process_time())"],
                check=True,
                capture_output=True,
            ).stdout
            if turn:
                seconds[program].append(float(spent))
    return seconds


def main() -> None:
    seconds = measure()
    bare = seconds.pop("pass")
    print("| | beyond the bare interpreter |")
    print("|---|---:|")
    for program, times in seconds.items():
        extra = statistics.median(a - b for a, b in zip(times, bare, strict=True))
        print(f"| `{program}` | {extra * 1e3:.0f} ms |")


if __name__ == "__main__":
    main()
