#!/usr/bin/env python3
"""Computes the polynomials of VectorMathPolynomials.h by Remez exchange in 60-digit arithmetic and prints that file.

    python3 VectorMathPolynomials.py > VectorMathPolynomials.h
"""
from decimal import Decimal as D, getcontext

getcontext().prec = 60
LN2 = D(2).ln()


def solve(rows):
    """Gaussian elimination with pivoting; each row ends with its right side."""
    n = len(rows)
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            rows[r] = [x - factor * y for x, y in zip(rows[r], rows[i])]
    solution = [D(0)] * n
    for i in reversed(range(n)):
        known = sum(rows[i][j] * solution[j] for j in range(i + 1, n))
        solution[i] = (rows[i][n] - known) / rows[i][i]
    return solution


def evaluate(coefficients, x):
    value = D(0)
    for c in reversed(coefficients):
        value = value * x + c
    return value


def remez(f, weight, low, high, degree):
    """Minimises max |weight * (p - f)| over [low, high]; returns coefficients, lowest first, and that maximum."""
    count = degree + 2
    pi = D("3.14159265358979323846264338327950288")

    def cosine(x):
        term, total = D(1), D(1)
        for k in range(1, 60):
            term *= -x * x / ((2 * k - 1) * (2 * k))
            total += term
        return total

    points = [(low + high) / 2 - (high - low) / 2 * cosine(pi * j / (count - 1)) for j in range(count)]
    grid = [low + (high - low) * j / 1500 for j in range(1501)]
    targets = [(x, f(x), weight(x)) for x in grid]
    for _ in range(8):
        rows = [[x**i if i else D(1) for i in range(degree + 1)] + [(-1) ** j / weight(x), f(x)] for j, x in enumerate(points)]
        coefficients = solve(rows)[:-1]
        errors = [w * (evaluate(coefficients, x) - y) for x, y, w in targets]
        # One extreme in every run of equal sign.
        extremes, start = [], 0
        for i in range(1, len(grid) + 1):
            if i == len(grid) or (errors[i] > 0) != (errors[start] > 0):
                extremes.append(max(range(start, i), key=lambda k: abs(errors[k])))
                start = i
        if len(extremes) != count:
            break
        points = [grid[i] for i in extremes]
    return coefficients, max(abs(e) for e in errors)


def tanh(x):
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


SMALL = D("1e-8")


def exp_tail(r):
    """(e^r - 1 - r) / r^2"""
    if abs(r) < SMALL:
        return D("0.5") + r / 6
    return (r.exp() - 1 - r) / (r * r)


def tanh_tail(z):
    """(tanh(x) - x) / x^3 with z = x^2"""
    if z < SMALL:
        return D(-1) / 3 + z * 2 / 15
    x = z.sqrt()
    return (tanh(x) - x) / (x * z)


def log_tail(z):
    """(2 artanh(s) - 2 s) / s^3 with z = s^2"""
    if z < SMALL:
        return D(2) / 3 + z * 2 / 5
    s = z.sqrt()
    return (((1 + s) / (1 - s)).ln() - 2 * s) / (s * z)


def main():
    print("// Written by VectorMathPolynomials.py: minimax polynomials, lowest coefficient first, with the largest error of the")
    print("// function they serve, relative to it, in exact arithmetic. Rounded to the element type where they are used.")
    print("#pragma once\n")
    print("namespace ricci::lower::polynomials {\n")
    half = LN2 / 2
    # |s| = |f / (2 + f)| for f + 1 in [sqrt(1/2), sqrt(2)].
    root = D(2).sqrt()
    square = ((root - 1) / (root + 1)) ** 2
    tiny = D("0.001")  # the weights vanish at 0, where the leading terms are exact
    table = [
        ("exp", "(e^r - 1 - r) / r^2 for |r| <= ln(2) / 2", exp_tail, lambda r: r * r / r.exp(), -half, half, 4, 9),
        ("tanh", "(tanh(x) - x) / x^3 in x^2 for |x| <= 1", tanh_tail, lambda z: z.sqrt() * z / tanh(z.sqrt()), tiny,
         D(1), 7, 15),
        ("log", "(log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2 for |s| <= (sqrt(2) - 1) / (sqrt(2) + 1)", log_tail,
         lambda z: z / 2, tiny * square, square, 3, 6),
    ]
    for name, what, f, weight, low, high, *degrees in table:
        for width, degree in zip((32, 64), degrees):
            coefficients, error = remez(f, weight, low, high, degree)
            print(f"// {what}; {error:.1e}")
            print(f"inline constexpr double {name}F{width}[] = {{")
            for c in coefficients:
                print(f"    {float(c)!r},")
            print("};\n")
    print("} // namespace ricci::lower::polynomials")


main()
