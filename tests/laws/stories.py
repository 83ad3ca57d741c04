# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may happen in a project: plays of tasks, changes by others, and moods of the services; as strategies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

AWS_KEY, AWS_SECRET, WRONG_SECRET = "AKIALAWSLAWSLAWS", "laws-aws-secret-access-key", "laws-wrong-secret-access-key"
PAT = "laws-personal-access-token"
REGION = "eu-west-1"


@dataclass(frozen=True)
class Made:
    """Stands for the id of the object of a kind that the play has registered last."""

    kind: str


@dataclass(frozen=True)
class Task:
    """One task of a play, without the options that all have."""

    module: str
    options: Mapping[str, Any]

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{self.module}({options})"


@dataclass(frozen=True)
class Play:
    """Tasks that follow each other; `lost`: of the answer to the first write of each, before or after its effect."""

    tasks: tuple[Task, ...]
    lost: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outside:
    """What somebody else does to the first object of a kind."""

    kind: str
    change: Mapping[str, Any] | None


@dataclass(frozen=True)
class Secret:
    """Somebody sets a secret in a folder, or deletes it (None); jobs follow."""

    environment: str
    path: str
    value: str | None


@dataclass(frozen=True)
class Mood:
    """AWS accepts the keys or doesn't; so many of the next jobs of secret syncs fail."""

    aws_accepts: bool = True
    failing_jobs: int = 0


@dataclass(frozen=True)
class Pause:
    """Time passes."""

    seconds: float


# --- options ----------------------------------------------------------------------------------------------------------

SOURCES = st.fixed_dictionaries(
    {"source_environment": st.sampled_from(["dev", "prod"]), "secret_path": st.sampled_from(["/app", "/"])}
)
SERVICES: dict[str, list[dict[str, Any]]] = {
    "aws-parameter-store": [{"path": "/one/", "region": REGION}, {"path": "/two/", "region": REGION}],
    "aws-secret-manager": [{"app": "one", "region": REGION}],
    "github": [{"app": "repo", "owner": "acme"}],
}
DESTINATIONS: dict[str, dict[str, Any]] = {
    "one": {
        "destination": "aws-parameter-store",
        "connection_name": "aws",
        "destination_config": {"region": REGION, "path": "/sync/"},
    },
    "two": {
        "destination": "aws-secrets-manager",
        "connection_name": "aws",
        "destination_config": {"region": REGION, "mapping_behavior": "many-to-one", "secret_name": "sync"},
    },
    "three": {
        "destination": "github",
        "connection_name": "github",
        "destination_config": {"scope": "repository", "owner": "acme", "repo": "repo"},
    },
}
CONNECTIONS: dict[str, dict[str, Any]] = {
    "aws": {"app": "aws", "method": "access-key", "credentials": {"access_key_id": AWS_KEY}},
    "github": {"app": "github", "method": "pat", "credentials": {}},
}
ALWAYS = {"update_credentials": st.just("always")}
JOBS = {"sync": st.just(True), "wait": st.booleans()}
METADATA = st.sampled_from(
    [
        {"secret_prefix": "P_"},
        {"should_auto_redeploy": True},
        {"metadata_sync_mode": "custom"},
        {"should_disable_delete": True},
    ]
)
SYNC_OPTIONS = st.sampled_from(
    [
        {"disable_secret_deletion": False},
        {"key_schema": "A_{{secretKey}}"},
        {"initial_sync_behavior": "import-prioritize-source"},
        {"auto_redeploy_services": True},
        {"auto_redeploy": True},
    ]
)


@st.composite
def auths(draw: st.DrawFn) -> dict[str, Any]:
    """Options of a native integration's credentials."""
    service = draw(st.sampled_from(list(SERVICES)))
    secret = draw(st.sampled_from([AWS_SECRET, WRONG_SECRET]))
    keys = {"access_token": PAT} if service == "github" else {"access_id": AWS_KEY, "access_token": secret}
    more = draw(st.fixed_dictionaries({}, optional={**ALWAYS, "namespace": st.just("team")}))
    return {"integration": service, **keys, **more}


@st.composite
def integrations(draw: st.DrawFn) -> dict[str, Any]:
    """Options of a native integration."""
    service = draw(st.sampled_from(list(SERVICES)))
    target = draw(st.sampled_from(SERVICES[service]))
    more = draw(st.fixed_dictionaries({}, optional={**JOBS, "is_active": st.booleans(), "metadata": METADATA}))
    return {"integration": service, **target, **draw(SOURCES), **more}


@st.composite
def connections(draw: st.DrawFn) -> dict[str, Any]:
    """Options of an app connection."""
    name = draw(st.sampled_from(list(CONNECTIONS)))
    given = CONNECTIONS[name]
    secret = {"secret_access_key": draw(st.sampled_from([AWS_SECRET, WRONG_SECRET]))}
    secret = {"personal_access_token": PAT} if name == "github" else secret
    more = draw(st.fixed_dictionaries({}, optional={**ALWAYS, "description": st.sampled_from(["a text", ""])}))
    return {"name": name, **given, "credentials": {**given["credentials"], **secret}, **more}


@st.composite
def syncs(draw: st.DrawFn) -> dict[str, Any]:
    """Options of a secret sync."""
    name = draw(st.sampled_from(list(DESTINATIONS)))
    source = draw(SOURCES)
    optional = {
        **JOBS,
        "is_auto_sync_enabled": st.booleans(),
        "sync_options": SYNC_OPTIONS,
        "description": st.sampled_from(["a text", ""]),
        "import_secrets": st.just("prioritize-source"),
    }
    more = draw(st.fixed_dictionaries({}, optional=optional))
    environment = source.pop("source_environment")
    return {"name": name, **DESTINATIONS[name], "environment": environment, **source, **more}


# What is wrong in one way; the object is the same.
ODD: dict[str, list[dict[str, Any]]] = {
    "integration_auth": [{"integration": "githb"}],
    "integration": [
        {"secret_path": "/nope"},
        {"source_environment": "qa"},
        {"integration": "githb"},
        {"region": "eu-west-99"},
    ],
    "app_connection": [{"name": "under_score"}, {"name": "x" * 65}, {"method": "acces-key"}, {"app": "asw"}],
    "secret_sync": [
        {"name": "under_score"},
        {"secret_path": "/nope"},
        {"environment": "qa"},
        {"destination": "githb"},
        {"connection_name": "nobody"},
        {"sync_options": {"key_schema": "/{{secretKey}}"}},
        {"sync_options": {"key_schema": "{{secretKey}}/"}},
        {"sync_options": {"key_id": "a b"}},
        {"destination_config": {"region": "eu-west-99", "path": "/sync/"}},
    ],
}
GOOD = {
    "integration_auth": auths(),
    "integration": integrations(),
    "app_connection": connections(),
    "secret_sync": syncs(),
}
# How an object of each kind is named where it is to go.
NAMED = {
    "integration_auth": ("integration", "namespace"),
    "integration": ("integration", "source_environment", "secret_path", "app", "owner", "path", "region"),
    "app_connection": ("app", "name"),
    "secret_sync": ("name", "destination"),
}
PLURAL = {"integration": "integrations", "secret_sync": "syncs"}
MODULES = {"integration": "infisical_integrations", "secret_sync": "infisical_secret_syncs"}


def _task(kind: str, options: Mapping[str, Any]) -> Task:
    return Task(f"infisical_{kind}", options)


@st.composite
def removals(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Options of an object that is to go."""
    options = draw(GOOD[kind])
    named = {name: options[name] for name in NAMED[kind] if name in options}
    flag = {"integration_auth": "cascade", "integration": "delete_destination_secrets"}.get(kind)
    flag = "delete_destination_secrets" if kind == "secret_sync" else flag
    return {**named, "state": "absent", **({flag: True} if flag and draw(st.booleans()) else {})}


@st.composite
def single(draw: st.DrawFn, kinds: tuple[str, ...]) -> Task:
    """Return a task about one object, that may be wrong in one way."""
    kind = draw(st.sampled_from(kinds))
    how = draw(st.sampled_from(["good"] * 6 + ["absent"] * 2 + ["odd"]))
    if how == "absent":
        return _task(kind, draw(removals(kind)))
    options = draw(GOOD[kind])
    return _task(kind, {**options, **(draw(st.sampled_from(ODD[kind])) if how == "odd" else {})})


@st.composite
def plural(draw: st.DrawFn, kind: str) -> Task:
    """Return a task about several objects."""
    items = draw(st.lists(GOOD[kind] | removals(kind), min_size=1, max_size=3))
    purge = draw(st.sampled_from([False, False, False, True]))
    more = {"purge": True, "purge_scope_all": True} if purge else {}
    return Task(MODULES[kind], {PLURAL[kind]: items, "concurrency": 1, **more})


# What a play does with an object that it has just made.
FOLLOWING: dict[str, list[dict[str, Any]]] = {
    # Its removal is refused, as an integration uses it, which check mode can't see.
    "integration_auth": [{"update_credentials": "always"}],
    "integration": [
        {"sync": True},
        {"sync": True, "wait": True},
        {"is_active": False},
        {"secret_path": "/app"},
        {"source_environment": "dev"},
        {"state": "absent"},
    ],
    "app_connection": [{"update_credentials": "always"}, {"description": "another text"}],
    "secret_sync": [
        {"sync": True},
        {"sync": True, "wait": True},
        {"is_auto_sync_enabled": False},
        {"import_secrets": "prioritize-source"},
        {"sync_options": {"disable_secret_deletion": False}},
        {"sync_options": {"disable_secret_deletion": True}},
        {"secret_path": "/app"},
        {"environment": "dev"},
        {"state": "absent"},
    ],
}
ID = {"integration_auth": "integration_auth_id", "integration": "integration_id"}
ID |= {"app_connection": "connection_id", "secret_sync": "sync_id"}
OFF = ("is_active", "is_auto_sync_enabled")
KEYS = ("access_id", "access_token", "credentials", "app")


@st.composite
def chains(draw: st.DrawFn, native: bool) -> tuple[Task, ...]:
    """Return tasks of which each but the first takes what the one before it has made, by id or by name."""
    first, second = ("integration_auth", "integration") if native else ("app_connection", "secret_sync")
    options, item = draw(GOOD[first]), draw(GOOD[second])
    by_id = draw(st.booleans())
    if native:
        item = {key: value for key, value in item.items() if key not in ("app", "owner", "path", "region")}
        item |= {"integration": options["integration"], **draw(st.sampled_from(SERVICES[options["integration"]]))}
        options.pop("namespace", None)
    else:
        names = [name for name, known in DESTINATIONS.items() if known["connection_name"] == options["name"]]
        name = draw(st.sampled_from(names))
        item |= {"name": name, **DESTINATIONS[name]}
    if by_id:
        item = {key: value for key, value in item.items() if key != "connection_name"}
        item |= {ID[first]: Made(first)}
    kind = draw(st.sampled_from([first, second]))
    following = draw(st.sampled_from(FOLLOWING[kind]))
    if "import_secrets" in following and item["name"] == "three":
        # Check mode doesn't know the destination of what an earlier task would have made, nor that it has no imports.
        following = {"sync": True}
    # Of what an earlier task would have made, check mode knows the defaults only.
    told = {*following, *OFF} - JOBS.keys()
    item = {key: value for key, value in item.items() if key not in told or kind == first}
    tasks = [_task(first, options), _task(second, item)]
    made = options if kind == first else item
    kept = {key: value for key, value in made.items() if key in (KEYS if kind == first else ())}
    named = {key: value for key, value in made.items() if key in NAMED[kind]}
    how = {ID[kind]: Made(kind)} if draw(st.booleans()) else named
    if native and ID[kind] in how:
        # An id is enough.
        how |= draw(st.sampled_from([{}, {"project_id": None}]))
    if following.get("state") == "absent" or kind == "integration_auth":
        # By its name, check mode finds nothing: only an id says that an earlier task has made it.
        how = {ID[kind]: Made(kind)}
    if draw(st.booleans()):
        tasks.append(_task(kind, {**kept, **how, **following}))
    return tuple(tasks)


@st.composite
def plays(draw: st.DrawFn, native: bool) -> Play:
    """Return a play of one task about anything, or of several that make things and use them."""
    kinds = ("integration_auth", "integration") if native else ("app_connection", "secret_sync")
    how = draw(st.sampled_from(["single", "single", "plural", "chain"]))
    if how == "chain":
        tasks = draw(chains(native))
    elif how == "plural":
        tasks = (draw(plural(kinds[1])),)
    else:
        tasks = (draw(single(kinds)),)
    headers = draw(st.sampled_from([{}] * 8 + [{"X-Scope-OrgID": "1"}, {"X-Environment": "dev"}]))
    return Play(tasks, draw(st.sampled_from([""] * 10 + ["before", "after"])), headers)


def repeated(play: Play, **more: Any) -> Play:
    """Return a play once more, with options added to what can be synced."""
    return Play(tuple(Task(task.module, _with(task, more)) for task in play.tasks))


def _with(task: Task, more: Mapping[str, Any]) -> dict[str, Any]:
    plural = next((name for name in PLURAL.values() if name in task.options), None)
    if plural:
        items = [item if item.get("state") == "absent" else {**item, **more} for item in task.options[plural]]
        return {**task.options, plural: items}
    can_sync = task.module.removeprefix("infisical_") in PLURAL and task.options.get("state") != "absent"
    return {**task.options, **(more if can_sync else {})}


CHANGES: dict[str, list[dict[str, Any] | None]] = {
    "integration": [{"isActive": False}, {"isActive": True}, {"secretPath": "/"}, None],
    "secret_sync": [{"isAutoSyncEnabled": False}, {"isAutoSyncEnabled": True}, {"description": "another"}, None],
    "app_connection": [{"description": "another"}, None],
    "integration_auth": [None],
}


@st.composite
def outside(draw: st.DrawFn, native: bool) -> Outside:
    """Return what somebody else does to an object."""
    kind = draw(st.sampled_from(("integration_auth", "integration") if native else ("app_connection", "secret_sync")))
    return Outside(kind, draw(st.sampled_from(CHANGES[kind])))


@st.composite
def steps(draw: st.DrawFn, native: bool) -> Any:
    """Return what happens next: most often a play."""
    how = draw(st.sampled_from(["play", "play", "play", "play", "outside", "secret", "mood", "pause"]))
    if how == "play":
        return draw(plays(native))
    if how == "outside":
        return draw(outside(native))
    if how == "secret":
        return draw(st.builds(Secret, st.sampled_from(["dev", "prod"]), st.sampled_from(["/app", "/"]), VALUES))
    if how == "mood":
        return draw(st.builds(Mood, st.booleans(), st.sampled_from([0, 1, 3])))
    return draw(st.builds(Pause, st.sampled_from([1.0, 20.0, 120.0])))


VALUES = st.sampled_from(["a-value", None])


@dataclass(frozen=True)
class Story:
    """A server, what it has at first, and what happens there."""

    generation: str
    furnished: bool
    # Jobs take their time, and meanwhile refuse others; in 2024, an auth goes with its last integration.
    slow: bool
    steps: tuple[Any, ...]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Return a story of native integrations on one of three servers, or of secret syncs."""
    native = draw(st.booleans())
    happens: list[Any] = []
    for _unused in range(draw(st.integers(1, 7))):
        played = [step for step in happens if isinstance(step, Play)]
        if played and draw(st.integers(0, 2)) == 0:
            more = draw(st.sampled_from([{}, {"wait": True}, {"wait": True}, {"sync": True, "wait": True}]))
            happens.append(repeated(draw(st.sampled_from(played)), **more))
        else:
            happens.append(draw(steps(native)))
    generation = draw(st.sampled_from(["2024", "2024-10-16", "2025", "2026"])) if native else "2026"
    return Story(generation, draw(st.booleans()), draw(st.booleans()), tuple(happens))
