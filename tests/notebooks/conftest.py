from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def execute(monkeypatch, tmp_path):
    """Runs a notebook in an empty folder, by a kernel of this Python, which imports the packages of this repository."""
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    config = pytest.importorskip("traitlets.config").Config()
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with tempfile.TemporaryDirectory() as sockets:
        if sys.platform != "win32":
            # Sockets in files: a port that is free may be another's before the kernel has it.
            config.KernelManager.transport = "ipc"
            config.KernelManager.ip = f"{sockets}/kernel"

        def run(notebook, folder=tmp_path):
            nbclient.NotebookClient(
                notebook,
                timeout=300,
                kernel_name="python3",
                config=config,
                resources={"metadata": {"path": str(folder)}},
            ).execute()

        yield run
