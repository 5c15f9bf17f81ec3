"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import numpy as np

# What is set from outside and changes the figures.
_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "MKL_NUM_THREADS",
)


def describe() -> dict[str, Any]:
    """Return processor, cores, threads and versions, before anything runs."""
    build: Any = np.show_config(mode="dicts")
    blas = build["Build Dependencies"]["blas"]
    return {
        "processor": _processor(),
        "cores": num_cores(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "blas": f"{blas['name']} {blas['version']}",
        **_blas_in_use(),
        "variables": {v: os.environ[v] for v in _VARIABLES if v in os.environ},
        "load_before": round(os.getloadavg()[0], 2),
        "versions": {"numpy": np.__version__},
    }


def num_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    """Name the processor as precisely as the system does."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text().split("\n\n", 1)[0].splitlines()
        halves = (line.partition(":") for line in lines)
        facts = {name.strip(): value.strip() for name, _, value in halves}
        if "model name" in facts:
            numbers = f"family {facts.get('cpu family', '?')}, model {facts.get('model', '?')}"
            return f"{facts['model name']} ({numbers})"
    return platform.processor() or platform.machine()


def _blas_in_use() -> dict[str, Any]:
    """Return how many threads NumPy's products use, and which processor they are written for.

    OpenBLAS chooses its kernels by the processor it takes this one for, which for one newer than
    itself may be an old one: OPENBLAS_CORETYPE names another.
    """
    unknown = {"blas_threads": None, "blas_kernels": None}
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return unknown
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    if not pools:
        return unknown
    pool = pools[0]
    return {"blas_threads": pool["num_threads"], "blas_kernels": pool.get("architecture")}
