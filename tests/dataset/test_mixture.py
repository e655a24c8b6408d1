import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.dataset.mixture import Filled, Mixture, Quota, quota_numbers, scale, shortage
from distill.errors import RecipeError
from distill.recipe.loading import load_named

R1 = (395285, 211129, 10124, 10395, 177812)


def mixture(*rows: int) -> Mixture:
    return Mixture(name="toy", quotas=tuple(Quota(rows=number, source=str(place)) for place, number in enumerate(rows)))


def test_the_r1_preset_has_the_counts_of_the_paper() -> None:
    preset = load_named(Mixture, "r1-800k", "mixtures")
    assert tuple(quota.rows for quota in preset.quotas) == R1
    assert preset.num_rows == 804745


def test_a_mixture_at_its_own_size_is_unchanged() -> None:
    assert scale(mixture(*R1), sum(R1)) == list(R1)


def test_the_largest_remainders_get_the_rows_that_rounding_left() -> None:
    assert scale(mixture(1, 1, 1), 10) == [4, 3, 3]
    assert scale(mixture(*R1), 1000) == [491, 262, 13, 13, 221]


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8), st.integers(1, 10**7))
def test_quotas_add_up_and_are_off_by_less_than_a_row(rows: list[int], total: int) -> None:
    scaled = scale(mixture(*rows), total)
    assert sum(scaled) == total
    assert all(abs(part - row * total / sum(rows)) < 1 + 1e-6 for part, row in zip(scaled, rows, strict=True))


def test_a_prompt_counts_towards_the_first_quota_that_holds_it() -> None:
    wanted = Mixture(
        name="toy",
        quotas=(
            Quota(rows=1, domain="math", source="aime"),
            Quota(rows=1, domain="math"),
            Quota(rows=1, source="aime"),
            Quota(rows=1, language="de", license="MIT"),
        ),
    )
    kinds = [
        (["math", "code"], [0, 0, 1, 1, 1, 1]),
        (["aime", "other"], [0, 1, 0, 1, 1, 1]),
        (["en", "de"], [0, 0, 0, 0, 1, 1]),
        (["mit", ""], [0, 0, 0, 0, 0, 1]),
    ]
    coded = [(words, np.array(codes, dtype=np.int32)) for words, codes in kinds]
    assert quota_numbers(wanted, coded).tolist() == [0, 1, 2, -1, 3, -1]


def test_a_shortage_says_what_would_fill_it_at_the_measured_yield() -> None:
    quotas = [
        Filled(name="math", num_wanted=500, num_rows=300, num_prompts=400, num_samples=1600),
        Filled(name="code", num_wanted=10, num_rows=0, num_prompts=20, num_samples=80),
        Filled(name="logic", num_wanted=10, num_rows=0, num_prompts=0, num_samples=0, prompts="gym:logic"),
        Filled(name="stem", num_wanted=10, num_rows=10, num_prompts=20, num_samples=80),
    ]
    assert shortage(quotas) == (
        "math has 300 of 500 rows from 400 prompts (0.75 rows a prompt): about 267 more prompts, 1,068 samples, would "
        "fill it; code has 0 of 10 rows from 20 prompts, so its yield is unknown; logic has 0 of 10 rows, for there is "
        "no prompt for it (prompts for it: `distill prompts gym:logic --size 10 --out FILE`)"
    )
    assert shortage(quotas[3:]) is None


def test_prompts_that_are_made_for_a_quota_are_asked_for_at_the_measured_yield() -> None:
    logic = Filled(name="logic", num_wanted=100, num_rows=50, num_prompts=80, num_samples=9, prompts="gym:logic")
    assert "`distill prompts gym:logic --size 160 --out FILE`" in str(shortage([logic]))


def test_the_logic_of_r1_is_made_of_puzzles() -> None:
    for name in ("r1-800k", "r1-reasoning"):
        (logic,) = [quota for quota in load_named(Mixture, name, "mixtures").quotas if quota.domain == "logic"]
        assert logic.prompts == "reasoning-gym:logic"


def test_a_mixture_that_makes_no_sense_is_refused(tmp_path: object) -> None:
    with pytest.raises(RecipeError, match="one of r1-800k"):
        load_named(Mixture, "r1-900k", "mixtures")
