"""Run the native core under AddressSanitizer and UndefinedBehaviorSanitizer.

    python scripts/sanitize.py [--programs N] [TESTS ...]

The core is built with both into a copy of the tree, where slots in which no node lives are poisoned (native/memory.h),
and by gcc and clang, those that there are, with all warnings as errors. On the copy run a control, a deliberate use of a
dead node, which must be reported; the tests of engine, transforms, nn and properties, or those that are named; and
random programs of hostile calls. Exits 1 unless all passes and there is no other report. Leaks are the business of
``python -m tests.native.leaks``: CPython keeps too much to its end for LeakSanitizer to tell what is lost.

Needs gcc and the packages of ``pip install -e ".[dev]"``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
WARNINGS = "-std=c11 -Wall -Wextra -Wpedantic -Werror -fno-strict-aliasing -ffp-contract=off -fno-builtin-pow"
TESTS = ("tests/autograd", "tests/nn", "tests/properties", "tests/native")
LEFT_OUT = (
    # Compiled programs run in NumPy, but for those on a tape.
    *(
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests/autograd/compiler").iterdir())
        if path.name
        not in {
            "test_arrays_in_c.py",
            "test_tape.py",
            "test_shortcut.py",
            "test_saved.py",
            "conftest.py",
        }
    ),
    "tests/autograd/emit",  # compiles, with no sanitizer
    "tests/autograd/testing",
    "tests/autograd/drawing/test_notebook.py",  # starts a browser, which is not to be sanitized
    "tests/nn/test_import.py",  # starts Pythons without our environment
    "tests/nn/test_moons_demo.py",
    "tests/native/test_fuzz.py",  # more of it follows
)
CONTROL = """
import ctypes, gc
from autograd import Value
dead = Value(1.0)
address = id(dead)
del dead
ctypes.cast(address, ctypes.py_object).value.data
print("nobody noticed")
"""


def copy(folder: Path) -> None:
    """The tree as git knows it or would know it, without anything built."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def build(folder: Path) -> None:
    """Compile the copy's core, once for its warnings by each compiler, and then with the sanitizers."""
    said = subprocess.run(
        [sys.executable, "-m", "autograd.emit", folder / "built"],
        cwd=folder,
        check=True,
        env={**os.environ, "VALUEGRAD_CORE": "pure", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    print(said.stdout.strip())
    include = [f"-I{folder}/native", f"-I{folder}/built", f"-I{sysconfig.get_path('include')}"]
    source = str(folder / "native/module.c")
    for compiler in ("gcc", "clang"):
        if shutil.which(compiler) is None:
            print(f"{compiler} is not installed: its warnings are not asked for")
            continue
        command = [compiler, *WARNINGS.split(), "-O2", "-fPIC", "-c", source, *include]
        subprocess.run([*command, "-o", os.devnull], check=True)
        print(f"{compiler} warns of nothing: {WARNINGS}")
    options = [
        "-std=c11",
        "-fno-strict-aliasing",
        "-ffp-contract=off",
        "-fno-builtin-pow",
        "-O1",
        "-g",
        "-fPIC",
        "-shared",
    ]
    target = ["-o", str(folder / "autograd/_native.abi3.so"), "-lm"]
    subprocess.run(["gcc", *options, *SANITIZERS.split(), source, *include, *target], check=True)


def environment(folder: Path) -> dict[str, str]:
    """What a sanitized module needs inside a Python that is not; reports go to files beside the copy."""
    libraries = [
        subprocess.run(
            ["gcc", f"-print-file-name=lib{name}.so"], check=True, capture_output=True, text=True
        ).stdout.strip()
        for name in ("asan", "ubsan")
    ]
    return {
        **os.environ,
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": f"detect_leaks=0:allocator_may_return_null=1:log_path={folder}/report",
        "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={folder}/report",
        "PYTHONMALLOC": "malloc",  # so that each object of Python's has an allocation of its own
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "VALUEGRAD_CORE": "native",
        "HYPOTHESIS_PROFILE": "ci",
    }


def reports(folder: Path) -> list[str]:
    """What the sanitizers have written so far, and not been asked for yet."""
    found = []
    for path in sorted(folder.glob("report*")):
        found.append(path.read_text(errors="replace"))
        path.unlink()
    return found


def main() -> int:
    """Build, control, run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--programs", type=int, default=300, help="random programs of hostile calls"
    )
    parser.add_argument("tests", nargs="*", default=TESTS, help="what pytest is given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="valuegrad-") as name:
        folder = Path(name)
        copy(folder)
        build(folder)
        surroundings = environment(folder)

        def run(*arguments: str) -> int:
            print("$ python", *arguments, flush=True)
            began = time.monotonic()
            code = subprocess.run(
                [sys.executable, *arguments], cwd=folder, env=surroundings, check=False
            ).returncode
            print(f"  ended with {code} after {time.monotonic() - began:.0f} s", flush=True)
            return code

        (folder / "control.py").write_text(CONTROL)
        run("control.py")
        (seen, *_), faults = reports(folder) or [""], 0
        if "use-after-poison" not in seen:
            print("the control, a use of a dead node, is not reported")
            return 1
        print("the control, a use of a dead node, is reported: use-after-poison")
        left_out = [f"--ignore={path}" for path in LEFT_OUT]
        # Freed memory waits in the sanitizer's quarantine, so that none comes back to the system.
        left_out.append("-k=not system_has_no_memory_left and not memory_is_flat")
        plain = ["-p", "no:cacheprovider", "-q", "-r", "fE"]
        faults += run("-m", "pytest", *plain, *left_out, *options.tests) != 0
        faults += run("-m", "tests.native.fuzz", f"--programs={options.programs}") != 0
        found = reports(folder)
        print("\n".join(report[:5000] for report in found))
        print(f"{len(found)} reports of the sanitizers, {faults} of 2 runs failed")
    return bool(found or faults)


if __name__ == "__main__":
    sys.exit(main())
