"""What it costs to call Ricci from Python: `python benchmarks/calls.py`, with the binding installed. The least and the median
over rounds, in microseconds a call, beside what NumPy takes for the smallest of its own."""

import statistics
import timeit

import numpy as np

import ricci

module = ricci.compile("""
fn square(x: f64) -> f64 { x * x }
fn loss(w: f64[D], X: f64[N,D], y: f64[N]) -> f64 {
  let z[n] = sum[d](X[n,d] * w[d])
  mean[n](softplus(z[n]) - y[n] * z[n])
}
fn twice(x: f64[N]) -> f64[N] { 2.0 * x }
""")
w, X, y = np.ones(2), np.ones((3, 2)), np.ones(3)
square, loss, twice, slope = module.square, module.loss, module.twice, module.loss.value_and_grad("w")
for name, call in {
    "square(x)": lambda: square(3.0),
    "loss(w, X, y)": lambda: loss(w, X, y),
    "twice(y)": lambda: twice(y),
    "value and gradient": lambda: slope(w, X, y),
    "numpy: y + y": lambda: y + y,
}.items():
    call()
    times = [1e6 * t / 5000 for t in timeit.repeat(call, number=5000, repeat=15)]
    print(f"{name:20} {min(times):7.2f} {statistics.median(times):7.2f} us")
