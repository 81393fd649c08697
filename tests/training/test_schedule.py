"""The learning rate over the steps."""

from made_cli.training import schedule


def test_the_learning_rate_rises_then_comes_down_to_zero() -> None:
    plan = schedule.Schedule(budget=10 * schedule.WARM_UP)
    assert plan.factor(0) == 1 / schedule.WARM_UP
    assert plan.factor(schedule.WARM_UP) == 1
    plan.start_decay(600, "a reason")
    factors = [plan.factor(step) for step in range(600, 781)]
    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)
    assert plan.factor(780) == 0
    assert plan.finished(780)
    assert not plan.finished(779)


def test_a_small_budget_is_not_all_warm_up() -> None:
    assert [schedule.Schedule(budget=40).factor(step) for step in (0, 3)] == [0.25, 1]


def test_a_decay_never_goes_beyond_the_budget_nor_the_steps_it_is_given() -> None:
    plan, given = schedule.Schedule(budget=1000), schedule.Schedule(budget=1000)
    plan.start_decay(980, "a reason")
    given.start_decay(980, "a reason", most=7.9)
    assert (plan.decay_end, given.decay_end) == (1000, 987)
