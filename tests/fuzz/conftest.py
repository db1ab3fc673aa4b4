"""How long each libFuzzer program runs, and from which seed."""


def pytest_addoption(parser):
    parser.addoption("--seconds", type=int, default=10, help="how long each program runs")
    parser.addoption("--seed", type=int, default=1, help="where libFuzzer's random choices begin")
