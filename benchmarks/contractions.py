"""Products of matrices and tensors: against OpenBLAS, NumPy, JAX, PyTorch and opt_einsum."""

from workload import SIZE, Input, Workload, bound, einsum, everywhere


def gemm():
    for dtype in ("f32", "f64"):
        squares = [(n, n, n) for n in (16, 32, 48, 64, 65, 100, 128, 256, 512, 1000, 1024, 2048, 4096)]
        others = [(100, 57, 333), (100, 333, 57), (127, 31, 17), (17, 33, 65), (2048, 2048, 32), (4096, 16, 4096),
                  (16, 4096, 4096), (5124, 700, 2048), (35, 700, 2048)]
        for m, n, k in squares + others:
            yield einsum(f"{m}x{n}x{k}", "ik,kj->ij", {"i": m, "j": n, "k": k}, dtype, needs=("openblas",))
        for n in (64, 512, 1024):
            for mark, equation in (("At", "ki,kj->ij"), ("Bt", "ik,jk->ij"), ("At Bt", "ki,jk->ij")):
                yield einsum(f"{n}^3 {mark}", equation, {"i": n, "j": n, "k": n}, dtype, needs=("openblas",))


def matvec():
    for dtype in ("f32", "f64"):
        for n in (64, 128, 256, 512, 1024, 2048, 4096, 8192):
            yield einsum(f"{n} A x", "ij,j->i", {"i": n, "j": n}, dtype, needs=("openblas",))
            yield einsum(f"{n} At x", "ij,i->j", {"i": n, "j": n}, dtype, needs=("openblas",))


def batched():
    for dtype in ("f32", "f64"):
        for n in (4, 8, 16, 32, 64):
            yield einsum(f"1000 x {n}^3", "bij,bjk->bik", {"b": 1000, "i": n, "j": n, "k": n}, dtype)


# Springer and Bientinesi, "Design of a high-performance GEMM-like tensor-tensor multiplication" (2018): the kinds of the
# TCCG benchmark, at sizes of theirs and at some that are unkind to caches.
TENSORS = [
    ("bda,dc->abc", (384, 384, 24, 384)),
    ("dca,bd->abc", (384, 24, 384, 384)),
    ("dbea,ec->abcd", (96, 84, 24, 96, 96)),
    ("deca,be->abcd", (96, 24, 84, 96, 96)),
    ("ebad,ce->abcd", (96, 84, 24, 84, 96)),
    ("efbad,cf->abcde", (48, 36, 24, 36, 48, 36)),
    ("efcad,bf->abcde", (48, 24, 36, 36, 48, 36)),
    ("ecbfa,fd->abcde", (48, 36, 36, 24, 48, 48)),
    ("aebf,fdec->abcd", (72, 72, 24, 72, 72, 72)),
    ("eafd,fbec->abcd", (72, 72, 24, 72, 72, 72)),
    ("aebf,dfce->abcd", (72, 72, 72, 72, 72, 72)),
    ("beaf,cfde->abcd", (72, 72, 72, 72, 72, 72)),
    ("eafb,fdec->abcd", (72, 72, 72, 72, 72, 72)),
    ("abc,acd->db", (384, 384, 24, 384)),
    ("adec,ebd->abc", (96, 96, 24, 96, 96)),
    ("adc,bd->abc", (384, 24, 384, 384)),
    ("ac,cbd->abd", (384, 384, 384, 24)),
    ("cad,dcb->ab", (312, 312, 296, 312)),
    ("acd,dbc->ab", (312, 296, 312, 312)),
    ("aecbd,fe->abcdf", (48, 24, 24, 48, 48, 24)),
    ("abcd,be->aecd", (64, 64, 64, 64, 48)),
    ("dbca,ed->abce", (65, 33, 49, 127, 31)),
    ("bdac,de->abce", (33, 65, 49, 127, 31)),
    ("cdab,de->eabc", (33, 65, 49, 127, 31)),
]


def tensor():
    for dtype in ("f32", "f64"):
        for equation, extents in TENSORS:
            letters = sorted(set(equation) - set(",->"))
            yield einsum(equation, equation, dict(zip(letters, extents)), dtype)


def network():
    """Chains and networks, where the order of the contractions decides."""

    def chain(name, equation, shapes, dtype="f32"):
        names = [f"x{i}" for i in range(len(shapes))]
        arguments = ", ".join(names)
        return Workload(
            f"{dtype} {name}",
            {n: Input(s, dtype) for n, s in zip(names, shapes)},
            f'einsum("{equation}", {arguments})',
            {"opt_einsum": f'oe.contract("{equation}", {arguments})'}
            | {"numpy": f'np.einsum("{equation}", {arguments}, optimize=True)',
               "jax": f'jnp.einsum("{equation}", {arguments}, optimize="{"optimal" if len(shapes) < 8 else "auto"}")',
               "torch": f'torch.einsum("{equation}", {arguments})'},
            bound=bound(dtype, 4096),
            needs=("opt_einsum", "jax"),
        )

    yield chain("chain of 3", "ab,bc,cd->ad", [(512, 16), (16, 512), (512, 32)])
    yield chain("chain of 5", "ab,bc,cd,de,ef->af", [(30, 350), (350, 150), (150, 500), (500, 1000), (1000, 20)])
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFG"
    extents = [8 + (i * 37) % 56 for i in range(31)]
    for count in (10, 30):
        equation = ",".join(letters[i : i + 2] for i in range(count)) + "->" + letters[0] + letters[count]
        yield chain(f"chain of {count}", equation, [(extents[i], extents[i + 1]) for i in range(count)])
    yield chain("ring of 6 tensors", "abi,bcj,cdk,del,efm,fan->ijklmn", [(16, 16, 6)] * 6)
    yield chain("mttkrp 200 200 200 32", "ijk,jr,kr->ir", [(200, 200, 200), (200, 32), (200, 32)])
    yield chain("mttkrp 512 128 64 16", "ijk,jr,kr->ir", [(512, 128, 64), (128, 16), (64, 16)])


def blas2():
    """Matrix-vector kernels in which several products share a matrix."""
    n, dtype = 2000, "f64"
    matrix, vector = Input((n, n), dtype), Input((n,), dtype)

    def case(name, inputs, ricci, numpy, bytes, flops):
        return Workload(f"{dtype} {name} {n}", inputs, ricci, everywhere(numpy, torch=numpy.replace("np.outer", "torch.outer")),
                        flops=flops, bytes=bytes, bound=bound(dtype, n * n), needs=("numpy", "jax", "torch"))

    yield case("atax", {"A": matrix, "x": vector}, "A.T @ (A @ x)", "A.T @ (A @ x)", matrix.bytes, 4 * n * n)
    yield case("bicg", {"A": matrix, "p": vector, "r": vector}, "(A @ p, A.T @ r)", "(A @ p, A.T @ r)", matrix.bytes, 4 * n * n)
    yield case("mvt", {"A": matrix, "x": vector, "y": vector, "p": vector, "q": vector}, "(x + A @ p, y + A.T @ q)",
               "(x + A @ p, y + A.T @ q)", matrix.bytes, 4 * n * n)
    yield case("gesummv", {"A": matrix, "B": matrix, "x": vector}, "1.5 * (A @ x) + 1.2 * (B @ x)",
               "1.5 * (A @ x) + 1.2 * (B @ x)", 2 * matrix.bytes, 4 * n * n)
    yield Workload(
        f"{dtype} gemver {n}",
        {"A": matrix} | {name: vector for name in ("u1", "v1", "u2", "v2", "y", "z")},
        "gemver(A, u1, v1, u2, v2, y, z)",
        everywhere("(lambda B: (lambda x: (B, x, 1.5 * (B @ x)))(z + 1.2 * (B.T @ y)))"
                   "(A + u1[:, None] * v1[None, :] + u2[:, None] * v2[None, :])"),
        text="""fn gemver(A: f64[N,N], u1: f64[N], v1: f64[N], u2: f64[N], v2: f64[N], y: f64[N], z: f64[N])
    -> (f64[N,N], f64[N], f64[N]) {
  let B[i, j] = A[i, j] + u1[i] * v1[j] + u2[i] * v2[j]
  let x = z + 1.2 * (B.T @ y)
  (B, x, 1.5 * (B @ x))
}
""",
        # A is read, B is written, and one of them is read again: the last product waits for all of the sum.
        flops=10 * n * n, bytes=3 * matrix.bytes, bound=bound(dtype, n * n), needs=("numpy", "jax", "torch"))


def rank_k():
    """Symmetric results, of which half is work."""
    n, m, dtype = 1200, 1000, "f64"
    A = Input((n, m), dtype)
    yield Workload(f"{dtype} covariance {n}x{m}", {"A": A}, "covariance(A)",
                   everywhere("(lambda X: X.T @ X / (X.shape[0] - 1))(A - A.mean(0))"),
                   text="fn covariance(A: f64[N,M]) -> f64[M,M] {\n  let X[i, j] = A[i, j] - mean[k](A[k, j])\n"
                        "  X.T @ X / f64(N - 1)\n}\n",
                   flops=n * m * (m + 1), bytes=A.bytes + m * m * 8, bound=bound(dtype, n), needs=("numpy", "jax", "torch"))
    yield Workload(f"{dtype} syrk {n}x{m}", {"A": A}, "A @ A.T", everywhere("A @ A.T"),
                   flops=m * n * (n + 1), bytes=A.bytes + n * n * 8, bound=bound(dtype, m), needs=("numpy", "jax", "torch"))
