#!/usr/bin/env python3
"""Draws calls.py's JSON as an SVG: CPU a packet and p99 latency against calls, a line a server, the median of its runs.

    plot.py BENCH.json OUT.svg
"""

import json
import math
import statistics
import sys
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, GAP = 380, 240, 60, 40, 70
COLOURS = ["#888888", "#0b6e4f", "#c1440e", "#2a5db0", "#7b3fa0"]
PANELS = [
    ("CPU of the server, µs a forwarded packet", lambda run: run["server"]["us_per_packet"], False),
    ("forward latency, p99 in ms (logarithmic)", lambda run: run["window"]["latency_us"]["p99"] / 1000, True),
]


def text(x, y, words, anchor="middle", colour="#333333"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def ticks(least, most, logarithmic):
    if logarithmic:
        return [10**power for power in range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)]
    step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500) if most / size <= 6)
    return [step * n for n in range(math.ceil(most / step) + 1)]


def panel(rows, names, number):
    title, figure, logarithmic = PANELS[number]
    left = LEFT + number * (WIDTH + GAP)
    points = {
        name: [(row["calls"], statistics.median(map(figure, row["runs"]))) for row in rows if row["server"] == name] for name in names
    }
    values = [value for line in points.values() for _, value in line]
    marks = ticks(min(values), max(values), logarithmic)
    calls = sorted({row["calls"] for row in rows})

    def x(n):
        return left + WIDTH * n / calls[-1]

    def y(value):
        if logarithmic:
            return TOP + HEIGHT * (1 - math.log(value / marks[0]) / math.log(marks[-1] / marks[0]))
        return TOP + HEIGHT * (1 - value / marks[-1])

    yield text(left + WIDTH / 2, TOP - 14, title)
    for mark in marks:
        yield f'<line x1="{left}" y1="{y(mark):.1f}" x2="{left + WIDTH}" y2="{y(mark):.1f}" stroke="#dddddd"/>'
        yield text(left - 6, y(mark) + 4, f"{mark:g}", "end")
    for n in calls:
        yield text(x(n), TOP + HEIGHT + 18, str(n))
    yield text(left + WIDTH / 2, TOP + HEIGHT + 36, "calls at once")
    for colour, (_, line) in zip(COLOURS, points.items()):
        path = " ".join(f"{x(n):.1f},{y(value):.1f}" for n, value in line)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for n, value in line:
            yield f'<circle cx="{x(n):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>'


def main():
    rows = json.loads(Path(sys.argv[1]).read_text())["rows"]
    names = list(dict.fromkeys(row["server"] for row in rows))
    width, height = LEFT + 2 * WIDTH + GAP + 20, TOP + HEIGHT + 80
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number in range(len(PANELS)):
        lines += panel(rows, names, number)
    for place, (colour, name) in enumerate(zip(COLOURS, names)):
        lines.append(text(LEFT + place * 110, height - 12, f"● {name}", "start", colour))
    Path(sys.argv[2]).write_text("\n".join([*lines, "</svg>"]) + "\n")


main()
