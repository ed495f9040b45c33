"""The binding: what goes in, what comes out, what is raised."""

import json
import threading

import numpy as np
import pytest

import ricci

SOURCE = """
fn loss(w: f64[D], X: f64[N,D], y: f64[N]) -> f64 {
  let z[n] = sum[d](X[n,d] * w[d])
  mean[n]((z[n] - y[n]) ** 2)
}
fn scaled(x: f32[N], by: f32) -> f32[N] { by * x }
fn both(x: f64[N]) -> (f64, f64[N]) { (sum(x), 2.0 * x) }
fn count(x: i64[N], b: bool[N]) -> i64 { sum[i](if b[i] then x[i] else 0) }
struct Line { slope: f64, offset: f64 }
fn at(p: Line, x: f64) -> f64 { p.slope * x + p.offset }
fn checked(x: f64) -> f64 {
  assert x > 0.0, "x must be positive"
  x
}
fn said(x: f64) -> f64 {
  print("x is {x}")
  x
}
"""


@pytest.fixture(scope="module")
def module():
    return ricci.compile(SOURCE, "test.ricci")


@pytest.fixture
def data():
    generator = np.random.default_rng(1)
    return generator.normal(size=3), generator.normal(size=(5, 3)), generator.normal(size=5)


def test_values_and_gradients(module, data):
    w, X, y = data
    residual = X @ w - y
    assert module.loss(w, X, y) == pytest.approx(np.mean(residual**2), rel=1e-14)
    gradient = 2 * X.T @ residual / 5
    np.testing.assert_allclose(module.loss.grad("w")(w, X, y), gradient, rtol=1e-13)
    value, slope = module.loss.value_and_grad("w")(w, X, y)
    np.testing.assert_allclose(slope, gradient, rtol=1e-13)
    v = np.array([1.0, 0.0, 2.0])
    assert module.loss.jvp("w")(w, X, y, v) == pytest.approx(gradient @ v, rel=1e-12)
    np.testing.assert_allclose(module.loss.hvp("w")(w, X, y, v), 2 * X.T @ (X @ v) / 5, rtol=1e-12)
    np.testing.assert_allclose(module.get("loss_grad_w")(w, X, y), gradient, rtol=1e-13)


def test_any_strides(module, data):
    w, X, y = data
    expected = module.loss(w, X, y)
    assert module.loss(w, np.asfortranarray(X), y) == pytest.approx(expected, rel=1e-14)
    assert module.loss(w[::-1][::-1], X[:, ::-1][:, ::-1], np.repeat(y, 2)[::2]) == pytest.approx(expected, rel=1e-14)


def test_types(module):
    x = np.array([1, 2, 3], np.float32)
    result = module.scaled(x, 2)
    assert result.dtype == np.float32 and list(result) == [2, 4, 6]
    assert module.count(np.array([1, 10, 100]), np.array([True, False, True])) == 101
    total, twice = module.both(np.array([1.0, 2.0]))
    assert total == 3.0 and list(twice) == [2.0, 4.0]
    assert module.at({"slope": 2.0, "offset": 1.0}, 3.0) == 7.0
    assert module.at({"offset": 1.0, "slope": 2.0}, 3.0) == 7.0


def test_results_outlive_everything():
    result = ricci.Engine().compile("fn f(x: f64[N]) -> f64[N] { x + 1.0 }").f(np.zeros(1000))
    assert result.sum() == 1000


def test_errors(module):
    with pytest.raises(ricci.Error) as wrong:
        ricci.compile("fn f(x: f64) -> f64 { x + q }", "wrong.ricci")
    assert wrong.value.code == "E0201"
    assert wrong.value.spans[0]["line"] == 1 and wrong.value.spans[0]["file"] == "wrong.ricci"
    assert json.loads(wrong.value.json)["status"] == 1
    with pytest.raises(ricci.Error, match="x must be positive"):
        module.checked(-1.0)
    with pytest.raises(ricci.Error, match="f64"):
        module.both(np.zeros(3, np.float32))
    with pytest.raises(AttributeError, match="is `loss` meant"):
        module.los
    with pytest.raises(TypeError):
        module.both("text")
    with pytest.raises(ricci.Error, match="takes"):
        module.both()
    with pytest.raises(TypeError, match="too many"):
        module.checked(1.0, 2.0)


def test_printing(capfd):
    ricci.compile(SOURCE).said(2.0)
    assert "x is 2.0" in capfd.readouterr().out


def test_threads(module, data):
    w, X, y = data
    expected, results = module.loss(w, X, y), []
    threads = [threading.Thread(target=lambda: results.extend(module.loss(w, X, y) for _ in range(200))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 1600 and set(results) == {expected}
