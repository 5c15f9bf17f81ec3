"""The network and its peers, side by side: the same work, in one run, in alternation.

`python -m benchmarks` runs all of it. One process stands ready for each peer at each work, with
everything imported, compiled and warmed up; they take turns, one at a time, for several rounds.
Nothing of a process runs while it is not its turn, so no idle thread takes time from another.
"""
