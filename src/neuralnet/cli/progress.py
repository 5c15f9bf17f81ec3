"""Progress of downloads."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn


class DownloadBar:
    """Progress of downloads on standard error: a bar on a terminal, a line elsewhere.

    An instance can be passed to `load_mnist` as `progress`. It is called with a description of the
    download, the number of bytes received, and the total number of bytes if known.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def __call__(self, description: str, done_bytes: int, total_bytes: int | None) -> None:
        """Update the bar of this download, or start one."""
        if description not in self._tasks:
            self._bars.start()
            self._tasks[description] = self._bars.add_task(description, total=None)
            if not self._console.is_terminal:
                self._console.print(f"{description} ...", highlight=False, soft_wrap=True)
        self._bars.update(self._tasks[description], completed=done_bytes, total=total_bytes)
