"""The product's commands, as people and scripts call them."""

import json
import os
import subprocess

from .service import BINARY


class Commands:
    """Runs commands on one database."""

    def __init__(self, url):
        self._environment = {"TAYLORDASH_DATABASE__URL": url}

    def run(self, *words, status=0, timeout=60, stdin=None, output=None):
        """Its standard output, or standard error where it fails, or what `output` names; the exit status must be `status`."""
        done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, timeout=timeout, check=False,
                              env={**os.environ, **self._environment}, input=stdin)
        assert done.returncode == status, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return getattr(done, output or ("stdout" if status == 0 else "stderr"))

    def json(self, *words, **options):
        """The objects of its NDJSON output."""
        return [json.loads(line) for line in self.run(*words, "--json", **options).splitlines()]
