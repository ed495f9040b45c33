"""A workload is one computation as Ricci text and as each peer's own text, its inputs, and what it must cost at least.
Suites, in the files beside this one, are functions that yield workloads.

Peers' texts are Python expressions in `np`, `jnp`/`jax`, `torch` over the inputs' names; openblas takes an equation over
A and B, `specialised` an expression in Ricci that is compiled for the inputs' sizes. A peer that has no text for a workload has no good way to say it.
"""

from dataclasses import dataclass, field
from math import prod

SIZE = {"f32": 4, "f64": 8, "i64": 8}


@dataclass
class Input:
    shape: tuple
    dtype: str = "f32"
    # normal | positive (uniform in [0.5, 1.5]) | labels:K (integers below K) | skewed:K (few of them often)
    fill: str = "normal"

    @property
    def bytes(self):
        return prod(self.shape) * SIZE[self.dtype]


@dataclass
class Workload:
    name: str
    inputs: dict
    ricci: str
    peers: dict = field(default_factory=dict)
    text: str = ""  # declarations that `ricci` uses
    open_sizes: bool = False  # `ricci` is the name of a function in `text`, compiled once for all sizes
    wrt: tuple = ()  # inputs that peers differentiate by
    flops: float = 0
    exps: float = 0  # exponentials, and whatever function costs at least one: log, tanh, sigmoid, …
    bytes: float = 0  # that must move to and from memory, once each
    # Of the results' largest difference, relative to the largest value of the first peer's.
    bound: float = 1e-5
    # Peers whose absence leaves the row incomplete.
    needs: tuple = ("openblas",)

    @property
    def only_reads(self):
        """Whether of the bytes so few are written that reading is what takes time."""
        return self.bytes < 1.05 * sum(x.bytes for x in self.inputs.values())


def bound(dtype, length):
    """Rounding of sums of `length` terms, the peers' and ours in different orders."""
    return 16 * {"f32": 1.2e-7, "f64": 2.3e-16}[dtype] * max(length, 4) ** 0.5


def everywhere(numpy, jax=None, torch=None):
    """One text for all three, with their own module names."""
    return {
        "numpy": numpy,
        "jax": jax or numpy.replace("np.", "jnp."),
        "torch": torch or numpy.replace("np.", "torch."),
        "torch.compile": torch or numpy.replace("np.", "torch."),
    }


def einsum(name, equation, sizes, dtype="f32", needs=("openblas", "jax", "torch"), batched=False):
    """One contraction of two operands, for everybody."""
    left, right = equation.split("->")[0].split(",")
    out = equation.split("->")[1]
    shape = lambda letters: tuple(sizes[x] for x in letters)
    inputs = {"A": Input(shape(left), dtype), "B": Input(shape(right), dtype)}
    summed = prod(sizes[x] for x in sizes if x not in out)
    return Workload(
        f"{dtype} {name}",
        inputs,
        f'einsum("{equation}", A, B)',
        # torch.compile calls what torch does here.
        {"openblas": equation, "numpy": f'np.einsum("{equation}", A, B, optimize=True)',
         "jax": f'jnp.einsum("{equation}", A, B)', "torch": f'torch.einsum("{equation}", A, B)'},
        flops=2 * prod(sizes.values()),
        bytes=sum(x.bytes for x in inputs.values()) + prod(shape(out)) * SIZE[dtype],
        bound=bound(dtype, summed),
        needs=needs,
    )
