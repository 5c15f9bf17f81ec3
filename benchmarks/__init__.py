"""Benchmarks against other libraries (peers) on the same workloads, in one run, in alternation.

`python -m benchmarks` runs all of them. Each peer has one process per workload, with everything
imported, compiled and warmed up. The peers take turns for several rounds, one at a time. A process
is stopped while it is not its turn, so that its idle threads take no time from the others.
"""
