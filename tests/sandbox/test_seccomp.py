"""The seccomp filter, run as the kernel would."""

import errno
import struct

import pytest

from distill.sandbox.cell.seccomp import seccomp_filter

X86_64, AARCH64 = 0xC000003E, 0xC00000B7
ALLOWED, REFUSED, ABSENT, KILLED = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000


def answer(program: bytes, architecture: int, number: int, argument: int = 0, place: int = 0) -> int:
    """What the filter returns: a machine with one register, of five instructions."""
    steps = list(struct.iter_unpack("<HBBI", program))
    data, register, at = {0: number, 4: architecture, 16 + 8 * place: argument}, 0, 0
    while True:
        code, if_true, if_false, k = steps[at]
        at += 1
        match code:
            case 0x20:
                register = data.get(k, 0)
            case 0x06:
                return int(k)
            case 0x15 | 0x35 | 0x45:
                holds = {0x15: register == k, 0x35: register >= k, 0x45: bool(register & k)}[code]
                at += if_true if holds else if_false


@pytest.mark.parametrize(
    ("number", "argument", "expected"),
    [
        (0, 0, ALLOWED),  # read
        (59, 0, ALLOWED),  # execve
        (57, 0, ALLOWED),  # fork
        (56, 17, ALLOWED),  # clone, as fork does it
        (56, 0x3D0F00, ALLOWED),  # clone, as threads do it
        (56, 0x10000000, REFUSED),  # clone into a new user namespace
        (56, 0x20000000, REFUSED),
        (435, 0, ABSENT),  # clone3
        (41, 1, ALLOWED),  # socket(AF_UNIX)
        (41, 2, REFUSED),  # socket(AF_INET)
        (41, 16, REFUSED),
        (101, 0, REFUSED),  # ptrace
        (53, 1, ALLOWED),  # socketpair(AF_UNIX)
        (53, 2, REFUSED),
        (253, 0, REFUSED),  # inotify_init
        (29, 0, REFUSED),  # shmget
        (133, 0, REFUSED),  # mknod
        (317, 0, REFUSED),  # seccomp
        (335, 0, REFUSED),  # a number that nothing has
        (272, 0x10000000, REFUSED),  # unshare into a user namespace
        (272, 0x10020000, REFUSED),
        (321, 0, REFUSED),  # bpf
        (425, 0, REFUSED),  # io_uring_setup
        (319, 0, REFUSED),  # memfd_create
        (449, 0, ALLOWED),  # futex_waitv
        (450, 0, ABSENT),
        (5000, 0, ABSENT),
        (0x40000000, 0, KILLED),  # x32
        (0xFFFFFFFF, 0, KILLED),
    ],
)
def test_calls_on_x86(number: int, argument: int, expected: int) -> None:
    assert answer(seccomp_filter("x86_64"), X86_64, number, argument) == expected


@pytest.mark.parametrize(
    ("number", "place", "argument", "expected"),
    [
        (272, 0, 0x20000, ALLOWED),  # unshare: a mount namespace
        (272, 0, 0x20000000, ALLOWED),  # one of process ids
        (165, 3, 6, ALLOWED),  # mount without setuid programs and devices
        (165, 3, 4096, REFUSED),  # a bind mount
        (165, 3, 0, REFUSED),
        (308, 1, 0x20000000, ALLOWED),  # setns
        (308, 1, 0x10000000, REFUSED),
        (166, 0, 0, REFUSED),  # umount2
        (155, 0, 0, REFUSED),  # pivot_root
    ],
)
def test_what_puts_the_walls_up_needs_its_very_arguments(number: int, place: int, argument: int, expected: int) -> None:
    assert answer(seccomp_filter("x86_64"), X86_64, number, argument, place) == expected


def test_calls_on_arm() -> None:
    program = seccomp_filter("aarch64")
    assert answer(program, AARCH64, 63) == ALLOWED
    assert answer(program, AARCH64, 117) == REFUSED
    assert answer(program, AARCH64, 220, 0x10000000) == REFUSED
    assert answer(program, AARCH64, 198, 2) == REFUSED


def test_another_architecture_is_killed() -> None:
    assert answer(seccomp_filter("x86_64"), 0x40000003, 0) == KILLED


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(KeyError):
        seccomp_filter("pdp11")
