# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure what tasks cost, side by side with what they are compared to, and write bench.json.

Each measurement starts a simulated server of its own, in a process of its own. The sides of a comparison take turns, so
that noise hits all of them; what is shown is the median, with the smallest and the largest. Costs of tasks and items
are taken from within one play, so that the start of ansible-playbook is in none of them. README.md explains the lines.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COLLECTIONS = ROOT / ".cache" / "collections"
PREFIX = "community.infisical.infisical_"

sys.path[:0] = [str(HERE), str(ROOT / "tests" / "tools")]

import collection_tree  # noqa: E402
import isolation  # noqa: E402
import page  # noqa: E402


@dataclass(frozen=True)
class Server:
    """A simulated server with one project, one auth, and so many integrations."""

    process: subprocess.Popen[str]
    values: Mapping[str, str]

    def answered(self) -> list[tuple[str, float]]:
        """What has been asked so far, ids left out, and when it was answered (seconds on the server's clock)."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def seconds_of_work(self) -> float:
        """From the answer to the login to the answer to its revocation: no side's start is in it, nor its end."""
        moments = dict(self.answered())
        return moments["revoke"] - moments["login"]


@contextmanager
def serving(integrations: int) -> Iterator[Server]:
    """A fresh server in a process of its own, so that it takes no time from what is measured but the processor's."""
    command = [sys.executable, str(HERE / "server.py"), str(integrations)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Server(process, json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()


@dataclass
class Cost:
    """What one run took: seconds, and the largest resident set of any of its processes in MiB.

    Of a play also: the requests by kind, how long they took from the login to its end, and each task's seconds by name.
    """

    seconds: float
    memory: float
    requests: Counter[str] = field(default_factory=Counter)
    work: float = 0.0
    tasks: dict[str, list[float]] = field(default_factory=dict)


def environment(server: Server, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "INFISICAL_URL": server.values["url"],
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": server.values["client_id"],
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": server.values["client_secret"],
        **more,
    }


def timed(command: list[str], env: Mapping[str, str]) -> Cost:
    """Run a command to its end."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, env=dict(env), stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if process.returncode:
            output.seek(0)
            raise RuntimeError(output.read()[-3000:])
    # Of a process and the children that it has waited for, this is the largest one's.
    return Cost(seconds, usage.ru_maxrss / 1024)


def play(tasks: Any, integrations: int = 200) -> Cost:
    """Run one play against a fresh server; `tasks` may use the server's values, written @name@."""
    with serving(integrations) as server, tempfile.TemporaryDirectory() as folder:
        playbook, config, times = (Path(folder) / name for name in ("playbook.json", "ansible.cfg", "times.json"))
        # JSON is YAML, and reading it costs all sides the same.
        text = json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
        for name, value in server.values.items():
            text = text.replace(f"@{name}@", value)
        playbook.write_text(text)
        config.touch()
        env = environment(
            server,
            HOME=folder,
            ANSIBLE_CONFIG=str(config),
            ANSIBLE_CALLBACK_PLUGINS=str(HERE / "callbacks"),
            ANSIBLE_CALLBACKS_ENABLED="task_times",
            TASK_TIMES=str(times),
        )
        cost = timed([str(Path(sys.executable).with_name("ansible-playbook")), str(playbook)], env)
        kinds = Counter(kind for kind, _at in server.answered())
        cost.requests = kinds
        if kinds["revoke"]:
            cost.work = server.seconds_of_work()
        # A play without tasks tells nothing.
        for name, seconds in json.loads(times.read_text()) if times.exists() else []:
            cost.tasks.setdefault(name, []).append(seconds)
        return cost


GET = {
    "ansible.builtin.uri": {
        "url": "@url@/api/v1/workspace/@project_id@/integrations",
        "headers": {"Authorization": "Bearer @token@"},
    }
}


def one(app: str, **more: Any) -> dict[str, Any]:
    """A task for one integration of those that the server has, or for a new one."""
    options = {"source_environment": "dev", "secret_path": "/app", "app": app, "region": "us-east-1"}
    return {f"{PREFIX}integration": {"integration_auth_id": "@auth_id@", **options, **more}}


def many(count: int, start: int = 0) -> dict[str, Any]:
    options = {"source_environment": "dev", "secret_path": "/app", "region": "us-east-1"}
    apps = [f"app-{number}" for number in range(start, start + count)]
    items = [{"integration_auth_id": "@auth_id@", "app": app, **options} for app in apps]
    return {f"{PREFIX}integrations": {"project_id": "@project_id@", "integrations": items, "concurrency": 8}}


def looped(task: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    return [{**task, "loop": list(range(count))}]


class Bench:
    """Measures sides in turn and collects what came out as goals."""

    def __init__(self, rounds: int, quick: bool) -> None:
        self.rounds = rounds
        self.quick = quick
        self.goals: list[dict[str, Any]] = []

    def turns(self, sides: Mapping[str, Callable[[], Any]]) -> dict[str, list[Any]]:
        """Return each side's measurements, taken in turns. The first turn warms caches up and is dropped."""
        for side in sides.values():
            side()
        taken: dict[str, list[Any]] = {name: [] for name in sides}
        for _ in range(self.rounds):
            for name, side in sides.items():
                taken[name].append(side())
        return taken

    def compare(
        self,
        name: str,
        taken: Mapping[str, list[float]],
        ratio: str,
        goal: float,
        unit: str = "s",
        *,
        least: bool = False,
        more: str = "",
    ) -> None:
        """Record one goal: `ratio` is "side / side", which must be at most the goal, or with `least` at least.

        What is measured of other sides is told as well. `more` is added to that.
        """
        above, below = ratio.split(" / ")
        value = statistics.median(taken[above]) / statistics.median(taken[below])
        sides = [above, below, *(side for side in taken if side not in (above, below))]
        shown = [f"{side} {told(taken[side], unit)}" for side in sides] + ([more] if more else [])
        self.record(
            name, round(value, 2), f"{'≥' if least else '≤'} {goal:g}", value >= goal if least else value <= goal, shown
        )

    def record(self, name: str, value: Any, goal: str, met: bool, details: list[str]) -> None:
        self.goals.append({"name": name, "value": value, "goal": goal, "met": bool(met), "details": details})
        print(f"{'met   ' if met else 'MISSED'}  {name}: {value} ({goal}) · {'; '.join(details)}", flush=True)


def told(values: list[float], unit: str) -> str:
    factor, shown = (1000, "ms") if unit == "s" and statistics.median(values) < 1 else (1, unit)
    middle, low, high = (factor * value for value in (statistics.median(values), min(values), max(values)))
    return f"{middle:.3g} {shown} ({low:.3g} to {high:.3g})"


def loops(bench: Bench) -> None:
    """The cost of a loop is divided by its items: the login, the list and the task's own start are in it."""
    count, few = (50, 5) if bench.quick else (200, 20)
    debug = {"ansible.builtin.debug": {"msg": "item {{ item }}"}}
    sides = {
        "integration": looped(one("app-{{ item }}"), count),
        "debug": looped(debug, count),
        "uri": looped(GET, few),
        "as module": looped({**one("app-{{ item }}"), "vars": {"infisical_in_process": False}}, few),
    }
    tasks = [{"name": name, **task} for name, (task,) in sides.items()]
    items = {name: len(task["loop"]) for name, (task,) in sides.items()}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(bench.rounds):
        for name, (seconds,) in play(tasks).tasks.items():
            taken[name].append(seconds / items[name])

    def only(*names: str) -> dict[str, list[float]]:
        return {name: taken[name] for name in names}

    bench.compare(
        f"loop of {count} unchanged, an item, against uri",
        only("integration", "uri"),
        "uri / integration",
        80,
        least=True,
    )
    bench.compare("the same, against debug", only("integration", "debug"), "integration / debug", 2.5)
    bench.compare(f"the ordinary module, {few} items, against uri", only("as module", "uri"), "as module / uri", 1.0)


def unrolled(bench: Bench) -> None:
    pair = [{"name": "integration", **one("app-1")}, {"name": "uri", **GET}]
    # The first pair loads what later ones find loaded.
    measured = [play(pair * (bench.rounds + 1)).tasks for _ in range(1 if bench.quick else 3)]
    taken = {name: [value for one_run in measured for value in one_run[name][1:]] for name in ("integration", "uri")}
    bench.compare("one unrolled task, unchanged, against uri", taken, "uri / integration", 5, least=True)


def bulk(bench: Bench) -> None:
    taken = bench.turns(
        {
            "bulk of 200": lambda: play([many(200)]).seconds,
            "empty and a GET": lambda: play([GET]).seconds,
            "empty": lambda: play([]).seconds,
        }
    )
    bench.compare(
        "bulk, 200 unchanged, whole playbook, against an empty one and a GET",
        taken,
        "bulk of 200 / empty and a GET",
        1.25,
    )


def creates(bench: Bench) -> None:
    """The work alone, as the server sees it: log in, create side by side, log out. Nobody's start is in it."""

    def script() -> Cost:
        with serving(0) as server:
            env = environment(server) | values_of(server)
            cost = timed([sys.executable, str(HERE / "bare.py"), "200", "8"], env)
            cost.work = server.seconds_of_work()
            return cost

    taken = bench.turns({"bulk": lambda: play([{"name": "bulk", **many(200)}], 0), "script": script})
    whole = {
        "the whole task": [cost.tasks["bulk"][0] for cost in taken["bulk"]],
        "the whole script": [cost.seconds for cost in taken["script"]],
    }
    bench.compare(
        "bulk, 200 creates, against a bare script",
        {side: [cost.work for cost in costs] for side, costs in taken.items()},
        "bulk / script",
        1.5,
        more="with the starts of both: " + ", ".join(f"{side} {told(values, 's')}" for side, values in whole.items()),
    )


def values_of(server: Server) -> dict[str, str]:
    return {f"BARE_{name.upper()}": value for name, value in server.values.items()}


def counted(bench: Bench) -> None:
    """How often the server is asked, whatever the number of items."""
    for name, tasks in {
        "loop": lambda count: looped(one("app-{{ item }}"), count),
        "loop with project_id": lambda count: looped(one("app-{{ item }}", project_id="@project_id@"), count),
        "bulk": lambda count: [many(count)],
    }.items():
        small, large = (play(tasks(count)).requests for count in (10, 200))
        look_ups = 1 if name == "loop" else 0
        allowed = {"login": 1, "list": 1, "probe": 1, "look-up": look_ups, "revoke": 1}
        met = small == large and all(large[what] <= allowed.get(what, 0) for what in large)
        told_requests = ", ".join(f"{number} {what}" for what, number in sorted(large.items()))
        bench.record(
            f"requests of a {name} of 200 unchanged, and of 10",
            sum(large.values()),
            f"≤ {sum(allowed.values())}",
            met,
            [told_requests],
        )


def growth(bench: Bench) -> None:
    """The time of the task, fork and login and list included, divided by its items."""
    large = 500 if bench.quick else 2000
    taken = bench.turns(
        {
            "item of 100": lambda: play([{"name": "bulk", **many(100)}], 100),
            f"item of {large}": lambda: play([{"name": "bulk", **many(large)}], large),
            "empty playbook": lambda: play([], large),
        }
    )
    items = {"item of 100": 100, f"item of {large}": large}
    bench.compare(
        f"bulk, an item of {large} unchanged, against one of 100",
        {side: [cost.tasks["bulk"][0] / count for cost in taken[side]] for side, count in items.items()},
        f"item of {large} / item of 100",
        1.2,
    )
    bench.compare(
        f"peak memory, bulk of {large}, against an empty playbook",
        {side: [cost.memory for cost in taken[side]] for side in (f"item of {large}", "empty playbook")},
        f"item of {large} / empty playbook",
        1.5,
        "MiB",
    )


IMPORTS = """
import time
import ansible.executor.task_executor
from ansible.plugins.loader import action_loader, init_plugin_loader
init_plugin_loader()
# Ansible's own routing table is read at the first look-up, whichever plugin that is for.
action_loader.get("ansible.builtin.uri", class_only=True)
started = time.perf_counter()
{}
print(time.perf_counter() - started)
"""


def imports(bench: Bench) -> None:
    """In a process where ansible-core is loaded, as it is in the controller."""

    def measure(statement: str) -> Callable[[], float]:
        def run() -> float:
            env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
            command = [sys.executable, "-c", IMPORTS.format(statement)]
            return float(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)

        return run

    # By a module's name, as the parent process asks for it when it reads a task.
    plugin = (
        "import sys; action_loader.find_plugin_with_context('community.infisical.infisical_integration');"
        " assert 'requests' in sys.modules"
    )
    taken = bench.turns({"plugin": measure(plugin), "requests": measure("import requests")})
    bench.compare("import in the controller, once a run, against requests alone", taken, "plugin / requests", 4)


PARTS = {part.__name__: part for part in (imports, counted, bulk, loops, unrolled, creates, growth)}


def machine() -> dict[str, str]:
    from importlib.metadata import version  # noqa: PLC0415 - only here

    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    return {
        "processor": f"{cpu or platform.processor()}, {len(os.sched_getaffinity(0))} processors",
        "system": f"{platform.system()} {platform.release()}",
        "load": f"{os.getloadavg()[0]:.1f} before the start",
        "python": platform.python_version(),
        **{name: version(name) for name in ("ansible-core", "requests", "urllib3")},
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def main() -> None:
    isolation.isolate()
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(PARTS)}; all if left out"
    )
    parser.add_argument("--quick", action="store_true", help="less of all, three rounds: to try a change out")
    parser.add_argument("--rounds", type=int, help="measurements of each side (5)")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - PARTS.keys()
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}")
    collection_tree.build(ROOT, COLLECTIONS)
    bench = Bench(arguments.rounds or (3 if arguments.quick else 5), arguments.quick)
    on, started = machine(), time.perf_counter()
    print("; ".join(f"{name} {value}" for name, value in on.items()))
    for name in arguments.parts or PARTS:
        PARTS[name](bench)
    report = {
        "goals": bench.goals,
        "date": time.strftime("%Y-%m-%d"),
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "rounds": bench.rounds,
        "quick": bench.quick,
        "machine": on,
    }
    (ROOT / "bench.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    print()
    print(page.table(bench.goals))


if __name__ == "__main__":
    main()
