"""The build of the native core, which hatchling runs for a wheel and for ``pip install -e .``

The core is compiled where there are a compiler and Python's headers. Elsewhere the project is whole without it, and one
line says why: in what the build prints (``pip install -v`` shows it), and in the metadata of what is installed, where
``python -m autograd`` reads it. ``VALUEGRAD_BUILD=pure`` leaves the core out, ``VALUEGRAD_BUILD=native`` fails where it
cannot be built. ``CC``, ``CFLAGS`` and ``LDFLAGS`` are heeded.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PACKAGE = ROOT / "autograd"

SWITCH = "VALUEGRAD_BUILD"
NOTE = "no_native_core.txt"
"""The file among the metadata that says why there is no native core."""

# The user's CFLAGS come after Python's and these, and before what makes the numbers those of the pure core.
DEFAULTS = "-O3 -g0"
# Compilers know better ways to a power by a constant, of which the last bit may be another than that of pow.
# A function that is not in the limited API is not declared, and C would take it for one that returns an int.
STRICT = [
    "-std=c11",
    "-fno-strict-aliasing",
    "-fno-fast-math",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
]
STRICT += ["-fno-builtin-pow", "-Werror=implicit-function-declaration"]
STRICT_MSVC = ["/std:c11", "/O2", "/fp:precise"]


class NativeCore(BuildHookInterface[Any]):
    """Adds the native core to what hatchling builds, if there can be one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the core: into the tree for an editable installation, else for the wheel alone.

        Raises:
            ValueError: if the switch is set to something unknown.
            RuntimeError: if the switch demands a native core and there is none; it has the compiler's message.
        """
        wanted = os.environ.get(SWITCH, "")
        if wanted not in {"", "pure", "native"}:
            raise ValueError(f"{SWITCH} must be pure, native or empty, not {wanted!r}")
        editable = version == "editable"
        if editable:
            for stale in PACKAGE.glob("_native*"):
                if stale.suffix in {".so", ".pyd"}:
                    stale.unlink()
        folder = Path(mkdtemp(prefix="valuegrad-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)  # hatchling packs it later
        try:
            built = build(folder, wanted)
        except BuildError as error:
            if wanted == "native":
                raise RuntimeError(
                    f"{SWITCH}=native, but there is no native core: {error}"
                ) from None
            self.app.display_warning(f"valuegrad goes without its native core: {error.reason}")
            note = folder / NOTE
            note.write_text(f"{error.reason}\n", encoding="utf-8")
            build_data["extra_metadata"][str(note)] = NOTE
            return
        if editable:
            shutil.copy(built, PACKAGE)
            return
        build_data["force_include"][str(built)] = f"{PACKAGE.name}/{built.name}"
        # Hatchling knows what systems call themselves, and for macOS the least version and the processors asked for.
        platform = self.build_config.builder.get_best_matching_tag().rpartition("-")[2]
        build_data["tag"] = f"cp311-abi3-{platform}"
        build_data["pure_python"] = False


class BuildError(Exception):
    """The core cannot be built; the text is all that was said."""

    @property
    def reason(self) -> str:
        """The line that says what went wrong."""
        lines = str(self).strip().splitlines() or ["nobody says why"]
        errors = (line for line in lines if re.search(r"(?i)\berror( \w+)?:", line))
        line = next(errors, lines[-1]).strip().removeprefix("error: ")
        # Where the compiler itself says nothing, setuptools tells its whole command.
        return re.sub(r"^Command '\['([^']+)'.*\]'", r"\1", line)


def build(folder: Path, wanted: str = "") -> Path:
    """Print the table of primitives as C, and compile it and the sources; all that comes of it goes to the folder.

    Raises:
        BuildError: if that fails, if the core is not for this Python, or if it is not wanted.
    """
    if wanted == "pure":
        raise BuildError(f"{SWITCH}=pure asks for that")
    if sys.implementation.name != "cpython":
        raise BuildError(f"it is for CPython, not for {sys.implementation.name}")
    if "wasm" in sysconfig.get_platform():
        raise BuildError("it is not for WebAssembly")
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise BuildError("it is not for a free-threaded Python")
    # The package is imported from here, whatever is installed.
    run(["-m", "autograd.emit", folder], VALUEGRAD_CORE="pure", PYTHONPATH=str(ROOT))
    flags = [sysconfig.get_config_var("CFLAGS") or "", DEFAULTS, os.environ.get("CFLAGS", "")]
    run([__file__, folder], CFLAGS=" ".join(flags))
    (built,) = folder.glob("lib/autograd/_native*")
    return built


def run(arguments: list[Any], **environment: str) -> None:
    """Run Python in a process of its own, whose output nobody sees unless it fails."""
    try:
        subprocess.run(
            [sys.executable, *arguments],
            cwd=HERE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except subprocess.CalledProcessError as error:
        raise BuildError(error.output) from None
    except OSError as error:
        raise BuildError(str(error)) from None


def compile_module(folder: str) -> None:
    """Let setuptools compile: it knows the compilers of all systems."""
    from setuptools import Extension, setup

    msvc = sysconfig.get_platform().startswith("win")
    core = Extension(
        "autograd._native",
        ["module.c"],
        include_dirs=[".", folder],
        libraries=[] if msvc else ["m"],
        extra_compile_args=STRICT_MSVC if msvc else STRICT,
        py_limited_api=True,
    )
    places = [f"--build-lib={folder}/lib", f"--build-temp={folder}/temp"]
    setup(ext_modules=[core], script_args=["--quiet", "build_ext", *places])


if __name__ == "__main__":
    compile_module(sys.argv[1])
