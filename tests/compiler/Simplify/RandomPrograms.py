"""Simplification keeps values: random functions over the dialect, interpreted before and after the pass.

    RandomPrograms.py RICCI_OPT FIRST COUNT

Each seed gives a function on static sizes, one on sizes known at run time, and the gradient of one. A mismatch prints
the seed and the function.
"""
import math
import random
import subprocess
import sys

UNARY = ["neg", "neg", "exp", "sin", "tanh", "abs", "relu", "sigmoid"]
BINARY = ["add", "sub", "mul", "mul", "mul", "max", "min", "mask_mul"]
NUMBERS = [-2.0, -1.0, -0.5, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0]
EXACT, PAD, CLAMP, WRAP = range(4)
LARGEST = 9  # size of an axis


class Function:
    """Grows a function line by line. `values` are (name, shape) of what may be used; all are f64."""

    def __init__(self, rng, dynamic):
        self.rng, self.dynamic = rng, dynamic
        self.lines, self.values, self.names, self.depth = [], [], 0, 0

    def name(self):
        self.names += 1
        return f"%v{self.names}"

    def static(self, shape):
        return "tensor<" + "".join(f"{size}x" for size in shape) + "f64>"

    def type(self, shape):
        return "tensor<" + "?x" * len(shape) + "f64>" if self.dynamic else self.static(shape)

    def types(self, shapes):
        return ", ".join(map(self.type, shapes))

    def dims(self, shape):
        return f" dims({', '.join(f'%n{size}' for size in shape)})" if self.dynamic and shape else ""

    def emit(self, text):
        self.lines.append("  " * (self.depth + 1) + text)

    def define(self, text, shape):
        result = self.name()
        self.emit(f"{result} = ricci.{text}")
        self.values.append((result, tuple(shape)))
        return result

    # The index values %n0, %n1, … hold their number, in a way that no rewrite sees through.
    def sizes(self):
        for size in range(LARGEST + 1) if self.dynamic else []:
            row = ", ".join("1.0" if i == size else "0.5" for i in range(LARGEST + 2))
            self.emit(f"%q{size} = ricci.constant dense<[{row}]> : tensor<{LARGEST + 2}xf64>")
            self.emit(f"%m{size} = ricci.reduce argmax [0] %q{size} : tensor<{LARGEST + 2}xf64> -> tensor<i64>")
            self.emit(f"%n{size} = ricci.to_index %m{size} : tensor<i64>")

    def constant(self, shape):
        def nest(rest):
            if not rest:
                return str(self.rng.choice(NUMBERS))
            return "[" + ", ".join(nest(rest[1:]) for _ in range(rest[0])) + "]"

        value = self.define(f"constant dense<{nest(shape)}> : {self.static(shape)}", shape)
        if self.dynamic:
            self.values.pop()
            value = self.define(f"reshape {value}{self.dims(shape)} : {self.static(shape)} -> {self.type(shape)}", shape)
        return value

    def fill(self, shape):
        number = self.rng.choice([0.0, 1.0, -1.0, 2.0, 0.5])
        return self.define(f"fill {number} : f64{self.dims(shape)} : {self.type(shape)}", shape)

    def pick(self):
        return self.rng.choice(self.values)

    # A value of this shape: one there is, a broadcast, or a number.
    def shaped(self, shape):
        same = [name for name, other in self.values if other == shape]
        if same and self.rng.random() < 0.8:
            return self.rng.choice(same)
        for _ in range(5):
            value, other = self.pick()
            axes = list(range(len(shape)))
            self.rng.shuffle(axes)
            letters = ""
            for size in other:
                fitting = [axis for axis in axes if shape[axis] == size]
                if not fitting:
                    break
                axes.remove(fitting[0])
                letters += "abcdefgh"[fitting[0]]
            if len(letters) == len(other):
                equation = f'"{letters}->{"abcdefgh"[:len(shape)]}"'
                types = f"({self.type(other)}) -> {self.type(shape)}"
                return self.define(f"einsum {equation}({value}){self.dims(shape)} : {types}", shape)
        return self.fill(shape)

    def unary(self):
        value, shape = self.pick()
        self.define(f"{self.rng.choice(UNARY)} {value} : {self.type(shape)}", shape)

    def binary(self):
        value, shape = self.pick()
        operands = [value, self.shaped(shape)]
        self.rng.shuffle(operands)
        self.define(f"{self.rng.choice(BINARY)} {operands[0]}, {operands[1]} : {self.type(shape)}", shape)

    def select(self):
        value, shape = self.pick()
        condition = self.name()
        left, right = self.shaped(shape), self.shaped(shape)
        self.emit(f"{condition} = ricci.cmp {self.rng.choice(['lt', 'le', 'gt'])} {value}, {left} : {self.type(shape)}")
        self.define(f"select {condition}, {left}, {right} : {self.type(shape)}", shape)

    def einsum(self):
        operands = [self.pick() for _ in range(self.rng.choice([1, 1, 2, 2, 3]))]
        sizes, inputs = {}, []
        for _, shape in operands:
            letters = ""
            for size in shape:
                known = [letter for letter in sizes if sizes[letter] == size]
                if known and (self.rng.random() < 0.65 or len(sizes) >= 5):
                    letters += self.rng.choice(known)
                elif len(sizes) >= 5:
                    return
                else:
                    letters += "abcde"[len(sizes)]
                    sizes["abcde"[len(sizes)]] = size
            inputs.append(letters)
        output = [letter for letter in sizes if self.rng.random() < 0.5][:3]
        self.rng.shuffle(output)
        if len(output) < 3 and self.rng.random() < 0.12:  # repeated along a new axis
            sizes["z"] = self.rng.choice([2, 3])
            output.insert(self.rng.randrange(len(output) + 1), "z")
        if output and len(output) < 3 and self.rng.random() < 0.08:  # on a diagonal
            output.append(self.rng.choice(output))
        shape = [sizes[letter] for letter in output]
        names, shapes = zip(*operands)
        self.define(f'einsum "{",".join(inputs)}->{"".join(output)}"({", ".join(names)}){self.dims(shape)} : '
                    f"({self.types(shapes)}) -> {self.type(shape)}", shape)

    def reduce(self):
        value, shape = self.pick()
        axes = self.rng.sample(range(len(shape)), self.rng.randrange(len(shape) + 1))
        kept = [size for axis, size in enumerate(shape) if axis not in axes]
        self.define(f"reduce {self.rng.choice(['max', 'min', 'prod'])} {axes} {value} : "
                    f"{self.type(shape)} -> {self.type(kept)}", kept)

    def access(self):
        value, shape = self.pick()
        points = tuple(self.rng.choice([2, 3]) for _ in range(self.rng.randrange(1, 4)))
        subscripts, modes = [], []
        for size in shape:
            whole = [axis for axis, count in enumerate(points) if count == size]
            kind = self.rng.random()
            if whole and kind < 0.5:
                subscripts.append(f"d{self.rng.choice(whole)}")
                modes.append(self.rng.choice([EXACT, PAD]))
            elif kind < 0.7:
                subscripts.append(str(self.rng.randrange(size)))
                modes.append(EXACT)
            else:
                axis, factor = self.rng.randrange(len(points)), self.rng.choice([1, 2, -1])
                subscripts.append(f"d{axis} * {factor} + {self.rng.randrange(3)}")
                modes.append(self.rng.choice([PAD, CLAMP, WRAP]))
        if self.rng.random() < 0.7:
            self.gather(value, shape, points, subscripts, modes)
        else:
            source = self.shaped(points)
            self.define(f"scatter {source}{self.dims(shape)} {self.map(points, subscripts, modes)} : "
                        f"{self.type(points)} -> {self.type(shape)}", shape)

    def map(self, points, subscripts, modes):
        dims = ", ".join(f"d{axis}" for axis in range(len(points)))
        modes = "array<i32" + (": " if modes else "") + ", ".join(map(str, modes)) + ">"
        return f"{{map = affine_map<({dims}) -> ({', '.join(subscripts)})>, symbol_axes = [], modes = {modes}}}"

    def gather(self, value, shape, points, subscripts, modes):
        self.define(f"gather {value}{self.dims(points)} {self.map(points, subscripts, modes)} : "
                    f"{self.type(shape)} -> {self.type(points)}", points)

    # A concatenation and a slice of it.
    def concat(self):
        value, shape = self.pick()
        if not shape:
            return
        axis = self.rng.randrange(len(shape))
        joined = list(shape)
        joined[axis] *= 2
        if joined[axis] > LARGEST:
            return
        whole = self.define(f"concat {axis}({value}, {self.shaped(shape)}) : "
                            f"({self.types([shape, shape])}) -> {self.type(joined)}", joined)
        first = self.rng.randrange(joined[axis])
        points = list(joined)
        points[axis] = self.rng.randrange(1, joined[axis] - first + 1)
        subscripts = [f"d{a} + {first}" if a == axis else f"d{a}" for a in range(len(points))]
        self.gather(whole, joined, points, subscripts, [EXACT] * len(points))

    def recurrence(self):
        value, shape = self.pick()
        if not shape:
            return
        axis = self.rng.randrange(len(shape))
        steps = shape[:axis] + (shape[axis] - 1,) + shape[axis + 1:]
        # A slice of something of this shape, or what has the factors' shape already.
        if steps[axis] == 0 or self.rng.random() < 0.5:
            subscripts = [f"d{a} + 1" if a == axis else f"d{a}" for a in range(len(shape))]
            self.gather(self.shaped(shape), shape, steps, subscripts, [EXACT] * len(shape))
            factors, _ = self.values.pop()
        else:
            factors = self.shaped(steps)
        attributes = self.rng.choice(["", "reverse ", "masked ", "reverse masked "])
        self.define(f"recurrence {axis} {attributes}{value}, {factors} : {self.types([shape, steps])}", shape)

    def loop(self):
        if self.depth > 1:
            return
        count = self.rng.randrange(4)
        inits = [self.pick() for _ in range(self.rng.randrange(1, 4))]
        outside, lines = self.values, self.lines
        self.lines, self.depth = [], self.depth + 1
        arguments = [(self.name(), shape) for _, shape in inits]
        self.values = outside + 2 * arguments
        self.grow(self.rng.randrange(1, 6))
        yielded = [(self.shaped(shape), shape) for _, shape in inits]
        yielded += [self.pick() for _ in range(self.rng.randrange(3))]
        names, shapes = zip(*yielded)
        self.emit(f"ricci.yield {', '.join(names)} : {self.types(shapes)}")
        body, self.lines, self.values, self.depth = self.lines, lines, outside, self.depth - 1
        lower, upper, result, counter = (self.name() for _ in range(4))
        self.emit(f"{lower} = arith.constant 1 : index")
        self.emit(f"{upper} = arith.constant {1 + count} : index")
        stacks = [(count,) + shape for shape in shapes[len(inits):]]
        dims = self.dims([size for shape in stacks for size in shape])
        carried = f"{', '.join(name for name, _ in inits)} : {self.types(shape for _, shape in inits)}"
        declared = ", ".join(f"{name}: {self.type(shape)}" for name, shape in arguments)
        self.emit(f"{result}:{len(shapes)} = ricci.for {lower} to {upper} init({carried}){dims} {{")
        self.emit(f"^bb0({counter}: tensor<i64>, {declared}):")
        self.lines += body
        results = [shape for _, shape in inits] + stacks
        self.emit(f"}} : {self.types(results)}")
        for position, shape in enumerate(results):
            if 0 not in shape:
                self.values.append((f"{result}#{position}", shape))

    def grow(self, steps):
        kinds = [self.unary, self.binary, self.select, self.einsum, self.reduce, self.access, self.concat,
                 self.recurrence, self.loop]
        for kind in self.rng.choices(kinds, weights=[12, 38, 8, 27, 4, 6, 3, 4, 2], k=steps):
            kind()


def start(seed, dynamic):
    function = Function(random.Random(seed), dynamic)
    function.sizes()
    for _ in range(3):
        function.constant(tuple(function.rng.choice([2, 3]) for _ in range(function.rng.randrange(3))))
    return function


def finish(name, function, results):
    names, shapes = zip(*results)
    types = function.types(shapes)
    body = "\n".join(function.lines)
    return f"func.func @{name}() -> ({types}) {{\n{body}\n  return {', '.join(names)} : {types}\n}}\n"


def values(seed, dynamic):
    function = start(seed, dynamic)
    function.constant((2, 3))
    function.grow(14)
    return finish(f"values{seed}{'d' if dynamic else ''}", function, function.values[-5:])


# The gradient of a bounded function of what was computed from two arrays.
def gradient(seed):
    function = start(seed, seed % 2 == 1)
    primals = [(function.constant(shape), shape) for shape in [(2, 3), (3,)]]
    one = function.define("fill 1.0 : f64 : tensor<f64>", ())
    arguments = [("%a", (2, 3)), ("%b", (3,))]
    function.values += 2 * arguments
    outer, function.lines, function.depth = function.lines, [], 1
    function.grow(10)
    total = None
    for value, shape in arguments + function.values[-4:]:
        letters = "abcdefgh"[:len(shape)]
        bounded = function.define(f"tanh {value} : {function.type(shape)}", shape)
        term = function.define(f'einsum "{letters}->"({bounded}) : ({function.type(shape)}) -> tensor<f64>', ())
        total = function.define(f"add {total}, {term} : tensor<f64>", ()) if total else term
    body, function.lines, function.depth = function.lines, outer, 0
    types = function.types(shape for _, shape in primals)
    function.emit(f"%g:3 = ricci.vjp({primals[0][0]}, {primals[1][0]}) from ({one}) {{")
    function.emit(f"^bb0(%a: {function.type((2, 3))}, %b: {function.type((3,))}):")
    function.lines += body + [f"    ricci.yield {total} : tensor<f64>"]
    function.emit(f"}} : ({types}, tensor<f64>) -> (tensor<f64>, {types})")
    return finish(f"gradient{seed}", function, [("%g#0", ()), ("%g#1", (2, 3)), ("%g#2", (3,))])


def interpret(ricci_opt, text, *passes):
    command = [ricci_opt, "-", "-expand-derivatives", *passes, "-interpret", "-o", "/dev/null"]
    run = subprocess.run(command, input=text, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr[-4000:]}")
    results = {}
    for line in run.stderr.splitlines():
        if line.endswith(":"):
            results[line[:-1]] = current = []
        elif "error" in line:
            sys.exit(f"the interpreter fails: {line}")
        else:
            current += [float(number) for number in line.split("=")[1].split()]
    return results


# Rewrites reorder sums, and may turn inf - inf into something finite; numbers must agree to rounding.
def agree(before, after):
    return len(before) == len(after) and all(
        not math.isfinite(x) or abs(x) > 1e100 or math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-8)
        for x, y in zip(before, after))


def main():
    ricci_opt, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    functions = {}
    for seed in range(first, first + count):
        for text in (values(seed, False), values(seed, True), gradient(seed)):
            functions[text.split("@")[1].split("(")[0]] = text
    module = "".join(functions.values())
    before, after = interpret(ricci_opt, module), interpret(ricci_opt, module, "-simplify")
    wrong = [name for name in functions if not agree(before[name], after[name])]
    for name in wrong:
        print(f"{name} changes its value:\n{functions[name]}before: {before[name]}\nafter:  {after[name]}")
    sys.exit(bool(wrong))


main()
