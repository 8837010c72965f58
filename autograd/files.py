"""Writing a file so that a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole: under a temporary name beside it, flushed to the disk, then renamed.

    A link stays a link, and what it points to is replaced. The mode is what the umask leaves of 0666; the umask
    itself belongs to all threads, and is not touched.

    Raises:
        OSError: if that fails, such as where the folder does not exist; what was there is then as it was.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder, "a.txt"), b"whole")
    ...     Path(folder, "a.txt").read_bytes()
    b'whole'
    """
    target = Path(os.path.realpath(path))
    # Of the name no more than fits: a name may have 255 bytes, and a letter takes up to four.
    temporary = target.with_name(f".{target.name[:50]}.{os.urandom(4).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Flush the new name too, where the system can; it cannot on Windows, nor in a browser."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
