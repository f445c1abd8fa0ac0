"""Rotations of points in space. Pure, and without a library: whoever reviews proposals has none of the converters' ones."""

import math
from collections.abc import Sequence

Vector = tuple[float, float, float]
Motion = tuple[Vector, Vector, Vector]
"""A rotation, row by row."""


def rotation(p: Vector, q: Vector | None, s: Vector, t: Vector | None) -> Motion:
    """The rotation that takes the directions p and q to s and t; without q and t, one that takes p to s."""
    there, here = _frame(s, t), _frame(p, q)
    columns = [turned(_transposed(there), (here[0][i], here[1][i], here[2][i])) for i in range(3)]
    return _transposed(columns)


def refined(motion: Motion, pairs: Sequence[tuple[Vector, Vector]]) -> Motion:
    """The motion turned a little further, so that the squares of what is left between the pairs are least."""
    rows, right = [[0.0] * 3 for _ in range(3)], [0.0] * 3
    for at, there in pairs:
        square = _dot(at, at)
        turn = cross(at, there)
        for i in range(3):
            right[i] += turn[i]
            for j in range(3):
                rows[i][j] += (square if i == j else 0.0) - at[i] * at[j]
    little = _solved(rows, right)
    angle = length(little)
    if angle < 1e-15:
        return motion
    turns = _about(scaled(little, 1 / angle), angle)
    columns = [turned(turns, (motion[0][i], motion[1][i], motion[2][i])) for i in range(3)]
    return _transposed(columns)


def _solved(rows: Sequence[Sequence[float]], right: Sequence[float]) -> Vector:
    """The solution of three equations by Cramer's rule; no turn where all points stand in one line."""
    a, b, c = ((row[0], row[1], row[2]) for row in rows)
    scale = _dot(a, cross(b, c))
    if abs(scale) <= 1e-12 * (rows[0][0] + rows[1][1] + rows[2][2]) ** 3:
        return 0.0, 0.0, 0.0
    x, y, z = right
    total = [x * p + y * q + z * r for p, q, r in zip(cross(b, c), cross(c, a), cross(a, b), strict=True)]
    return total[0] / scale, total[1] / scale, total[2] / scale


def _frame(u: Vector, w: Vector | None) -> Motion:
    """Three axes: along u, and as near to w as can be."""
    x = scaled(u, 1 / length(u))
    if w is None:
        least = min(range(3), key=lambda axis: abs(x[axis]))
        w = (float(least == 0), float(least == 1), float(least == 2))
    z = cross(x, w)
    z = scaled(z, 1 / length(z))
    return x, cross(z, x), z


def _about(axis: Vector, angle: float) -> Motion:
    """The rotation about an axis of length 1."""
    sine, cosine = math.sin(angle), math.cos(angle)
    columns = []
    for i in range(3):
        unit = (float(i == 0), float(i == 1), float(i == 2))
        side, along = cross(axis, unit), axis[i] * (1 - cosine)
        columns.append((
            unit[0] * cosine + side[0] * sine + axis[0] * along,
            unit[1] * cosine + side[1] * sine + axis[1] * along,
            unit[2] * cosine + side[2] * sine + axis[2] * along,
        ))  # fmt: skip
    return _transposed(columns)


def _transposed(rows: Sequence[Vector]) -> Motion:
    a, b, c = rows
    return (a[0], b[0], c[0]), (a[1], b[1], c[1]), (a[2], b[2], c[2])


def turned(motion: Motion, at: Vector) -> Vector:
    a, b, c = motion
    x, y, z = at
    return a[0] * x + a[1] * y + a[2] * z, b[0] * x + b[1] * y + b[2] * z, c[0] * x + c[1] * y + c[2] * z


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def scaled(a: Vector, factor: float) -> Vector:
    return a[0] * factor, a[1] * factor, a[2] * factor


def length(a: Vector) -> float:
    return math.sqrt(_dot(a, a))
