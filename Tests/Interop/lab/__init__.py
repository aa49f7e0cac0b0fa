"""What the interop checks, the benchmark and the demo share: places, processes, peers, the relay, and a second reading
of the seal format that has nothing of Waxwing in it. Python standard library only."""
