"""What reinforcement learning adds to `distill.training.machine.fit`: tokens are sampled before they are trained.

Memory gains the reference model and the engine's share of the card; `memory` knows both. Tokens are an upper bound:
every prompt and completion as long as allowed, in every step. Floating-point operations of a token, for P parameters:
2·P to sample it, 6·P to train it, 2·P for the log-probabilities under the reference, and 2·P more for those under the
weights that sampled it where a rollout serves several steps or an engine of its own sampled. Sampling is taken to run
at a tenth of the card's peak, an assumption: it is bound by memory, and engines differ.
"""

from typing import TYPE_CHECKING

from distill.training.machine.batch import steps
from distill.training.machine.calibration import Calibration
from distill.training.machine.fit import UTILISATION, Estimate, measured_on, notes
from distill.training.machine.gpus import GPUS, GpuName
from distill.training.machine.memory import memory
from distill.training.machine.parameters import num_parameters, shape_of

if TYPE_CHECKING:
    from distill.training.grpo.recipe import GrpoRecipe

SAMPLING_UTILISATION = 0.1


def estimate(
    recipe: "GrpoRecipe", num_gpus: int, gpu: GpuName = "h100", calibration: Calibration | None = None
) -> Estimate:
    """Memory and, as upper bounds, tokens and GPU-hours of `max_steps` steps; zero where a recipe counts epochs."""
    figures = calibration.figures(recipe) if calibration else None
    num_steps = max(0, int(str(recipe.trl.get("max_steps", 0))))
    num_completions = num_steps * recipe.batch_size
    num_sampled = num_completions * recipe.max_completion_length
    num_tokens = num_completions * recipe.max_length
    parameters = num_parameters(shape_of(recipe))
    is_off_policy = recipe.steps_per_rollout > 1 or bool(recipe.trl.get("use_vllm"))
    a_token = 6 + (2 if recipe.trl.get("beta") else 0) + (2 if is_off_policy else 0)
    trained = a_token * parameters * num_tokens / (figures.utilisation if figures else UTILISATION)
    sampled = 2 * parameters * num_sampled / SAMPLING_UTILISATION
    return Estimate(
        gpu=gpu,
        num_gpus=num_gpus,
        num_parameters=parameters,
        memory=memory(recipe, num_gpus, gpu, figures.memory_factor if figures else 1.0),
        host_bytes=0,
        num_tokens=num_tokens,
        num_steps=num_steps,
        rows_per_step=steps(recipe, num_gpus).rows,
        gpu_hours=(trained + sampled) / (GPUS[gpu].tflops * 1e12) / 3600,
        measured_on=measured_on(recipe, calibration),
        notes=tuple(notes(recipe)),
    )
