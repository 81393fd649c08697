"""An estimate with its uncertainty, as people read it: 0.41 ± 0.08 (members 0.31–0.55; sampling error < 0.001).

Knows: how many digits an uncertainty supports, and from where on a figure is as good as 0.
"""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from made_cli.inference.disagreement import Disagreement
    from made_cli.inference.queries import Probability

NOTHING = 1e-12
"""A probability below this is shown as 0: the networks' float32 tells nothing so small apart."""
PRECISION = 1e-6
"""Of an estimate; an uncertainty below this share of it is rounding, and shown as less than that."""
SMALL = 1e-3
"""Figures below this are shown with an exponent."""


def decimals(uncertainty: float) -> int:
    """Returns how many digits after the point an uncertainty supports: two digits of it up to 35, of higher ones one.

    Reference: *Review of Particle Physics*, Particle Data Group, section 5.3 of the introduction.

    >>> decimals(0.0812), decimals(0.0132), decimals(0.097)
    (2, 3, 2)
    """
    leading, exponent = f"{uncertainty:.2e}".split("e")
    return max(0, (float(leading) < 3.55) - int(exponent))


def described(count: int, members: "Disagreement | None") -> dict[str, object]:
    """Returns how far so many members disagree, as JSON holds it; None where there is nothing to see of it."""
    return {"count": count, **dict.fromkeys(("std", "least", "greatest")), **(asdict(members) if members else {})}


def shown(found: "Probability") -> str:
    """Returns an estimated probability in a line: what it is, ± one standard deviation, and what that is made of."""
    p, uncertainty, members = found.estimate, found.uncertainty, found.disagreement
    if uncertainty == 0 and p in (0, 1):
        return f"{p:.0f} (certain)"
    rounding = max(PRECISION * p, NOTHING)
    if members is None or uncertainty is None:
        who = "one member" if found.permutations == 1 else f"{found.permutations} members that are alike here"
        digits = decimals(max(found.se, min(p, 1 - p) / 100, rounding))
        return f"{_figure(p, digits, p)} ({who}: how sure cannot be told; {_sampling(found.se, digits, p)})"
    power, scale, is_told = math.ceil(math.log10(rounding)), max(p, uncertainty), uncertainty >= rounding
    digits = decimals(uncertainty) if is_told else -power
    value, least, greatest = (_figure(figure, digits, scale) for figure in (p, members.least, members.greatest))
    margin = _figure(uncertainty, digits, scale) if is_told else f"< {10.0**power:g}"
    span = f"all {least}" if least == greatest else f"{least}–{greatest}"
    return f"{value} ± {margin} (members {span}; {_sampling(found.se, digits, scale)})"


def _figure(figure: float, digits: int, scale: float) -> str:
    """Returns a figure to so many digits after the point, with an exponent where all figures of the line are small."""
    if figure < NOTHING:
        return "0"
    if scale >= SMALL or figure < 0.5 * 10.0**-digits:
        return f"{figure:.{digits if scale >= SMALL else 0}f}"
    return f"{figure:.{max(0, digits + math.floor(math.log10(figure)))}e}"


def _sampling(se: float, digits: int, scale: float) -> str:
    if se == 0:
        return "no sampling error"
    least = 10.0 ** -(digits + 1)
    return f"sampling error {_figure(se, digits + 1, scale)}" if se >= least else f"sampling error < {least:g}"
