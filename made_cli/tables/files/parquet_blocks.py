"""A Parquet file, read a block of rows at a time.

Knows: how many rows there are and which columns have empty cells, the file says without being read; row groups are read
a few rows at a time, small ones together. All blocks have the types that the whole would have.
"""

from collections.abc import Generator, Iterator, Sequence
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from made_cli.tables.files.reading import decoding, frame_of_arrow, names_of, usable
from made_cli.tables.files.rejects import Rejects
from made_cli.tables.files.table import Part, Table

_BUFFER = 1 << 20
"""Bytes of each column that are read from the disk at a time."""


class ParquetBlocks:
    """The rows of a file.

    Args:
        path: of the file.
        cells: of a block, about.

    Attributes:
        names: (D,) of the columns.
        size: how many rows there are.

    Raises:
        UserError: it cannot be read, or its columns cannot be used.
    """

    def __init__(self, path: str, cells: int) -> None:
        self.path = path
        with self._opened() as file:
            self.names = names_of(file.schema_arrow, path)
            self._metadata, self._schema = file.metadata, file.schema_arrow
        self.size: int = self._metadata.num_rows
        self._rows_at_once = max(1, cells // len(self.names))

    def tables(self, wanted: slice, rejects: Rejects | None = None) -> Generator[Part]:
        """Yields the rows of the file block by block; row groups of no wanted row are passed over.

        Raises:
            UserError: the file cannot be read.
        """
        start = 0
        with self._opened() as file:
            for count, groups in self._groups():
                if wanted.start < start + count and start < wanted.stop:
                    batches = self._batches(file, row_groups=groups)
                    first = start
                    for batch in batches:
                        yield Part(self._table(batch, first), batch.num_rows, batch.num_rows)
                        first += batch.num_rows
                else:
                    yield Part(None, count, count)
                start += count

    def empty(self) -> Table:
        """Returns a table without rows, of the types that all blocks have."""
        return self._table(self._schema.empty_table(), 0)

    def _batches(self, file: pq.ParquetFile, **which: Sequence[object]) -> Iterator[pa.Table]:
        with decoding(self.path, "Parquet"):
            for batch in file.iter_batches(self._rows_at_once, **which):
                yield pa.Table.from_batches([batch])

    def _opened(self) -> pq.ParquetFile:
        with decoding(self.path, "Parquet"):
            return pq.ParquetFile(self.path, pre_buffer=False, buffer_size=_BUFFER)

    def _groups(self) -> Iterator[tuple[int, list[int]]]:
        """Yields row groups that are read together: their rows, and which they are."""
        count, groups = 0, list[int]()
        for group in range(self._metadata.num_row_groups):
            groups.append(group)
            count += self._metadata.row_group(group).num_rows
            if count >= self._rows_at_once or group == self._metadata.num_row_groups - 1:
                yield count, groups
                count, groups = 0, []

    def _table(self, cells: pa.Table, start: int) -> Table:
        for place, name in enumerate(cells.column_names):
            if name in self._labels:
                cells = cells.set_column(place, name, _relabelled(cells.column(place), self._labels[name]))
        frame = frame_of_arrow(cells, self.names, self._full)
        return Table(frame, self.path, None, (), ((-start, self.path),))

    @cached_property
    def _full(self) -> frozenset[str]:
        """The columns of which all row groups say that no cell is empty."""
        groups = [self._metadata.row_group(group) for group in range(self._metadata.num_row_groups)]
        return frozenset(
            name
            for place, name in enumerate(self._schema.names)
            if all(
                (column := group.column(place)).is_stats_set and column.statistics.null_count == 0 for group in groups
            )
        )

    @cached_property
    def _labels(self) -> dict[str, pa.Array]:
        """The labels of columns of labels: of all row groups, which may each have their own."""
        of_labels = [field for field in self._schema if pa.types.is_dictionary(field.type)]
        labels = {field.name: usable(pa.array([], field.type.value_type)) for field in of_labels}
        if labels:
            with self._opened() as file:
                for batch in self._batches(file, columns=list(labels)):
                    for name, known in labels.items():
                        own = usable(batch.column(name).chunk(0).dictionary)
                        labels[name] = known if own.equals(known) else pc.unique(pa.concat_arrays([known, own]))
        return labels


def _relabelled(column: pa.ChunkedArray, labels: pa.Array) -> pa.ChunkedArray:
    """Returns a column with these labels for its own, which are among them."""
    index, ordered = column.type.index_type, column.type.ordered
    chunks = []
    for chunk in column.chunks:
        places = pc.index_in(usable(chunk.dictionary), value_set=labels).cast(index)
        chunks.append(pa.DictionaryArray.from_arrays(places.take(chunk.indices), labels, ordered=ordered))
    return pa.chunked_array(chunks, pa.dictionary(index, labels.type, ordered))
