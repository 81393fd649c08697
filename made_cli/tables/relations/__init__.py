"""Relations: what holds between the columns of a table in every row, or in nearly every one.

The values (N, D) that they speak of are those of tables side by side: a number is itself, a label is its code, an
empty cell is NaN.
"""
