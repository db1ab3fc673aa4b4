"""What a kind of fault needs from the machine, and why it is not there. Nothing is left out without its reason."""

import ctypes
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
FIU = [Path("/usr/lib/fiu/fiu_run_preload.so"), Path("/usr/lib/fiu/fiu_posix_preload.so")]
CLONE_NEWNS = 0x00020000


@cache
def own_mounts():
    """Gives this process mounts of its own, which vanish with it. None, or why that can't be."""
    if os.geteuid() != 0:
        return "mounting a small tmpfs needs root"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        return f"no mount namespace: {os.strerror(ctypes.get_errno())}"
    done = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True, check=False)
    return done.stderr.strip() or None


@cache
def network():
    """None, or why there can be no network namespace with packet filters."""
    if os.geteuid() != 0:
        return "a network namespace with a veth pair needs root"
    for program in ("ip", "tc", "iptables", "nsenter", "unshare"):
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return f"{program} is not installed"
    script = ("ip link set lo up && ip link add probe0 type veth peer name probe1"
              " && iptables -w -A OUTPUT -p tcp --dport 1 -j DROP"
              " && iptables -w -A OUTPUT -p tcp --dport 2 -j REJECT --reject-with tcp-reset"
              " && tc qdisc add dev probe0 root tbf rate 1mbit burst 10kb latency 400ms")
    done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"the kernel does not allow it: {done.stderr.strip()}"


@cache
def fiu():
    if not shutil.which("fiu-ctrl") or not all(part.is_file() for part in FIU):
        return "libfiu is not installed (fiu-utils)"
    return None


@cache
def faketime():
    return None if FAKETIME.is_file() else f"libfaketime is not installed ({FAKETIME} is missing)"


CHECKS = {"mount": own_mounts, "network": network, "fiu": fiu, "faketime": faketime}


def missing():
    """{requirement: reason} of what this machine can't do."""
    return {name: reason for name, check in CHECKS.items() if (reason := check())}
