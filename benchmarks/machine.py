"""Description of the machine that runs the benchmarks."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import numpy as np

# Environment variables that affect the times.
_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "MKL_NUM_THREADS",
)


def describe() -> dict[str, Any]:
    """Return processor, cores, threads, versions and the system load before the benchmarks run."""
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
    """Return the number of cores available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    """Return the name of the processor as the operating system reports it."""
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
    """Return the number of BLAS threads and the processor type of the BLAS kernels.

    OpenBLAS may not recognize a processor that is newer than itself and may then choose kernels for
    an old one. OPENBLAS_CORETYPE overrides the choice.
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
