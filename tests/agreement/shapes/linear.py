"""Matrices: products, triangles, bands, factorizations, iterations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd as ag

from ._tools import dot, normals, rows, squares, times

if TYPE_CHECKING:
    import random

    from ._tools import Made, Rows


def matrix_times_vector(rng: random.Random, n: int) -> Made:
    m = rng.randint(1, 8)
    a = rows(normals(rng, n * m), n)
    return lambda x: squares([dot(row, x) for row in a]), normals(rng, n)


def vector_times_matrix(rng: random.Random, n: int) -> Made:
    m = rng.randint(1, 6)
    v = normals(rng, n)

    def f(x: list[Any]) -> Any:
        a = rows(x, m)
        return sum(ag.tanh(sum(v[i] * a[i][j] for i in range(n))) for j in range(m))

    return f, normals(rng, n * m)


def product_of_matrices(rng: random.Random, n: int) -> Made:
    k = min(n, 6)

    def f(x: list[Any]) -> Any:
        a, b = rows(x[: k * k], k), rows(x[k * k :], k)
        return sum(ag.sin(y) for row in times(a, b) for y in row)

    return f, normals(rng, 2 * k * k)


def power_of_a_matrix(rng: random.Random, n: int) -> Made:
    k, count = min(n, 4), rng.randint(1, 4)

    def f(x: list[Any]) -> Any:
        a = power = rows(x, k)
        for _ in range(count):
            power = times(power, a)
        return sum(power[i][i] for i in range(k))

    return f, normals(rng, k * k, 0.5)


def gram(rng: random.Random, n: int) -> Made:
    k, width = min(n, 8), rng.randint(1, 5)

    def f(x: list[Any]) -> Any:
        v = rows(x, width)
        return sum(dot(a, b) ** 2 for a in v for b in v)

    return f, normals(rng, k * width)


def upper_triangle(rng: random.Random, n: int) -> Made:
    k = min(n, 12)
    c = normals(rng, k * k)
    return (
        lambda x: sum(c[i * k + j] * x[i] * x[j] for i in range(k) for j in range(i, k)),
        normals(rng, k),
    )


def bilinear(rng: random.Random, n: int) -> Made:
    k = min(n, 7)

    def f(x: list[Any]) -> Any:
        a, b = x[:k], x[k:]
        return sum(u * v * (1.0 + 0.1 * i) for i, u in enumerate(a) for v in b) + dot(a, b)

    return f, normals(rng, 2 * k)


def forward_substitution(rng: random.Random, n: int) -> Made:
    k = min(n, 12)
    low = [normals(rng, i, 0.4) for i in range(k)]

    def f(b: list[Any]) -> Any:
        y: list[Any] = []
        for i in range(k):
            y.append((b[i] - dot(low[i], y)) / (1.5 + 0.1 * i))
        return squares(y)

    return f, normals(rng, k)


def backward_substitution(rng: random.Random, n: int) -> Made:
    k = min(n, 8)

    def f(x: list[Any]) -> Any:
        u, b = rows(x[: k * k], k), x[k * k :]
        y: list[Any] = [0.0] * k
        for i in reversed(range(k)):
            rest = sum(u[i][j] * y[j] for j in range(i + 1, k))
            y[i] = (b[i] - rest) / (3.0 + u[i][i] * u[i][i])
        return sum(ag.atan(v) for v in y)

    return f, normals(rng, k * k + k)


def _positive_definite(x: list[Any], k: int) -> Rows:
    a = rows(x, k)
    return [[dot(a[i], a[j]) + (k + 1.0 if i == j else 0.0) for j in range(k)] for i in range(k)]


def cholesky(rng: random.Random, n: int) -> Made:
    k = min(n, 6)

    def f(x: list[Any]) -> Any:
        a = _positive_definite(x, k)
        low: Rows = [[0.0] * k for _ in range(k)]
        for i in range(k):
            for j in range(i + 1):
                rest = a[i][j] - sum(low[i][m] * low[j][m] for m in range(j))
                low[i][j] = ag.sqrt(rest) if i == j else rest / low[j][j]
        return 2.0 * sum(ag.log(low[i][i]) for i in range(k))

    return f, normals(rng, k * k)


def elimination(rng: random.Random, n: int) -> Made:
    k = min(n, 6)

    def f(x: list[Any]) -> Any:
        a = _positive_definite(x, k)
        found = 1.0
        for i in range(k):
            found = found * a[i][i] * 0.1
            for j in range(i + 1, k):
                factor = a[j][i] / a[i][i]
                a[j] = [u - factor * v for u, v in zip(a[j], a[i], strict=True)]
        return found

    return f, normals(rng, k * k)


def gram_schmidt(rng: random.Random, n: int) -> Made:
    k = min(n, 5)

    def f(x: list[Any]) -> Any:
        found: Rows = []
        total = 0.0
        for i, row in enumerate(rows(x, k)):
            v = [u + (2.0 if i == j else 0.0) for j, u in enumerate(row)]
            for q in found:
                part = dot(q, v)
                v = [u - part * w for u, w in zip(v, q, strict=True)]
            size = ag.sqrt(squares(v))
            total = total + ag.log(size)
            found.append([u / size for u in v])
        return total + found[-1][0]

    return f, normals(rng, k * k, 0.5)


def tridiagonal(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        diagonal, right = [4.0 + v for v in x[:n]], x[n:]
        c, d = [1.0 / diagonal[0]], [right[0] / diagonal[0]]
        for i in range(1, n):
            pivot = diagonal[i] - c[-1]
            c.append(1.0 / pivot)
            d.append((right[i] - d[-1]) / pivot)
        y = [d[-1]]
        for i in reversed(range(n - 1)):
            y.append(d[i] - c[i] * y[-1])
        return squares(y)

    return f, normals(rng, 2 * n, 0.5)


def band(rng: random.Random, n: int) -> Made:
    reach = rng.randint(1, 3)
    c = normals(rng, 2 * reach + 1)

    def f(x: list[Any]) -> Any:
        found = []
        for i in range(n):
            near = range(max(0, i - reach), min(n, i + reach + 1))
            found.append(sum(c[j - i + reach] * x[j] for j in near))
        return squares(found)

    return f, normals(rng, n)


def toeplitz(rng: random.Random, n: int) -> Made:
    k = min(n, 10)
    v = normals(rng, k)
    return (
        lambda x: squares([sum(x[i - j + k - 1] * v[j] for j in range(k)) for i in range(k)]),
        normals(rng, 2 * k - 1),
    )


def circulant(rng: random.Random, n: int) -> Made:
    k = min(n, 10)

    def f(x: list[Any]) -> Any:
        a, v = x[:k], x[k:]
        return sum(ag.tanh(sum(a[(i - j) % k] * v[j] for j in range(k))) for i in range(k))

    return f, normals(rng, 2 * k)


def reflections(rng: random.Random, n: int) -> Made:
    k, count = min(n, 8), rng.randint(1, 3)

    def f(x: list[Any]) -> Any:
        v = x[:k]
        for axis in rows(x[k:], k):
            part = 2.0 * dot(axis, v) / (1.0 + squares(axis))
            v = [u - part * w for u, w in zip(v, axis, strict=True)]
        return v[0] * v[-1] + sum(v)

    return f, normals(rng, k * (count + 1))


def power_iteration(rng: random.Random, n: int) -> Made:
    k, steps = min(n, 5), rng.randint(1, 5)

    def f(x: list[Any]) -> Any:
        a, v = rows(x, k), [1.0] * k
        for _ in range(steps):
            v = [dot(row, v) + 0.1 for row in a]
            size = ag.sqrt(squares(v) + 0.5)
            v = [u / size for u in v]
        return dot(v, [dot(row, v) for row in a])

    return f, normals(rng, k * k)


def jacobi(rng: random.Random, n: int) -> Made:
    k, steps = min(n, 6), rng.randint(1, 6)

    def f(x: list[Any]) -> Any:
        a, b = rows(x[: k * k], k), x[k * k :]
        y: list[Any] = [0.0] * k
        for _ in range(steps):
            y = [
                (b[i] - sum(a[i][j] * y[j] for j in range(k) if j != i)) / (4.0 + a[i][i])
                for i in range(k)
            ]
        return squares(y)

    return f, normals(rng, k * k + k, 0.5)


def gauss_seidel(rng: random.Random, n: int) -> Made:
    k, steps = min(n, 6), rng.randint(1, 4)
    a = rows(normals(rng, k * k, 0.3), k)

    def f(b: list[Any]) -> Any:
        y: list[Any] = [0.0] * k
        for _ in range(steps):
            for i in range(k):
                y[i] = (b[i] - sum(a[i][j] * y[j] for j in range(k) if j != i)) / 3.0
        return sum(y)

    return f, normals(rng, k)


def conjugate_gradients(rng: random.Random, n: int) -> Made:
    k, steps = min(n, 5), rng.randint(1, 2)

    def f(x: list[Any]) -> Any:
        a, b = _positive_definite(x[: k * k], k), x[k * k :]
        y: list[Any] = [0.0] * k
        r = p = b
        for _ in range(steps):
            q = [dot(row, p) for row in a]
            size = squares(r) + 0.01
            step = size / (dot(p, q) + 0.01)
            y = [u + step * v for u, v in zip(y, p, strict=True)]
            r = [u - step * v for u, v in zip(r, q, strict=True)]
            turn = squares(r) / size
            p = [u + turn * v for u, v in zip(r, p, strict=True)]
        return dot(y, b)

    return f, normals(rng, k * k + k)


def kronecker(rng: random.Random, n: int) -> Made:
    k = min(n, 3)

    def f(x: list[Any]) -> Any:
        a, b = rows(x[: k * k], k), rows(x[k * k :], k)
        big = [[u * v for u in p for v in q] for p in a for q in b]
        return sum(ag.exp(-squares(row)) for row in big)

    return f, normals(rng, 2 * k * k)


def low_rank(rng: random.Random, n: int) -> Made:
    def f(x: list[Any]) -> Any:
        u, v, b = x[:n], x[n : 2 * n], x[2 * n :]
        part = dot(v, b) / (2.0 + dot(u, v) ** 2)
        return squares([p - part * q for p, q in zip(b, u, strict=True)])

    return f, normals(rng, 3 * n)


def minors(rng: random.Random, n: int) -> Made:
    k = min(n, 4)

    def minor(a: Rows) -> Any:
        if len(a) == 1:
            return a[0][0]
        return sum(
            (-1) ** j * a[0][j] * minor([row[:j] + row[j + 1 :] for row in a[1:]])
            for j in range(len(a))
        )

    return lambda x: minor(rows(x, k)), normals(rng, k * k)


def exponential_of_a_matrix(rng: random.Random, n: int) -> Made:
    k, terms = min(n, 4), rng.randint(2, 6)

    def f(x: list[Any]) -> Any:
        a = rows(x, k)
        term: Rows = [[float(i == j) for j in range(k)] for i in range(k)]
        total: Rows = term
        for m in range(1, terms):
            term = [[y / m for y in row] for row in times(term, a)]
            total = [
                [u + v for u, v in zip(p, q, strict=True)] for p, q in zip(total, term, strict=True)
            ]
        return sum(y for row in total for y in row)

    return f, normals(rng, k * k, 0.7)


def vandermonde(rng: random.Random, n: int) -> Made:
    k, degree = min(n, 10), rng.randint(1, 5)
    c = normals(rng, degree + 1)
    return (
        lambda x: squares([sum(c[j] * v**j for j in range(degree + 1)) for v in x]),
        normals(rng, k),
    )


def blocks(rng: random.Random, n: int) -> Made:
    k, width = min(n, 6), rng.randint(1, 4)
    a = rows(normals(rng, width * width), width)

    def f(x: list[Any]) -> Any:
        found = [dot(row, part) for part in rows(x, width) for row in a]
        return sum(u * v for u, v in zip(found, found[::-1], strict=True))

    return f, normals(rng, k * width)


def scaled_rows_and_columns(rng: random.Random, n: int) -> Made:
    k = min(n, 6)
    a = rows(normals(rng, k * k), k)

    def f(x: list[Any]) -> Any:
        r, c = x[:k], x[k:]
        scaled = [[r[i] * a[i][j] / (1.5 + ag.tanh(c[j])) for j in range(k)] for i in range(k)]
        return sum(ag.logsumexp(row) for row in scaled)

    return f, normals(rng, 2 * k)
