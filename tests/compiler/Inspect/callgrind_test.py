"""Counts of `ricci inspect` against those of callgrind, on five kernels, within 5 %.

callgrind_test.py RICCI

FLOPs: callgrind says how often each instruction of compiled code ran; what it computes is read from its disassembly. Bytes:
misses of a last-level cache smaller than the arrays, a line each. Compiled code is found by the file that --debug-code writes
for perf. Status 77 where there is no valgrind: the test counts as skipped.
"""
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

TOLERANCE = 0.05
LINE = 64  # bytes
CACHE = 128 * 1024  # of the simulated last level, less than a tenth of any array below

# name, program, its function, sizes of its arrays. Arrays are larger than the cache, so that each is moved once; their rows,
# where a kernel comes back to them, are smaller. Lengths are multiples of a vector's, so that no lane is masked.
KERNELS = [
    ("chain", "fn f(a: f32[N], b: f32[N], c: f32[N]) -> f32[N] { let y[i] = a[i] * b[i] + c[i] * 2.0 - a[i]\n y }", "f",
     {"a": (200000,), "b": (200000,), "c": (200000,)}),
    ("rows", "fn f(a: f64[N,M], b: f64[N,M]) -> f64[N] { let s[i] = sum[j](a[i,j] * b[i,j])\n s }", "f",
     {"a": (200, 512), "b": (200, 512)}),
    ("products", "fn f(a: f32[N,16,16], b: f32[N,16,16]) -> f32[N,16,16] { let c[n,i,k] = sum[j](a[n,i,j] * b[n,j,k])\n c }", "f",
     {"a": (1000, 16, 16), "b": (1000, 16, 16)}),
    ("centre", "fn f(a: f64[N,M]) -> f64[N,M] { let m[i] = sum[j](a[i,j]) * 0.001\n let d[i,j] = a[i,j] - m[i]\n d }", "f",
     {"a": (200, 1024)}),
    ("gradient", "fn g(a: f64[N], b: f64[N]) -> f64 { sum[i](a[i] * a[i] * b[i]) }\n"
                 "fn f(a: f64[N], b: f64[N]) -> f64[N] { grad[a](g(a, b)) }", "f",
     {"a": (200000,), "b": (200000,)}),
]


def write_npy(path, shape, letter):
    count = 1
    for size in shape:
        count *= size
    header = f"{{'descr': '<{letter}', 'fortran_order': False, 'shape': {tuple(shape)!r}, }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    values = struct.pack("<f" if letter == "f4" else "<d", 0.5) * count
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values)


def compiled_functions(dump):
    """(address, name, bytes) of each function in a jitdump file."""
    at, functions = struct.unpack_from("<I", dump, 8)[0], []
    while at + 16 <= len(dump):
        kind, size = struct.unpack_from("<II", dump, at)
        if kind == 0:
            _, _, _, address, length, _ = struct.unpack_from("<IIQQQQ", dump, at + 16)
            name = dump[at + 56:dump.index(b"\0", at + 56)]
            begin = at + 56 + len(name) + 1
            functions.append((address, name.decode(), dump[begin:begin + length]))
        at += size
    return functions


def disassemble(address, code, folder):
    path = folder / "code.bin"
    path.write_bytes(code)
    text = subprocess.run(["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", f"--adjust-vma={address:#x}", str(path)],
                          check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        if found := re.match(r"\s*([0-9a-f]+):\t[^\t]*\t(.*)", line):
            yield int(found[1], 16), found[2]


def flops_of(instruction):
    found = re.match(r"v?(fn?m(?:add|sub)(?:132|213|231)|add|sub|mul|div|sqrt|max|min)([ps])([sd])\b", instruction)
    if not found:
        return 0
    width = 512 if "%zmm" in instruction else 256 if "%ymm" in instruction else 128
    lanes = 1 if found[2] == "s" else width // (32 if found[3] == "s" else 64)
    return lanes * (2 if found[1].startswith("f") else 1)


def read_profile(path):
    """Cost lines, without those of callees, by address: executions, and misses of the last level."""
    counts, misses, events, skips = {}, {}, [], False
    for line in path.read_text().splitlines():
        if line.startswith("events:"):
            events = line.split()[1:]
        elif line.startswith("calls="):
            skips = True
        elif line.startswith("0x"):
            if not skips:
                fields = line.split()
                cost = dict(zip(events, map(int, fields[2:])))
                at = int(fields[0], 16)
                counts[at] = counts.get(at, 0) + cost.get("Ir", 0)
                misses[at] = misses.get(at, 0) + cost.get("DLmr", 0) + cost.get("DLmw", 0)
            skips = False
    return counts, misses


def measure(ricci, folder, name, program, function, arrays):
    source = folder / f"{name}.ricci"
    source.write_text(program + "\n")
    inputs = []
    for parameter, shape in arrays.items():
        letter = "f4" if f"{parameter}: f32" in program else "f8"
        write_npy(folder / f"{parameter}.npy", shape, letter)
        inputs.append(f"{parameter}={folder / parameter}.npy")
    report = json.loads(subprocess.run([ricci, "inspect", str(source), function, *inputs, "--json", "--threads", "1"], check=True,
                                       capture_output=True, text=True).stdout)
    for old in folder.glob("jit-*.dump"):
        old.unlink()
    profile = folder / "callgrind.out"
    call = f"{function}({', '.join(arrays)})"
    subprocess.run(["valgrind", "--tool=callgrind", "--dump-instr=yes", "--compress-pos=no", "--compress-strings=no",
                    "--cache-sim=yes", "--D1=32768,8,64", f"--LL={CACHE},8,64", "--toggle-collect=ricci::runtime::Context::run*",
                    f"--callgrind-out-file={profile}", ricci, "eval", str(source), "-e", call, *inputs, "--debug-code", "--threads", "1",
                    "-o", str(folder / "out.npy")],
                   check=True, capture_output=True, env={"JITDUMPDIR": str(folder), "PATH": "/usr/bin:/bin", "HOME": str(folder)})
    counts, misses = read_profile(profile)
    flops = lines = 0
    for address, _, code in compiled_functions(next(folder.glob("jit-*.dump")).read_bytes()):
        for at, text in disassemble(address, code, folder):
            flops += counts.get(at, 0) * flops_of(text)
            lines += misses.get(at, 0)
    totals = report["totals"]
    return [("FLOP", totals["flops"]["number"], flops), ("B", totals["bytes"]["number"], lines * LINE)]


def main():
    ricci = sys.argv[1]
    if not shutil.which("valgrind") or not shutil.which("objdump"):
        print("skipped: there is no valgrind, or no objdump")
        return 77
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for kernel in KERNELS:
            for unit, counted, ran in measure(ricci, pathlib.Path(folder), *kernel):
                off = abs(counted - ran) / max(ran, 1)
                failed |= off > TOLERANCE
                print(f"{kernel[0]}: {counted:.0f} {unit}, callgrind {ran} ({100 * off:.2f} % off)")
    return failed


if __name__ == "__main__":
    sys.exit(main())
