"""The searches of the guide run on a Dask cluster, of which a worker is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

distributed = pytest.importorskip("distributed")

GUIDE = Path(__file__).parents[2] / "docs" / "searching.md"
ADDRESS = '"tcp://node1:8786"'


def programs() -> list[str]:
    parts = GUIDE.read_text(encoding="utf-8").split("```python\n")[1:]
    return [part.split("```")[0] for part in parts]


def kill_a_busy_worker(cluster: Any, pids: dict[str, int], killed: list[int]) -> None:
    """Wait until a worker has a task, and kill it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for address, worker in list(cluster.scheduler.workers.items()):
            if worker.processing:
                os.kill(pids[address], signal.SIGKILL)
                killed.append(pids[address])
                return
        time.sleep(0.01)


@pytest.mark.filterwarnings("ignore")
def test_the_searches_of_the_guide_and_a_killed_worker(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = programs()
    assert ADDRESS in first
    names: dict[str, Any] = {"__name__": "__main__"}
    killed: list[int] = []
    with (
        np.errstate(all="ignore"),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
    ):
        exec(first.replace(ADDRESS, repr(cluster.scheduler_address)), names)  # noqa: S102
        client = names["client"]
        pids = client.run(os.getpid)
        assert len(pids) == 2
        thread = threading.Thread(target=kill_a_busy_worker, args=(cluster, pids, killed))
        thread.start()
        exec(second, names)  # noqa: S102
        thread.join()
        left = client.run(os.getpid).values()
        client.close()
    assert len(killed) == 1
    assert killed[0] not in left
    # Both tried the same settings, on the same folds.
    np.testing.assert_array_equal(names["scores"], names["search"].cv_results_["mean_test_score"])
    assert names["candidates"] == names["search"].cv_results_["params"]
    assert names["scores"][0] == names["score"](names["candidates"][0])  # as on one machine
    assert str(names["search"].best_params_) in capsys.readouterr().out
