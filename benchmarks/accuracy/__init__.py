"""Time to accuracy: from the start of a process to a test accuracy, in the shortest scripts.

`python -m benchmarks.accuracy` runs one script per library, each as a user of that library would
write it, with the same data on disk. A level counts as reached if the mean test accuracy of all
seeds reaches it at the only evaluation, after the last step.
"""
