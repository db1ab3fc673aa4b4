"""A network namespace for the service: a veth pair between it and the servers, with packet filters and a narrow pipe.

The namespace belongs to a process that does nothing; with it everything vanishes, however the tests end.
"""

import os
import random
import subprocess

from support.process import Process, wait_for


class Network:
    def __init__(self, directory):
        name = f"td{os.getpid() % 100_000}x{random.SystemRandom().randrange(100)}"
        self._outside, self._inside = f"{name}a", f"{name}b"
        # 198.18.0.0/15 is for tests of networks (RFC 2544); a /30 of it holds just the two ends.
        base = random.SystemRandom().randrange(1 << 15)
        self.servers = f"198.{18 + (base >> 14)}.{base >> 6 & 255}.{(base & 63) * 4 + 1}"
        self.service = f"198.{18 + (base >> 14)}.{base >> 6 & 255}.{(base & 63) * 4 + 2}"
        self._holder = Process(["unshare", "--net", "sleep", "infinity"], directory / "network.log")
        own = os.readlink("/proc/self/ns/net")
        wait_for(lambda: os.readlink(f"/proc/{self._holder.pid}/ns/net") != own, "the network namespace")
        self.inside = ["nsenter", f"--net=/proc/{self._holder.pid}/ns/net"]
        self._run("ip", "link", "add", self._outside, "type", "veth", "peer", "name", self._inside, "netns",
                  str(self._holder.pid))
        self._run("ip", "addr", "add", f"{self.servers}/30", "dev", self._outside)
        self._run("ip", "link", "set", self._outside, "up")
        self._there("ip", "addr", "add", f"{self.service}/30", "dev", self._inside)
        self._there("ip", "link", "set", self._inside, "up")
        self._there("ip", "link", "set", "lo", "up")

    @staticmethod
    def _run(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"
        return done.stdout

    def _there(self, *command):
        return self._run(*self.inside, *command)

    # -- faults ---

    def drop(self, port, way):
        """Packets between the service and a server's port vanish; `way`: out, in (as the service sees it), both."""
        if way in ("out", "both"):
            self._there("iptables", "-w", "-A", "OUTPUT", "-p", "tcp", "--dport", str(port), "-j", "DROP")
        if way in ("in", "both"):
            self._there("iptables", "-w", "-A", "INPUT", "-p", "tcp", "--sport", str(port), "-j", "DROP")

    def reject(self, port):
        """Whatever the service sends there is answered with RST."""
        self._there("iptables", "-w", "-A", "OUTPUT", "-p", "tcp", "--dport", str(port), "-j", "REJECT", "--reject-with",
                    "tcp-reset")

    def narrow(self, bytes_per_second):
        """A token bucket in each direction."""
        rate = ["rate", f"{bytes_per_second * 8}bit", "burst", "5kb", "latency", "400ms"]
        self._run("tc", "qdisc", "replace", "dev", self._outside, "root", "tbf", *rate)
        self._there("tc", "qdisc", "replace", "dev", self._inside, "root", "tbf", *rate)

    def met(self):
        """Packets that the filters have taken so far, or that the pipe has held back."""
        filtered = sum(int(line.split()[0]) for line in self._there("iptables", "-w", "-nvxL").splitlines()
                       if "DROP" in line or "REJECT" in line)
        pipes = self._run("tc", "-s", "qdisc", "show", "dev", self._outside) + \
            self._there("tc", "-s", "qdisc", "show", "dev", self._inside)
        held = sum(int(line.split("overlimits ")[1].split()[0]) for line in pipes.splitlines() if "overlimits" in line)
        return filtered + held

    def heal(self):
        self._there("iptables", "-w", "-F")
        for run, end in ((self._run, self._outside), (self._there, self._inside)):
            if "tbf" in run("tc", "qdisc", "show", "dev", end):
                run("tc", "qdisc", "del", "dev", end, "root")

    def close(self):
        self._holder.kill()
