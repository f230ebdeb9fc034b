"""Times of the stages of a script, told as they end."""
import time


class Stages:
    """Time since the last stage ended."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def end(self, name):
        wall, cpu = time.perf_counter(), time.process_time()
        print(f"{name}\t{wall - self.wall:.2f}\t{cpu - self.cpu:.2f}", flush=True)
        self.wall, self.cpu = wall, cpu
