"""Run untrusted programs.

```
host ── WorkerPool ── worker process ── Cell ── zygote ── fork: one run of one program
        asyncio       knows what is     one      small,    namespaces, private /tmp and /proc, rlimits,
                      expected,         cgroup   warm,     no capabilities, Landlock, seccomp
                      compares                   forgets
```

Each folder holds the code of one degree of trust, from the most to the least:

- `host/` runs in our own process. It hands tasks out, to worker processes or to a sandbox elsewhere.
- `supervisor/` runs in a worker process. It knows what is expected, compares, and runs nothing that it is sent.
- `cell/` puts the walls up: the zygote and its forks, until the moment when the program begins.
- `inside/` shares its process with the program, which may change all of it. It knows nothing that is worth stealing.

Covered: a program sees its input and nothing else: not the expected output (which never enters), not other programs,
not the network, not the machine's files beyond the system's read-only folders and the interpreter. What it reports is
compared outside, so whatever it does to its own process, it can only make itself fail. When its first process ends, the
kernel ends all others and drops all files.

Not covered:

- Bugs of the Linux kernel. A program may call most of it. If you must assume an attacker with such a bug,
  run this inside a virtual machine. The GPU and other devices are not there to attack.
- Side channels: timing, caches, the load that other programs on the machine cause.
- Reading the system: `/usr` and installed packages are visible, so do not keep secrets there.
- Wrong tests. A program that passes weak tests passes. Helper functions that tests take from the program itself
  (some of HumanEval's) are written by the program.
- Without a cgroup (ordinary users without a delegated one), memory of many processes together is summed up 50 times a
  second, so it may be exceeded for a moment; one process can never exceed its own limit.
"""
