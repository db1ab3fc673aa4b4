"""A Prometheus of the test's own: scrapes one service and evaluates the shipped alert rules, each second."""

import json
import urllib.request
from pathlib import Path

from .process import Process, free_port, wait_for

ALERTS = Path(__file__).resolve().parents[2] / "infra/prometheus/alerts.yml"


class Prometheus:
    def __init__(self, directory, target_port):
        self.directory = Path(directory) / "prometheus"
        self.directory.mkdir()
        self.port = free_port()
        (self.directory / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
            f"rule_files: ['{ALERTS}']\n"
            "scrape_configs:\n"
            "  - job_name: taylordash\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{target_port}']}}]\n", encoding="utf-8")
        self.process = Process(
            ["prometheus", f"--config.file={self.directory}/prometheus.yml", f"--storage.tsdb.path={self.directory}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], self.directory / "log")
        wait_for(self.scrapes, "Prometheus to scrape the service")

    def api(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=5) as answer:
            return json.load(answer)["data"]

    def scrapes(self):
        assert self.process.running, self.process.tail()
        try:
            return [t["health"] for t in self.api("targets")["activeTargets"]] == ["up"]
        except OSError:
            return False

    def firing(self):
        """Name -> annotations of the alerts that fire."""
        return {a["labels"]["alertname"]: a["annotations"] for a in self.api("alerts")["alerts"] if a["state"] == "firing"}

    def rules(self):
        return [rule for group in self.api("rules")["groups"] for rule in group["rules"]]

    def close(self):
        self.process.kill()
