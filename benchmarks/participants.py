"""The programs that take part in a benchmark, each a process of its own that answers requests (Host.cpp, peers.py)."""

import json
import os
import subprocess
import sys

PEERS = ("specialised", "openblas", "numpy", "opt_einsum", "jax", "torch", "torch.compile")


# Ricci, with sizes known to the compiler or not, and OpenBLAS live in one process, and nothing of one runs while another does.
HOSTED = ("ricci", "specialised", "openblas")


class Absent(Exception):
    """A participant is not there, or cannot run the workload."""


def host_environment():
    """Of the process with OpenBLAS: Debian's takes processors that are newer than itself for ones with SSE3 alone."""
    kernels = {}
    if os.path.exists("/proc/cpuinfo") and " avx512bw " in open("/proc/cpuinfo").read():
        kernels["OPENBLAS_CORETYPE"] = "SkylakeX"
    return kernels | os.environ


class Process:
    def __init__(self, command, cpus, environment):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus))

    def ask(self, **request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Absent("ended")
        reply = json.loads(line)
        if "error" in reply:
            raise Absent(reply["error"])
        return reply

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Participants:
    """`ricci` and its peers, started when first asked for."""

    def __init__(self, host, threads):
        self.host, self.threads = host, threads
        # One thread: one processor for everybody, so that no library's second thread helps it.
        available = sorted(os.sched_getaffinity(0))
        self.cpus = set(available[-1:] if threads == 1 else available[:threads])
        self.processes = {}

    def __getitem__(self, name):
        key = "host" if name in HOSTED else name
        if key not in self.processes:
            command = [self.host] if key == "host" else [sys.executable, os.path.join(os.path.dirname(__file__), "peers.py"),
                                                         name, str(self.threads)]
            self.processes[key] = Process(command, self.cpus, host_environment() if key == "host" else None)
        return self.processes[key]

    def prepare(self, name, workload, files):
        process = self[name]
        text = workload.ricci if name == "ricci" else workload.peers[name]
        return process.ask(do="prepare", participant=name, threads=self.threads, inputs=files, text=workload.text,
                           expression=text, equation=text, open_sizes=name == "ricci" and workload.open_sizes, wrt=workload.wrt)

    def forget(self, name):
        self.processes.pop("host" if name in HOSTED else name, None)

    def close(self):
        for process in self.processes.values():
            process.close()
