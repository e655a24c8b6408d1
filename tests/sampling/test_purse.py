import pytest

from distill.recipe.sections import GenerateSection, Price
from distill.records import Sampling
from distill.sampling.purse import Bought, Purse, bought_by

PRICE = Price(prompt=1.0, completion=2.0)
SAMPLING = Sampling(max_tokens=1000)
FULL = 1000 * 2.0 / 1e6
"""The cost of a sample of full length."""


def purse(bought: Bought | None = None, price: Price | None = PRICE, **limits: object) -> Purse:
    settings = GenerateSection.model_validate({"sampling": SAMPLING, **limits})
    return Purse(settings, price, bought or Bought())


def test_what_rows_hold_is_counted() -> None:
    rows: list[dict[str, object]] = [
        {"finish_reason": "stop", "num_prompt_tokens": 5, "num_tokens": 7},
        {"finish_reason": "refused", "num_prompt_tokens": 0, "num_tokens": 0},
    ]
    assert bought_by(rows) == Bought(num_samples=2, num_refused=1, num_prompt_tokens=5, num_tokens=7)


def test_without_limits_there_is_always_room() -> None:
    assert purse(Bought(num_samples=10**9, num_tokens=10**12)).has_room(10**6)
    assert purse().limit_reached() is None


def test_samples_under_way_count_among_those_that_the_run_may_hold() -> None:
    one = purse(Bought(num_samples=7), max_samples=10)
    assert [one.has_room(number) for number in range(4)] == [True, True, True, False]
    assert one.limit_reached() is None
    assert purse(Bought(num_samples=10), max_samples=10).limit_reached() == (
        "max_samples: it holds 10 samples of at most 10"
    )


def test_at_first_a_sample_is_expected_to_be_as_long_as_it_may_be() -> None:
    one = purse(max_cost=3 * FULL)
    assert [one.has_room(number) for number in range(4)] == [True, True, True, False]


def test_a_limit_below_one_full_sample_still_buys_one() -> None:
    one = purse(max_cost=FULL / 2)
    assert one.has_room(0)
    assert not one.has_room(1)


def test_later_a_sample_is_expected_to_cost_what_those_before_it_did() -> None:
    bought = Bought()
    for _ in range(99):
        bought.add("stop", 100, 200)
    each = (100 * 1.0 + 200 * 2.0) / 1e6
    assert bought.cost(PRICE) == pytest.approx(99 * each)
    expected = (99 * each + FULL) / 100
    one = purse(bought, max_cost=99 * each + 2.5 * expected)
    assert [one.has_room(number) for number in range(3)] == [True, True, False]
    spent = purse(bought, max_cost=99 * each + 0.5 * expected).limit_reached()
    assert spent is not None
    assert spent.startswith("max_cost: 0.0495 are spent of at most 0.04976")


def test_what_was_refused_cost_nothing_and_says_nothing_of_what_the_next_will_cost() -> None:
    bought = Bought()
    bought.add("length", 100, 800)
    before = purse(bought, max_cost=1.0)._expected(PRICE)
    for _ in range(50):
        bought.add("refused", 0, 0)
    assert purse(bought, max_cost=1.0)._expected(PRICE) == before


def test_a_run_whose_samples_are_all_free_never_ends_for_its_cost() -> None:
    free = Price(prompt=0.0, completion=0.0)
    assert purse(Bought(num_samples=5, num_tokens=10**9), free, max_cost=1.0).has_room(1000)
