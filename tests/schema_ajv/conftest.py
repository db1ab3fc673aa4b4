"""How many pairs of schema and document are judged, and from which seed."""


def pytest_addoption(parser):
    parser.addoption("--pairs", type=int, default=5000, help="pairs of schema and document in all (nightly: 200000)")
    parser.addoption("--seed", type=int, default=1, help="the same seed makes the same pairs")


def pytest_report_header(config):
    return f"pairs: {config.getoption('--pairs')}, seed: {config.getoption('--seed')}"
