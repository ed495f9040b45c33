"""The participants of a benchmark that are written in Python, behind the protocol of Host.cpp: peers.py NAME THREADS serves
one of numpy, opt_einsum, jax, torch and torch.compile on standard input and output."""

import json
import os
import re
import resource
import sys
import time

name, threads = sys.argv[1], int(sys.argv[2])
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(threads)
if threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import numpy as np  # noqa: E402

ready = lambda result: None
scope = {"np": np}
if name == "opt_einsum":
    import opt_einsum

    scope["oe"] = opt_einsum
elif name == "jax":
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    scope |= {"jax": jax, "jnp": jnp}
    ready = jax.block_until_ready
elif name.startswith("torch"):
    import torch

    torch.set_num_threads(threads)

    def value_and_grad(f, *leaves):
        value = f(*leaves)
        return value.detach(), *torch.autograd.grad(value, leaves)

    scope |= {"torch": torch, "value_and_grad": value_and_grad}


def load(path):
    array = np.load(path)
    if name == "jax":
        return jnp.asarray(array)
    if name.startswith("torch"):
        return torch.from_numpy(array)
    return array


def callable_of(text, inputs, wrt):
    """The text as a function of nothing, compiled where the participant compiles."""
    function = eval(f"lambda {', '.join(inputs)}: {text}", scope)
    arguments = tuple(inputs.values())
    if name == "jax":
        function = jax.jit(function)
    if name.startswith("torch"):
        for leaf in wrt:
            inputs[leaf].requires_grad_()
        if name == "torch.compile":
            torch._dynamo.reset()
            function = torch.compile(function, dynamic=False)
        if not wrt:
            plain = function

            def function(*values):
                with torch.inference_mode() if name == "torch" else torch.no_grad():
                    return plain(*values)

    return lambda: ready(function(*arguments)) if name == "jax" else function(*arguments)


def reset_peak():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def peak_bytes():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def about():
    """The version, and of the libraries behind it."""
    if name == "jax":
        return f"jax {jax.__version__}, jaxlib {jax.lib.__version__}"
    if name.startswith("torch"):
        # Convolutions are oneDNN's, products of matrices MKL's, the rest PyTorch's own loops (ONEDNN_VERBOSE=1 shows it).
        behind = re.findall(r"(?:oneAPI Math Kernel Library|MKL-DNN|OpenBLAS)[^(\n]*", torch.__config__.show())
        return f"torch {torch.__version__}, " + ", ".join(library.strip() for library in behind)
    if name == "opt_einsum":
        return f"opt_einsum {opt_einsum.__version__} on numpy {np.__version__}"
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"numpy {np.__version__}, {blas['name']} {blas['version']}"


def flat(result):
    return [leaf for part in result for leaf in flat(part)] if isinstance(result, (tuple, list)) else [result]


run = None


def answer(request):
    global run
    match request["do"]:
        case "about":
            return {"about": about()}
        case "prepare":
            run = None
            inputs = {key: load(path) for key, path in request["inputs"].items()}
            reset_peak()
            start = time.perf_counter()
            run = callable_of(request["expression"], inputs, request["wrt"])
            run()
            return {"compile_ms": (time.perf_counter() - start) * 1e3}
        case "results":
            leaves = flat(run())
            for number, leaf in enumerate(leaves):
                leaf = leaf.detach().numpy() if name.startswith("torch") else np.asarray(leaf)
                np.save(os.path.join(request["folder"], f"{number}.npy"), leaf)
            return {"count": len(leaves), "peak_bytes": peak_bytes()}
        case "run":
            run()
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(request["repeats"]):
                run()
            return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        case "release":
            run = None
            return {}
    raise ValueError(f"there is no request {request['do']}")


# What libraries print must not end up between the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:  # every fault of a peer is an answer; the harness goes on without it
        reply = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(reply) + "\n")
    answers.flush()
