"""Build the seccomp filter: a BPF program that refuses the system calls that untrusted programs have no use for.

A list of refusals, not of permissions, so that the runtimes of all languages work; calls newer than the
list do not exist (ENOSYS). What is refused: tracing, mounting, namespaces, keys, BPF, io_uring, modules, clocks,
System V and memfd memory that no limit counts, and every socket but AF_UNIX.
"""

import errno
import platform
import struct

# name: (x86_64, aarch64); None where the architecture lacks it.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "io_setup": (206, 0), "io_submit": (209, 2), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "sethostname": (170, 161), "setdomainname": (171, 162), "personality": (135, 92), "iopl": (172, None),
    "ioperm": (173, None), "modify_ldt": (154, None), "vhangup": (153, 58), "lookup_dcookie": (212, 18),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "inotify_init1": (294, 26), "shmget": (29, 194), "shmat": (30, 196), "semget": (64, 190), "msgget": (68, 186),
    "mq_open": (240, 180), "memfd_create": (319, 279), "memfd_secret": (447, 447), "move_pages": (279, 239),
    "migrate_pages": (256, 238), "mbind": (237, 235), "vmsplice": (278, 75), "mknod": (133, None),
    "mknodat": (259, 33),
}  # fmt: skip
_ARCHITECTURES = {"x86_64": (0, 0xC000003E, 56, 41), "aarch64": (1, 0xC00000B7, 220, 198)}
"""Column of the table above, audit architecture, and the numbers of clone and socket."""
_CLONE3, _NEWEST = 435, 450
_NAMESPACE_FLAGS = 0x7E020000 | 0x80
_AF_UNIX = 1
_X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def seccomp_filter(machine: str = platform.machine()) -> bytes:
    """The filter for `machine`; KeyError where its system call numbers are not known."""
    column, architecture, clone, socket = _ARCHITECTURES[machine]
    refuse, absent = _step(_RETURN, _REFUSE | errno.EPERM), _step(_RETURN, _REFUSE | errno.ENOSYS)
    allow, kill = _step(_RETURN, _ALLOW), _step(_RETURN, _KILL)
    argument = _step(_LOAD, _FIRST_ARGUMENT)
    actions = {row[column]: refuse for row in _REFUSED.values()}
    actions[_CLONE3] = absent  # its flags lie in memory, where no filter sees them; libc then uses clone
    actions[clone] = argument + _step(_ANY_BIT, _NAMESPACE_FLAGS, 0, 1) + refuse + allow
    actions[socket] = argument + _step(_EQUAL, _AF_UNIX, 1, 0) + refuse + allow
    starts = [(0, actions.get(0, allow))]
    for number in range(1, _NEWEST):
        action = actions.get(number, allow)
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
