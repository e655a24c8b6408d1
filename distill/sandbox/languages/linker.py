"""The quickest linker that is installed: of a small program, the usual one takes a tenth of the compiling."""

import shutil


def quick_linker() -> tuple[str, ...]:
    """The option of gcc that names it; nothing where there is only the usual one."""
    return next(((f"-fuse-ld={name}",) for name in ("mold", "lld", "gold") if shutil.which(f"ld.{name}")), ())
