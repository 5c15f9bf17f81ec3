"""Server-sent events: what happens in a training, sent to every open page."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

HEARTBEAT_SECONDS = 5.0  # also the time after which a lost page is noticed
MAX_WAITING = 500  # events; a page that is that far behind is dropped, and connects again


class Broadcast:
    """Sends events from any thread to the pages that listen."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[dict[str, Any] | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def num_listeners(self) -> int:
        """Number of pages that listen."""
        return len(self._listeners)

    def publish(self, event: dict[str, Any]) -> None:
        """Send an event to all pages."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver, event)

    def close(self) -> None:
        """End all streams."""
        self._deliver(None)

    def _deliver(self, event: dict[str, Any] | None) -> None:
        for queue in list(self._listeners):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                self._listeners.discard(queue)

    async def stream(
        self, first: Callable[[], dict[str, Any]], when_alone: Callable[[], None]
    ) -> AsyncIterator[str]:
        """Yield the events as a stream of text.

        Parameters
        ----------
        first : callable
            Returns the first event, the state so far.
        when_alone : callable
            Called after the last page has gone.
        """
        self._loop = asyncio.get_running_loop()
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MAX_WAITING)
        self._listeners.add(queue)
        try:
            yield encoded(first())
            while queue in self._listeners:
                try:
                    event = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event is None:
                    return
                yield encoded(event)
        finally:
            self._listeners.discard(queue)
            if not self._listeners:
                when_alone()


def encoded(event: dict[str, Any]) -> str:
    """Return one event as text; NaN and infinity, which JSON lacks, become null."""
    return f"data: {json.dumps(_finite(event), separators=(',', ':'))}\n\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
