"""What a training asks of the machine: its processes, threads, signals and random numbers."""
