"""Build the seccomp filter: a BPF program that lets through the system calls that the runtimes of our languages use.

Everything else is refused (EPERM), and calls newer than the list do not exist (ENOSYS): tracing, keys, BPF, io_uring,
modules, clocks, inotify, System V and memfd memory that no limit counts, and every socket but AF_UNIX.

The zygote installs it once, for itself and all its forks, since installing it costs a tenth of a small run. So it lets
through, with the very arguments that each fork needs, what puts the walls up: a new mount or pid namespace, a plain
mount, and the way back to the zygote's pid namespace. All of these need capabilities, which a fork gives up before the
program begins, and cannot gain again: user namespaces are refused.
"""

import errno
import platform
import struct

# name: (x86_64, aarch64); None where the architecture lacks it.
_ALLOWED: dict[str, tuple[int, int | None]] = {
    # files
    "read": (0, 63), "write": (1, 64), "open": (2, None), "close": (3, 57), "stat": (4, None), "fstat": (5, 80),
    "lstat": (6, None), "lseek": (8, 62), "pread64": (17, 67), "pwrite64": (18, 68), "readv": (19, 65),
    "writev": (20, 66), "preadv": (295, 69), "pwritev": (296, 70), "preadv2": (327, 286), "pwritev2": (328, 287),
    "access": (21, None), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None),
    "pipe2": (293, 59), "sendfile": (40, 71), "fcntl": (72, 25), "flock": (73, 32), "fsync": (74, 82),
    "fdatasync": (75, 83), "truncate": (76, 45), "ftruncate": (77, 46), "getdents": (78, None),
    "getdents64": (217, 61), "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50), "rename": (82, None),
    "renameat": (264, 38), "renameat2": (316, 276), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
    "creat": (85, None), "link": (86, None), "linkat": (265, 37), "unlink": (87, None), "unlinkat": (263, 35),
    "symlink": (88, None), "symlinkat": (266, 36), "readlink": (89, None), "readlinkat": (267, 78),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, None), "fchown": (93, 55),
    "lchown": (94, None), "fchownat": (260, 54), "umask": (95, 166), "utime": (132, None), "utimes": (235, None),
    "utimensat": (280, 88), "futimesat": (261, None), "statfs": (137, 43), "fstatfs": (138, 44), "statx": (332, 291),
    "newfstatat": (262, 79), "faccessat": (269, 48), "faccessat2": (439, 439), "openat": (257, 56),
    "openat2": (437, 437), "close_range": (436, 436), "fallocate": (285, 47), "fadvise64": (221, 223),
    "readahead": (187, 213), "sync_file_range": (277, 84), "splice": (275, 76), "tee": (276, 77),
    "copy_file_range": (326, 285), "getxattr": (191, 8), "lgetxattr": (192, 9), "fgetxattr": (193, 10),
    "listxattr": (194, 11), "llistxattr": (195, 12), "flistxattr": (196, 13), "ioctl": (16, 29),
    # memory
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "mremap": (25, 216),
    "msync": (26, 227), "mincore": (27, 232), "madvise": (28, 233), "mlock": (149, 228), "munlock": (150, 229),
    "mlockall": (151, 230), "munlockall": (152, 231), "mlock2": (325, 284), "get_mempolicy": (239, 236),
    "pkey_mprotect": (329, 288), "pkey_alloc": (330, 289), "pkey_free": (331, 290), "membarrier": (324, 283),
    # waiting
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72), "epoll_create": (213, None),
    "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None), "epoll_pwait": (281, 22),
    "epoll_pwait2": (441, 441), "eventfd": (284, None), "eventfd2": (290, 19), "signalfd": (282, None),
    "signalfd4": (289, 74), "timerfd_create": (283, 85), "timerfd_settime": (286, 86), "timerfd_gettime": (287, 87),
    "futex": (202, 98), "futex_waitv": (449, 449), "nanosleep": (35, 101), "clock_nanosleep": (230, 115),
    "pause": (34, None), "alarm": (37, None), "getitimer": (36, 102), "setitimer": (38, 103),
    "timer_create": (222, 107), "timer_settime": (223, 110), "timer_gettime": (224, 108),
    "timer_getoverrun": (225, 109), "timer_delete": (226, 111), "sched_yield": (24, 124),
    "restart_syscall": (219, 128),
    # signals
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132), "kill": (62, 129), "tkill": (200, 130),
    "tgkill": (234, 131), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    # processes
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281), "exit": (60, 93),
    "exit_group": (231, 94), "wait4": (61, 260), "waitid": (247, 95), "getpid": (39, 172), "getppid": (110, 173),
    "gettid": (186, 178), "getpgrp": (111, None), "getpgid": (121, 155), "setpgid": (109, 154), "getsid": (124, 156),
    "setsid": (112, 157), "set_tid_address": (218, 96), "set_robust_list": (273, 99), "get_robust_list": (274, 100),
    "rseq": (334, 293), "arch_prctl": (158, None), "prctl": (157, 167), "sched_getaffinity": (204, 123),
    "sched_setaffinity": (203, 122), "sched_getparam": (143, 121), "sched_setparam": (142, 118),
    "sched_getscheduler": (145, 120), "sched_setscheduler": (144, 119), "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126), "sched_rr_get_interval": (148, 127), "sched_getattr": (315, 275),
    "sched_setattr": (314, 274), "getpriority": (140, 141), "setpriority": (141, 140), "getcpu": (309, 168),
    # rights
    "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "getresuid": (118, 148), "getresgid": (120, 150), "getgroups": (115, 158), "setuid": (105, 146),
    "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143), "setresuid": (117, 147),
    "setresgid": (119, 149), "setfsuid": (122, 151), "setfsgid": (123, 152), "setgroups": (116, 159),
    "capget": (125, 90), "capset": (126, 91), "getrlimit": (97, 163), "setrlimit": (160, 164),
    "prlimit64": (302, 261), "landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
    # times
    "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "getrusage": (98, 165), "sysinfo": (99, 179), "uname": (63, 160),
    "getrandom": (318, 278),
    # sockets
    "connect": (42, 203), "accept": (43, 202), "accept4": (288, 242), "bind": (49, 200), "listen": (50, 201),
    "sendto": (44, 206), "recvfrom": (45, 207), "sendmsg": (46, 211), "recvmsg": (47, 212), "sendmmsg": (307, 269),
    "recvmmsg": (299, 243), "shutdown": (48, 210), "getsockname": (51, 204), "getpeername": (52, 205),
    "setsockopt": (54, 208), "getsockopt": (55, 209),
}  # fmt: skip
_GUARDED: dict[str, tuple[tuple[int, int], int, tuple[int, ...]]] = {
    "socket": ((41, 198), 0, (1,)),  # AF_UNIX
    "socketpair": ((53, 199), 0, (1,)),
    "unshare": ((272, 97), 0, (0x20000, 0x20000000)),  # a mount namespace, or one of process ids
    "setns": ((308, 268), 1, (0x20000000,)),
    "mount": ((165, 40), 3, (6, 14)),  # without setuid programs and devices, at least
}
"""Calls that are let through with one of these values as an argument: numbers, which argument, values."""
_ARCHITECTURES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}
"""Column of the tables above, audit architecture, and the number of clone."""
_CLONE3, _NEWEST = 435, 450
_NAMESPACE_FLAGS = 0x7E020000 | 0x80
_X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def seccomp_filter(machine: str = platform.machine()) -> bytes:
    """The filter for `machine`; KeyError where its system call numbers are not known."""
    column, architecture, clone = _ARCHITECTURES[machine]
    refuse, absent = _step(_RETURN, _REFUSE | errno.EPERM), _step(_RETURN, _REFUSE | errno.ENOSYS)
    allow, kill = _step(_RETURN, _ALLOW), _step(_RETURN, _KILL)
    actions = {number: allow for row in _ALLOWED.values() if (number := row[column]) is not None}
    for numbers, argument, values in _GUARDED.values():
        checks = [_step(_EQUAL, value, len(values) - place, 0) for place, value in enumerate(values)]
        actions[numbers[column]] = b"".join((_step(_LOAD, _FIRST_ARGUMENT + 8 * argument), *checks, refuse, allow))
    actions[_CLONE3] = absent  # its flags lie in memory, where no filter sees them; libc then uses clone
    actions[clone] = _step(_LOAD, _FIRST_ARGUMENT) + _step(_ANY_BIT, _NAMESPACE_FLAGS, 0, 1) + refuse + allow
    starts = [(0, actions.get(0, refuse))]
    for number in range(1, _NEWEST):
        action = actions.get(number, refuse)
        if action != starts[-1][1]:
            starts.append((number, action))
    starts += [(_NEWEST, absent), (_X32, kill)]
    return _step(_LOAD, _ARCH) + _step(_EQUAL, architecture, 1, 0) + kill + _step(_LOAD, _NUMBER) + _search(starts)


def _search(starts: list[tuple[int, bytes]]) -> bytes:
    """Find the action of a number by halves.

    The kernel walks the filter once for every call there is when it is installed, so its depth is paid in every run.
    """
    if len(starts) == 1:
        return starts[0][1]
    middle = len(starts) // 2
    low, high = _search(starts[:middle]), _search(starts[middle:])
    return _step(_AT_LEAST, starts[middle][0], len(low) // 8, 0) + low + high


def _step(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, k)
