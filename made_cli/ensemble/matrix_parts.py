"""The matrix of log-likelihoods put together of parts that were computed apart.

Knows: that the parts of a table are of the same members, and that each of them is there, once; the figures of the whole
are then those of one matrix, to the bit.
"""

from collections.abc import Sequence

import numpy as np

from made_cli.ensemble.matrix_file import ANOTHER_FILE, Part
from made_cli.ensemble.members import Scored
from made_cli.ensemble.shard import Shard
from made_cli.errors import Exit, UserError


def check_whose(parts: Sequence[Part], members: str, tables: Sequence[str]) -> None:
    """Refuses parts of other members, or of other tables.

    Args:
        parts: any number.
        members: the fingerprint of the members.
        tables: the fingerprints of the rows of each table.

    Raises:
        UserError: one is refused.
    """
    for part in parts:
        whose = "members" if part.members != members else "rows" if part.rows not in tables else None
        if whose is not None:
            raise UserError(f"{part.file} was made of other {whose}", hint=ANOTHER_FILE, code=Exit.BAD_DATA)


def joined(parts: Sequence[Part]) -> Scored:
    """Puts the parts of one table together.

    Args:
        parts: in any order; one at least.

    Raises:
        UserError: one is missing or there twice, or they are parts of different divisions.
    """
    first, places = parts[0], dict[int, Part]()
    for part in parts:
        problem = None
        if part.shard.count != first.shard.count:
            problem = f"{part.file} is part {part.shard}, and {first.file} part {first.shard}"
        elif part.shard.place in places:
            problem = f"{places[part.shard.place].file} and {part.file} are both part {part.shard}"
        if problem is not None:
            raise UserError(problem, hint="Name each of the N parts once, with --matrix.", code=Exit.BAD_DATA)
        places[part.shard.place] = part
    for place in range(1, first.shard.count + 1):
        if place not in places:
            missing, files = Shard(place, first.shard.count), ", ".join(str(part.file) for part in parts)
            raise UserError(
                f"part {missing} is in none of the files of --matrix: {files}",
                hint=f"Name its file with --matrix as well; --shard {missing} writes it.",
                code=Exit.BAD_DATA,
            )
    in_order = [places[place].scored for place in sorted(places)]
    matrix = np.concatenate([each.matrix for each in in_order])
    return Scored(matrix, np.sum([each.units for each in in_order], axis=0))
