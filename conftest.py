"""What holds for all tests: Hypothesis profiles, seeds, the core they run on, and what is left out.

``HYPOTHESIS_PROFILE`` (or pytest's ``--hypothesis-profile``) chooses: ``dev`` draws anew each time, ``ci`` draws
the same each time, ``nightly`` draws 10,000 examples a test. Where ``CI`` is set, ``ci`` is the default.

A test marked ``seeds(n)`` gets the ``seed`` of its random program, n of them, from ``--first-seed`` on: by default 0,
so that a plain run draws the same each time. ``python -m tests.random_runs`` draws others.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from autograd import native

collect_ignore: list[str] = []

if importlib.util.find_spec("hypothesis") is None or importlib.util.find_spec("mpmath") is None:
    here = Path(__file__).parent
    collect_ignore += [
        str(here / part)
        for part in ("autograd/testing", "tests/autograd/testing", "tests/properties")
    ]

if importlib.util.find_spec("jax") is None:
    collect_ignore += [str(Path(__file__).parent / "autograd" / "compiler" / "xla")]
# Eight devices to train on, simulated where there are no others; JAX reads it when it is first imported.
os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")

if importlib.util.find_spec("hypothesis") is not None:
    from hypothesis import HealthCheck, settings

    # Absolute times say nothing on a shared machine, and drawing whole programs is slow now and then.
    slow = [HealthCheck.too_slow]
    settings.register_profile("dev", deadline=None, suppress_health_check=slow)
    settings.register_profile(
        "ci", deadline=None, suppress_health_check=slow, derandomize=True, database=None
    )
    settings.register_profile(
        "nightly", deadline=None, suppress_health_check=slow, max_examples=10_000, print_blob=True
    )
    settings.load_profile(
        os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--first-seed", type=int, default=0, help="where tests marked seeds begin to count (0)"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("seeds")
    if marker is not None:
        (count,) = marker.args
        first = metafunc.config.getoption("--first-seed")
        metafunc.parametrize("seed", range(first, first + count))


def pytest_report_header() -> str:
    return f"valuegrad: the {'native' if native.core else 'pure'} core ({native.why})"


@pytest.fixture
def pure_core() -> None:
    """For a test that plants a bug in Python sources which only the pure core runs."""
    if native.core is not None:
        pytest.skip("plants a bug in the pure core, and the native one runs: VALUEGRAD_CORE=pure")
