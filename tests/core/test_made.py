"""One network, one normalised density for every ordering."""

import math

import pytest
import torch

from made_cli.config import NetworkConfig
from made_cli.core.distributions import distributions_of
from made_cli.core.made import Made
from made_cli.core.network import propagate
from made_cli.core.orderings import Ordering, natural
from made_cli.tables.columns.categorical import UNSEEN
from made_cli.tables.columns.kinds import Categorical, Kind
from tests.core.small import (
    BINARY,
    COLOURS,
    CONSTANT,
    LABELS,
    LETTERS,
    LONELY,
    MIXED,
    OFTEN_EMPTY,
    all_rows,
    drawn_made,
    orderings,
)


def total(made: Made, ordering: Ordering, rows: torch.Tensor) -> float:
    return float(made.log_prob(rows, ordering).sum(1).exp().sum().detach())


@pytest.mark.parametrize("conditioning", [True, False])
@pytest.mark.parametrize("hidden", [(12,), (12, 12), (6, 11), (12, 12, 12), (9, 12, 12), (10, 4, 10), (2,), (3, 3)])
def test_the_probabilities_of_all_rows_sum_to_1_under_every_ordering(
    hidden: tuple[int, ...], *, conditioning: bool
) -> None:
    made, rows = drawn_made(LABELS, hidden, conditioning=conditioning), all_rows(LABELS)
    mixture = torch.zeros(len(rows), dtype=torch.float64)
    for ordering in orderings(len(LABELS)):
        probabilities = made.log_prob(rows, ordering).sum(1).exp().detach()
        assert float(probabilities.sum()) == pytest.approx(1, abs=1e-9)
        mixture += probabilities / len(orderings(len(LABELS)))
    assert float(mixture.sum()) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("kinds", [(LETTERS,), (BINARY,), (CONSTANT,), (LONELY, LETTERS), (BINARY, COLOURS)])
@pytest.mark.parametrize("hidden", [(4,), (4, 4), (3, 4, 4)])
def test_tables_of_one_and_of_two_columns_have_a_density(kinds: tuple[Kind, ...], hidden: tuple[int, ...]) -> None:
    for ordering in orderings(len(kinds)):
        assert total(drawn_made(kinds, hidden), ordering, all_rows(kinds)) == pytest.approx(1, abs=1e-9)


def test_each_column_has_its_own_term_in_its_own_place() -> None:
    # The term of the first column of an ordering depends on that column alone, and the outcomes of it sum to 1.
    made, rows = drawn_made(LABELS), all_rows(LABELS)
    for first in range(len(LABELS)):
        ordering = Ordering((first, *(column for column in range(len(LABELS)) if column != first)))
        terms = made.log_prob(rows, ordering)[:, first].detach()
        outcomes = {code: set(terms[rows[:, first] == code].tolist()) for code in set(rows[:, first].tolist())}
        assert all(len(values) == 1 for values in outcomes.values())
        assert sum(math.exp(*values) for values in outcomes.values()) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("kinds", [(LETTERS, COLOURS, LETTERS), (BINARY, BINARY, BINARY), (COLOURS, CONSTANT, BINARY)])
def test_terms_stand_in_the_order_of_the_table_even_where_all_columns_share_a_distribution(
    kinds: tuple[Kind, ...],
) -> None:
    made, rows = drawn_made(kinds), all_rows(kinds)
    for column in range(3):
        ordering = Ordering((column, *(other for other in range(3) if other != column)))
        terms = made.log_prob(rows, ordering)[:, column]
        for code in set(rows[:, column].tolist()):
            assert len(set(terms[rows[:, column] == code].tolist())) == 1


@pytest.mark.parametrize("ordering", orderings(len(MIXED)))
def test_a_column_has_no_gradient_from_itself_or_later_columns(ordering: Ordering) -> None:
    made = drawn_made(MIXED)
    network = made.network
    features = torch.randn(1, len(network.input_columns), dtype=torch.float64, requires_grad=True)
    outputs = propagate(made.under(ordering).weights, features)[0]
    positions = ordering.positions
    for output, column in zip(outputs, network.output_columns.tolist(), strict=True):
        (gradient,) = torch.autograd.grad(output, features, retain_graph=True)
        reached = {int(c) for c in network.input_columns[gradient[0] != 0]}
        before = {c for c in network.input_columns.tolist() if positions[c] < positions[column]}
        assert reached <= before
        assert reached == before  # direct connections alone see to that


def test_scoring_twice_gives_the_same_and_batches_do_not_matter() -> None:
    made, rows = drawn_made(LABELS), all_rows(LABELS)[::7]
    member = made.under(orderings(len(LABELS))[3])
    assert torch.equal(member.log_prob(rows), member.log_prob(rows))
    parts = torch.cat([member.log_prob(part) for part in rows.chunk(9)])
    torch.testing.assert_close(parts, member.log_prob(rows), rtol=0, atol=1e-12)


def test_codes_of_a_byte_score_as_others_do() -> None:
    made, rows = drawn_made(LABELS), all_rows(LABELS)
    expected = made.log_prob(rows, natural(6))
    torch.testing.assert_close(made.log_prob(rows.to(torch.uint8), natural(6)), expected, rtol=0, atol=0)


def test_no_rows_have_no_terms() -> None:
    assert drawn_made(MIXED).log_prob(torch.zeros(0, 7, dtype=torch.float64), natural(7)).shape == (0, 7)


def untrained(kinds: tuple[Kind, ...], codes: torch.Tensor, *, double: bool = True) -> Made:
    made = Made(kinds, NetworkConfig(hidden=(5, 5)), torch.Generator().manual_seed(0))
    made = made.double() if double else made
    made.start_from_base_rates(codes)
    return made


def training_codes() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    seen = [kind.seen for kind in LABELS if isinstance(kind, Categorical)]
    return torch.stack([torch.randint(n, (50,), generator=generator) for n in seen], 1).to(torch.uint8)


@pytest.mark.parametrize("ordering", orderings(len(LABELS))[:4])
def test_the_untrained_model_is_that_of_independent_columns_with_smoothed_rates(ordering: Ordering) -> None:
    codes, rows = training_codes(), all_rows(LABELS)
    terms = untrained(LABELS, codes).log_prob(rows, ordering)
    for index, kind in enumerate(LABELS):
        assert isinstance(kind, Categorical)
        counts = torch.bincount(codes[:, index].long(), minlength=kind.seen).double() + 0.5
        expected = [*(counts / counts.sum() * (1 - sum(kind.unseen))).tolist(), *kind.unseen]
        torch.testing.assert_close(
            terms[:, index].exp(), torch.tensor(expected, dtype=torch.float64)[rows[:, index].long()], rtol=1e-9, atol=0
        )


def test_the_other_value_of_a_constant_column_has_about_the_probability_of_one_row_more() -> None:
    made = untrained((CONSTANT,), torch.zeros(50, 1))
    zero, one = made.log_prob(torch.tensor([[0.0], [1.0]], dtype=torch.float64), natural(1)).exp().flatten().tolist()
    assert one == pytest.approx(1 / 52)
    assert 1 - zero - one == pytest.approx(2 * UNSEEN)


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("kind", [BINARY, CONSTANT, LONELY, OFTEN_EMPTY, COLOURS, LETTERS])
def test_nothing_never_seen_is_certain_or_impossible(kind: Categorical, *, double: bool) -> None:
    made = untrained((kind,), torch.zeros(50, 1), double=double)
    codes = torch.from_numpy(kind.encode(["never seen", "", "1e999", "0.5"])).unsqueeze(1)
    log_prob = made.log_prob(codes, natural(1))
    assert log_prob.dtype == made.dtype
    assert log_prob.isfinite().all()
    assert (log_prob <= math.log(0.05)).all()


@pytest.mark.parametrize("asked_before", [True, False])
def test_the_distribution_of_a_single_column_goes_where_the_network_goes(asked_before: bool) -> None:
    made = drawn_made(MIXED)
    columns = range(len(MIXED)) if asked_before else ()
    before = [made.single(column) for column in columns]
    made.to("meta")
    for column in range(len(MIXED)):
        assert {buffer.device.type for buffer in made.single(column).buffers()} == {"meta"}
    assert [made.single(column) for column in columns] == before


def test_what_single_columns_are_made_of_is_no_weight_of_the_network() -> None:
    made = drawn_made(MIXED)
    names, parameters = list(made.state_dict()), len(list(made.parameters()))
    for column in range(len(MIXED)):
        made.single(column)
    assert (list(made.state_dict()), len(list(made.parameters()))) == (names, parameters)


def test_outcomes_never_seen_show_the_network_nothing() -> None:
    binary, colours = (distributions_of([kind], [0])[0] for kind in (BINARY, COLOURS))
    assert binary.features(torch.arange(4.0).unsqueeze(1)).tolist() == [[-1], [1], [0], [0]]
    assert colours.features(torch.arange(5.0).unsqueeze(1)).tolist() == [*torch.eye(3).tolist(), [0] * 3, [0] * 3]


@pytest.mark.parametrize("ordering", orderings(len(LABELS)))
def test_conditioning_tells_an_output_which_columns_it_is_given_and_a_unit_which_it_sees(ordering: Ordering) -> None:
    made = drawn_made(LABELS)
    network, weights = made.network, made.under(ordering).weights
    positions = torch.tensor(ordering.positions)
    (output,) = torch.autograd.grad(weights.output_bias.sum(), network.output_conditioning, retain_graph=True)
    assert torch.equal(output, (positions < positions[network.output_columns][:, None]).double())
    (unit,) = torch.autograd.grad(weights.input_bias.sum(), network.input_conditioning)
    assert torch.equal(unit, (positions < made.degrees(ordering.connectivity)[0][:, None]).double())
