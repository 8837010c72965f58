"""What an installed wheel is tested with: the core that it should bring runs, and trains to the bits of the pure one.

    python scripts/wheel_check.py native    # or pure

Run it outside the clone, whose packages would be taken for those that are installed. Exits with 1 and says what is wrong.
"""

from __future__ import annotations

import os
import subprocess
import sys


def losses() -> list[float]:
    """Those of a small net that learns exclusive or, one graph a step."""
    from autograd import Value
    from nn import MLP
    from nn.optim import SGD

    points = [([a, b], float(a != b)) for a in (0.0, 1.0) for b in (0.0, 1.0)]
    model = MLP(2, [8, 1], activation="tanh", seed=0)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    found = []
    for _ in range(200):
        loss = sum(((model(x) - y) ** 2 for x, y in points), Value(0.0)) / len(points)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.data)
    return found


def with_core(core: str) -> str:
    """What this file prints in a process where the core is demanded."""
    return subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, "VALUEGRAD_CORE": core},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def main() -> None:
    if len(sys.argv) == 1:
        print(*map(float.hex, losses()))
        return
    wanted = sys.argv[1]
    from autograd import native

    runs = "pure" if native.core is None else "native"
    if runs != wanted:
        sys.exit(f"the {runs} core runs, not the {wanted} one: {native.why}")
    found = with_core(wanted)
    first, *_, last = map(float.fromhex, found.split())
    if last > first / 10:
        sys.exit(f"the net does not learn: loss {first} -> {last}")
    if found != with_core("pure"):
        sys.exit("the native core's losses are not those of the pure core")
    same = ", bit for bit as the pure core" if wanted == "native" else ""
    print(f"{runs} core: loss {first:.3f} -> {last:.6f}{same}")


if __name__ == "__main__":
    main()
