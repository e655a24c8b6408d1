import random
from pathlib import Path

import pytest

from distill.pipeline.recipe_run import run_recipe
from distill.recipe.recipe import load_recipe
from distill.recipe.sections import Price
from distill.sampling.estimate import PilotSpending, estimate_from_pilot, scaled
from tests.endpoint import Endpoint
from tests.teacher.test_faults import write_prompts


def test_a_pilot_is_part_of_the_run_and_not_bought_twice(tmp_path: Path) -> None:
    file = write_prompts(tmp_path, 40)
    with Endpoint(delay_s=0.01).running() as endpoint:
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(
            f"name: r\nrun: {tmp_path / 'run'}\nprompts: {{file: {file}}}\ngenerate: {{policy: fixed(4)}}\n"
            f"teacher: {{model: toy, endpoints: ['{endpoint.url}'], price: {{prompt: 1, completion: 2}}}}\n"
        )
        found = estimate_from_pilot(load_recipe(str(recipe)), 10)
        assert endpoint.asked.total() == 40
        assert (found.num_prompts, found.num_pilot) == (40, 10)
        assert found.tokens.mean == 40 * (10 + 11 + 12 + 13)
        assert found.kept.mean == 40
        assert found.cost is not None
        assert found.cost.mean == pytest.approx(40 * (46 * 2 + 4 * 5) / 1e6)
        run_recipe(load_recipe(str(recipe)))
        assert endpoint.asked.total() == 160


def test_intervals_hold_what_they_promise() -> None:
    rng = random.Random(0)
    lengths = [int(rng.lognormvariate(8, 1)) for _ in range(2000)]
    whole = [
        PilotSpending(num_tokens=n, num_prompt_tokens=9, seconds=1.0, is_solved=rng.random() < 0.6) for n in lengths
    ]
    truth, num_solved = sum(one.num_tokens for one in whole), sum(one.is_solved for one in whole)
    pilots = [scaled(rng.sample(whole, 200), 2000, 8, None) for _ in range(200)]
    assert sum(found.tokens.low <= truth <= found.tokens.high for found in pilots) > 180
    assert sum(found.kept.low <= num_solved <= found.kept.high for found in pilots) > 180


def test_a_pilot_of_everything_is_certain() -> None:
    all_of_it = [PilotSpending(num_tokens=n, num_prompt_tokens=0, seconds=36.0, is_solved=True) for n in (10, 20, 30)]
    found = scaled(all_of_it, 3, 1, Price(completion=1e6))
    assert found.tokens == (60, 60, 60)
    assert found.hours.mean == pytest.approx(0.03)
    assert found.cost == (60, 60, 60)
