"""What a server shows at /metrics: Prometheus's text format 0.0.4."""

import contextlib
import http.client
import re
import socket
import time
import urllib.request

from . import DEADLINE
from .server import program, run

SAMPLE = re.compile(r'(\w+)(?:\{((?:\w+="[^"\\\n]*",?)*)\})? (\S+)')

LABEL = re.compile(r'(\w+)="([^"]*)"')


def described():
    """{name: (type, unit, label, its values, meaning)}: the program's own table."""
    lines = [line.split("\t") for line in run(program("otomod"), "--print-metrics").out.splitlines()]
    return {line[0]: (*line[1:4], line[4].split(), line[5]) for line in lines}


def scrape(server):
    """The text, as Prometheus gets it."""
    with urllib.request.urlopen(server.monitor + "/metrics", timeout=DEADLINE) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return answer.read().decode()


def scrape_socket(server):
    """The same by the Unix socket, as otomoctl connects."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(server.state_dir / "admin.sock"))
    with contextlib.closing(connection):
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()


def parse(text):
    """{sample with its labels, as written: value}"""
    samples = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        assert SAMPLE.fullmatch(line), line
        sample, value = line.rsplit(" ", 1)
        assert sample not in samples, line
        samples[sample] = float(value)
    return samples


def read(server):
    return parse(scrape_socket(server))


def metric_of(sample, metrics):
    """The metric that a sample belongs to."""
    name = sample.split("{")[0]
    for suffix in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix)
        if name not in metrics and base in metrics and metrics[base][0] == "histogram":
            return base
    return name


def moved(before, after, metrics):
    """The metrics of which a sample has changed."""
    return {metric_of(each, metrics) for each in after if after[each] != before.get(each)}


def wait(server, sample, judge, deadline=DEADLINE):
    """Scrapes until JUDGE likes this sample; its value."""
    end = time.monotonic() + deadline
    while True:
        value = read(server).get(sample)
        if value is not None and judge(value):
            return value
        assert time.monotonic() < end, f"{sample} is {value}"
        time.sleep(0.1)
