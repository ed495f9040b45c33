"""./dev bench [NAME…]: Ricci and its peers on the workloads of the suites, or those whose name contains NAME.

For each workload all participants compute the same thing from the same files. Results are compared first: a participant whose
results differ is reported and not timed. Then all run in turn, round after round; a row shows the median over the rounds, and
of each round's ratio between the peer's time and ours (above 1 we are faster). With one thread the time is the process's own
processor time, so that others on the machine blur it only through caches; with more it is wall time.
"""

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import time

import numpy as np

import chart
from participants import PEERS, Absent, Participants
from workloads import suites

SAMPLE = 0.02  # seconds of one timing: long against the clocks' resolution and a context switch
SETTLE = 0.1  # seconds in which threads that spin after a peer's product (OpenBLAS') go to sleep
LONG = 1.0  # seconds of a run from which fewer rounds do
LEVELS = [48 << 10, 512 << 10, 4 << 20, 96 << 20]  # bytes that caches of the usual sizes hold, or not
TYPES = {"f32": np.float32, "f64": np.float64, "i64": np.int64}


def make(data, seed):
    generator = np.random.default_rng(seed)
    kind, _, count = data.fill.partition(":")
    if kind == "normal":
        array = generator.standard_normal(data.shape)
    elif kind == "positive":
        array = generator.uniform(0.5, 1.5, data.shape)
    elif kind == "labels":
        array = generator.integers(0, int(count), data.shape)
    else:  # skewed: the density of u³
        array = np.minimum(int(count) * generator.random(data.shape) ** 3, int(count) - 1)
    return np.ascontiguousarray(array.astype(TYPES[data.dtype]))


def write_inputs(workload, folder):
    files = {}
    for seed, (name, data) in enumerate(workload.inputs.items()):
        files[name] = os.path.join(folder, name + ".npy")
        np.save(files[name], make(data, seed))
    return files


def results(participants, name, folder):
    own = os.path.join(folder, name)
    os.mkdir(own)
    reply = participants[name].ask(do="results", participant=name, folder=own)
    return [np.load(os.path.join(own, f"{i}.npy")) for i in range(reply["count"])], reply["peak_bytes"]


def difference(got, expected):
    """The largest difference relative to the largest value; infinite where the shapes or the NaN differ."""
    worst = 0.0
    if len(got) != len(expected):
        return math.inf
    for ours, theirs in zip(got, expected):
        if ours.shape != theirs.shape or not np.array_equal(np.isnan(ours), np.isnan(theirs)):
            return math.inf
        scale = np.nanmax(np.abs(theirs), initial=0)
        worst = max(worst, float(np.nanmax(np.abs(ours - theirs), initial=0) / (scale or 1)))
    return worst


class Timer:
    def __init__(self, participants, rounds):
        self.participants, self.rounds = participants, rounds
        self.clock = "cpu" if participants.threads == 1 else "wall"

    def seconds(self, name, repeats):
        if self.clock == "wall":
            time.sleep(SETTLE)
        reply = self.participants[name].ask(do="run", participant=name, repeats=repeats)
        return reply[self.clock] / repeats

    def repeats(self, name):
        count = 1
        while (once := self.seconds(name, count)) * count < SAMPLE / 4 and count < 1 << 20:
            count *= 4
        return max(1, round(SAMPLE / max(once, 1e-9))), once

    def ceilings(self, footprints, only_reads=False):
        return self.participants["ricci"].ask(do="ceilings", threads=self.participants.threads, footprints=footprints,
                                              only_reads=only_reads)

    def compare(self, names, footprint, only_reads):
        """The times of each by round, and the best that the machine showed in between: neighbours take a part of it now and then."""
        counts, slowest = {}, 0
        for name in names:
            counts[name], once = self.repeats(name)
            slowest = max(slowest, once)
        times, rates = {name: [] for name in names}, []
        for number in range(self.rounds if slowest < LONG else min(self.rounds, 3)):
            # The first finds the caches full of what the rates were measured with: it is another in every round.
            first = number % len(names)
            for name in names[first:] + names[:first]:
                times[name].append(self.seconds(name, counts[name]))
            rates.append(self.ceilings([footprint], only_reads))
        best = {key: max(rate[key] for rate in rates) for key in rates[0] if key != "bytes"}
        return times, best | {"bytes": max(rate["bytes"][str(footprint)] for rate in rates)}


def measure(workload, participants, timer, wanted):
    row = {"name": workload.name, "peers": {}, "problems": [], "flops": workload.flops, "exps": workload.exps,
           "bytes": workload.bytes}
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        files = write_inputs(workload, folder)
        present, values = [], {}
        for name in ("ricci", *(peer for peer in PEERS if peer in workload.peers and peer in wanted)):
            try:
                prepared = participants.prepare(name, workload, files)
                values[name], peak = results(participants, name, folder)
                row["peers"][name] = {"compile_ms": prepared.get("compile_ms"), "peak_bytes": peak}
                present.append(name)
            except Absent as why:
                row["problems"].append(f"{name}: {str(why).strip().splitlines()[0] if str(why).strip() else 'failed'}")
                if str(why) == "ended":
                    participants.forget(name)
        reference = next((name for name in present if name != "ricci"), None)
        for name in list(present):
            if reference and (off := difference(values[name], values[reference])) > workload.bound:
                row["problems"].append(f"{name} differs from {reference} by {off:.2g}, allowed {workload.bound:.2g}")
                present.remove(name)
        values.clear()
        if "ricci" in present:
            times, rates = timer.compare(present, workload.bytes, workload.only_reads)
            row["ceilings"], row["share"] = rates, ceiling(row, rates) / min(times["ricci"])
            for name in present:
                ratios = [theirs / ours for theirs, ours in zip(times[name], times["ricci"])]
                row["peers"][name] |= {"median": statistics.median(times[name]), "least": min(times[name]),
                                       "most": max(times[name]), "ratio": statistics.median(ratios), "ratios": ratios}
        for name in present:
            participants[name].ask(do="release")
    missing = [peer for peer in workload.needs if peer not in present]
    if missing or "ricci" not in present:
        row["incomplete"] = "without " + ", ".join(missing) if missing else "not run"
    return row


def ceiling(row, rates):
    """The least seconds that the row's arithmetic, exponentials or traffic take on this machine, by its measured rates."""
    dtype = "f64" if "f64" in row["name"] else "f32"
    return max(row["flops"] / rates[dtype + "_flops"], row["exps"] / rates[dtype + "_exps"],
               row["bytes"] / rates["bytes"])


def show(row):
    ours = row["peers"].get("ricci", {})
    if "median" not in ours:
        print(f"{row['name'][:44]:44}  " + "; ".join(row["problems"] or [row.get("incomplete", "")]), flush=True)
        return
    spread = (ours["most"] - ours["least"]) / ours["median"]
    rate = lambda amount: f"{amount / ours['median'] / 1e9:8.2f}" if amount else " " * 8
    ratios = "  ".join(f"{name} {peer['ratio']:.2f}" for name, peer in row["peers"].items() if name != "ricci" and "ratio" in peer)
    note = f"  ({row['incomplete']})" if "incomplete" in row else ""
    print(f"{row['name'][:44]:44} {ours['median'] * 1e6:12.2f} {spread:5.0%} {rate(row['flops'])} {rate(row['bytes'])} "
          f"{row['share']:6.0%} {ours['compile_ms']:6.0f}  {ratios}{note}", flush=True)
    for problem in row["problems"]:
        print(f"    {problem}", flush=True)


def summary(rows):
    for peer in PEERS:
        ratios = [row["peers"][peer]["ratio"] for row in rows if "ratio" in row["peers"].get(peer, {})]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            print(f"    against {peer}: geometric mean {mean:.2f}, least {min(ratios):.2f}, of {len(ratios)}")
    best = [min(peer["ratio"] for name, peer in row["peers"].items() if name != "ricci" and "ratio" in peer)
            for row in rows if any("ratio" in peer for name, peer in row["peers"].items() if name != "ricci")]
    if best:
        mean = math.exp(sum(map(math.log, best)) / len(best))
        print(f"    against the best: geometric mean {mean:.2f}, least {min(best):.2f}, of {len(best)}")


def about(participants, peers):
    """What stands behind each peer, printed too."""
    libraries = {}
    for peer in peers:
        if peer != "specialised":  # that is Ricci
            try:
                libraries[peer] = participants[peer].ask(do="about")["about"]
                print(f"    {peer}: {libraries[peer]}", flush=True)
            except Absent:
                participants.forget(peer)  # its rows will say so
    return libraries


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Times Ricci against its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="suites, or parts of workloads' names: " + " ".join(suites))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peers", default=",".join(PEERS), help="who takes part")
    parser.add_argument("--json", metavar="OUT", help="all figures, ratios of each round included")
    parser.add_argument("--svg", metavar="OUT", help="the ratios as a chart")
    parser.add_argument("--host", default=os.path.join(os.path.dirname(__file__), "../build/bin/ricci-bench-host"))
    options = parser.parse_args()
    chosen = {}
    for suite, workloads in suites.items():
        rows = [w for w in workloads() if not options.names or suite in options.names or any(n in w.name for n in options.names)]
        if rows:
            chosen[suite] = rows
    if not chosen:
        parser.error("no suite and no workload is named so; there are the suites " + " ".join(suites))
    wanted = options.peers.split(",")
    if unknown := [peer for peer in wanted if peer not in PEERS]:
        parser.error(f"there is no peer {unknown[0]}; there are " + " ".join(PEERS))
    participants = Participants(options.host, options.threads)
    timer = Timer(participants, options.rounds)
    rates = timer.ceilings(LEVELS)
    print(f"{options.threads} thread(s); ceilings: {rates['f32_flops'] / 1e9:.0f} GFLOP/s f32, {rates['f64_flops'] / 1e9:.0f} f64; "
          + f"{rates['f32_exps'] / 1e9:.1f}e9 exp/s f32, {rates['f64_exps'] / 1e9:.1f}e9 f64; "
          + ", ".join(f"{v / 1e9:.0f} GB/s within {int(k) >> 10} KB" for k, v in sorted(rates["bytes"].items(), key=lambda x: int(x[0]))))
    libraries = about(participants, [peer for peer in wanted if any(peer in w.peers for rows in chosen.values() for w in rows)])
    report = {"threads": options.threads, "ceilings": rates, "libraries": libraries, "suites": {}}
    incomplete = False
    for suite, workloads in chosen.items():
        print(f"\n{suite:44} {'time us':>12} {'±':>5} {'GFLOP/s':>8} {'GB/s':>8} {'share':>6} {'ms':>6}  ratios")
        rows = report["suites"][suite] = []
        for workload in workloads:
            row = measure(workload, participants, timer, wanted)
            incomplete |= "incomplete" in row or bool(row["problems"])
            rows.append(row)
            show(row)
            if options.json:  # after every row: a run that is cut short has lost nothing
                with open(options.json, "w") as file:
                    json.dump(report, file, indent=1)
        summary(rows)
    if options.svg:
        chart.write(report, options.svg)
    participants.close()
    if incomplete:
        print("\nSome rows are incomplete: a peer is missing, or results differ.")
    sys.exit(1 if incomplete else 0)


if __name__ == "__main__":
    main()
