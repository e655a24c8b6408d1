"""The teachers that distill knows how to serve: `recipes/teachers/NAME.yaml`, and on which hardware."""

from pydantic import Field, PositiveFloat, PositiveInt

from distill.errors import RecipeError
from distill.recipe.loading import load_named
from distill.recipe.sections import Engine, TeacherSection
from distill.records import Sampling
from distill.references import Record

KIND = "teachers"


class Hardware(Record):
    """What a teacher needs on one kind of machine, `8xH100` or `2x8xH100` (two nodes)."""

    num_slots: PositiveInt
    """Samples that are decoded at once, over all replicas."""
    num_nodes: PositiveInt = 1
    args: tuple[str, ...] = ()


class Teacher(Record):
    """A model, how to sample it, and how to serve it."""

    model: str | None = None
    """What it is called; None: as its weights are."""
    engine: Engine = "vllm"
    weights: str
    license: str
    weights_gb: PositiveFloat
    context_length: PositiveInt
    sampling: Sampling
    """As its makers advise."""
    args: tuple[str, ...] = ()
    hardware: dict[str, Hardware] = Field(min_length=1)


def load_teacher(name: str) -> Teacher:
    """A teacher of the catalogue."""
    return load_named(Teacher, name, KIND)


def section(name: str, hardware: str | None, node: int = 0, head: str | None = None) -> TeacherSection:
    """The `teacher:` section that serves a teacher on some hardware.

    On several nodes, the same command runs on each, with its number and the address of node 0.
    """
    teacher = load_teacher(name)
    known = teacher.hardware
    if hardware not in known and (hardware is not None or len(known) > 1):
        first, *_ = known
        raise RecipeError(
            f"{name} is set up for {', '.join(known)}; say which with --on, as in `distill serve {name} --on {first}`."
        )
    chosen = known[hardware] if hardware else next(iter(known.values()))
    args = (*teacher.args, *chosen.args)
    if chosen.num_nodes > 1:
        if head is None:
            raise RecipeError(f"{name} on {hardware} takes {chosen.num_nodes} nodes; give --node N and --head ADDRESS.")
        args += ("--nnodes", str(chosen.num_nodes), "--node-rank", str(node), "--master-addr", head)
        args += ("--headless",) if node else ()
    return TeacherSection(
        model=teacher.model or teacher.weights,
        engine=teacher.engine,
        weights=teacher.weights,
        num_slots=chosen.num_slots,
        context_length=teacher.context_length,
        args=args,
    )


def node_local(name: str, hardware: str) -> tuple[TeacherSection, int]:
    """A teacher that every worker starts for itself, and the GPUs that it takes there."""
    if hardware.count("x") > 1:
        raise RecipeError(f"A worker is one node, and {hardware} is several; serve {name} and give its --endpoint.")
    *count, kind = hardware.split("x")
    num_gpus = 0 if kind == "cpu" else int(count[0])
    return section(name, hardware), num_gpus
