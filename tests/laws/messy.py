# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company with integrations of every service, made at random, and what must hold for its destinations at any time."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Hashable, Iterator
from typing import Any

from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import to_api
from ansible_collections.community.infisical.plugins.module_utils._migration.counterparts import COUNTERPARTS
from ansible_collections.community.infisical.tests.unit.plugins.module_utils.test_migration import (
    INCOMPLETE,
    NONE,
    WHOLE,
)
from contract.sync_examples import CREDENTIALS

from simulator import holdings

from .company import Company

KEYS = ("API_KEY", "DB_PASSWORD")
THEIRS = "theirs-value"
AWS = ("aws-secret-manager", "aws-parameter-store")
# Rows that several integrations can't be made of: one place for all, or a name that a number would spoil.
SINGLE = [row for row in WHOLE if row[0] == "aws-secret-manager" and row[1].get("metadata")]
# What of a row names the place, the first one that it has.
PLACES = ("app_id", "app", "path", "owner")


def numbered(row: tuple[Any, ...], number: int) -> dict[str, Any]:
    """Return the fields of an integration like that of a row, with a place of its own."""
    fields = dict(row[1])
    for name in [name for name in PLACES if fields.get(name) and not (row[0] in AWS and name == "owner")]:
        text = str(fields[name])
        if text.startswith("https://"):
            fields[name] = text.replace("https://", f"https://n{number}", 1)
        elif text.endswith("/"):
            fields[name] = f"{text}n{number}/"
        elif not text.startswith("{"):
            fields[name] = f"{text}{number}"
    return fields


class SharedHoldings(holdings.Holdings):
    """Has the sync that takes the place of an integration write to the same place; what it is for is told once."""

    def __init__(self, natives: dict[str, dict]) -> None:
        super().__init__()
        self._natives = natives
        self._syncs: dict[Hashable, Hashable] = {}

    def of_sync(self, sync: dict) -> dict[str, str]:
        own = holdings._sync_place(sync)
        if own not in self._syncs:
            named = [one for one in self._natives if one in str(sync["description"])]
            self._syncs[own] = holdings._place(self._natives[named[0]]) if named else own
        return self._held.setdefault(self._syncs[own], {})


class EveryService:
    """A company of `size` integrations; `meddle` has a person change something, `broken` tells what doesn't hold."""

    def __init__(self, company: Company, chance: random.Random, size: int) -> None:
        self.company, self.chance = company, chance
        self.values: dict[str, list[str]] = {
            key: [company.sim.secrets(company.project, "dev", "/app")[key]] for key in KEYS
        }
        self.meddled: set[str] = set()
        self.count = 0
        # The newest value that each name of each place was seen to have.
        self._seen: dict[tuple[str, str], int] = {}
        company.connections = []
        self._build(size)
        self._natives = {one["id"]: one for one in company.sim.integrations(company.project)}
        company.sim._destinations.holdings = SharedHoldings(self._natives)
        company.settle()
        self._put_theirs()
        self.before = self.content()
        self.off = {name for name in company.ids if not company.is_on(name)}

    def _build(self, size: int) -> None:
        rows = [
            row for row in (*WHOLE, *INCOMPLETE, *NONE) if row[0] != "nowhere" and "source_environment" not in row[1]
        ]
        rows = [row for row in rows if row not in SINGLE]
        # Each service once, then most of what can be migrated, and AWS more often than others.
        firsts = {row[0]: row for row in reversed(rows)}
        wanted = [*firsts.values()] if size >= len(firsts) else self.chance.sample([*firsts.values()], size // 2)
        often = [row for row in WHOLE if row not in SINGLE]
        often += [row for row in often if row[0] in AWS] * 8
        wanted += [self.chance.choice(often if self.chance.random() < 0.9 else rows) for _one in range(size)]
        auths: dict[str, list[str]] = {}
        for number, row in enumerate(wanted[: size - 2]):
            self._add(number, row, auths)
        keeps = {"shouldDisableDelete": True}
        auth = self._auth("aws-parameter-store", auths)
        self.company.parameters("whole", "/p0/", auth, metadata=keeps)
        self.company.parameters("part", "/p0/pre_", auth, metadata=keeps)

    def _add(self, number: int, row: tuple[Any, ...], auths: dict[str, list[str]]) -> None:
        fields = to_api({key: value for key, value in numbered(row, number).items() if value is not None})
        if row[0] in AWS and fields.get("region"):
            fields["region"] = "us-east-1"
        active = self.chance.random() < 0.9
        auth = self._auth(row[0], auths, **to_api(row[2] if isinstance(row[2], dict) else {}))
        self.company.add(f"{row[0]}-{number}", auth, **{"region": None, **fields}, isActive=active)

    def _auth(self, slug: str, auths: dict[str, list[str]], **more: Any) -> str:
        """Return an auth of a service, sometimes a new one, with its entry in `connections`, as most of them have."""
        known = auths.setdefault(slug, [])
        if known and not more and self.chance.random() < 0.7:
            return self.chance.choice(known)
        company = self.company
        auth = company.sim.add_auth(
            company.project, slug, accessId="AKIAMIGRATION", accessToken="canary-aws-secret", **more
        )
        known.append(auth["id"])
        destination = COUNTERPARTS[slug].destination
        if destination and self.chance.random() < 0.95:
            app = DESTINATIONS[destination].app
            name = "aws-main" if app == "aws" else f"{slug}-{len(known)}"
            if app != "aws":
                method = next(method for one, method in CREDENTIALS if one == app)
                company.sim.add_connection(app, method, name, company.project)
            aws = {"method": "access-key", "credentials": self._login} if app == "aws" else {}
            assert company.connections is not None
            company.connections.append({"integration_auth_id": auth["id"], "name": name, **aws})
        return str(auth["id"])

    @property
    def _login(self) -> dict[str, str]:
        return {"access_key_id": "AKIAMIGRATION", "secret_access_key": "canary-aws-secret"}

    def _put_theirs(self) -> None:
        """Put something of others where the integrations leave it."""
        self.company.account.put_parameter("/p0/THEIRS", THEIRS)
        self.company.account.create_secret("theirs", THEIRS)
        for native in self._natives.values():
            if native["integration"] not in AWS and not holdings._goes(native, "THEIRS", False):
                self.company.sim.held(native["id"])["THEIRS"] = THEIRS

    def content(self) -> dict[str, dict[str, str]]:
        """Return what is at each place, by names; AWS's secrets and parameters are one place."""
        held = self.company.sim._destinations.holdings._held
        found = {str(place): dict(names) for place, names in held.items()}
        return {**found, "aws": dict(self._aws())}

    def _aws(self) -> Iterator[tuple[str, str]]:
        for name, value in self.company.content().items():
            if value.startswith("{"):
                yield from ((f"{name}:{key}", one) for key, one in json.loads(value).items())
            else:
                yield name, value

    def change_secret(self) -> None:
        """Have someone change a secret in Infisical."""
        key = self.chance.choice(KEYS)
        self.count += 1
        self.values[key].append(f"{key}-{self.count}")
        self.company.sim.set_secret(self.company.project, "dev", "/app", key, self.values[key][-1])

    def meddle(self) -> str:
        """Have a person change something by hand; returns what."""
        company, name = self.company, self.chance.choice(sorted(self.company.ids))
        native, sync = company.native(name), company.sync(name)
        acts = ["foreign", *(["native removed", "native switched"] if native else [])]
        acts += ["description edited", "sync has deletion on", "sync paused", "sync removed"] if sync else []
        act = self.chance.choice(acts)
        if act == "foreign":
            self.count += 1
            company.account.put_parameter(f"/p0/THEIRS{self.count}", THEIRS)
            self.before["aws"][f"/p0/THEIRS{self.count}"] = THEIRS
        else:
            company.by_hand(act, name)
        if act not in ("foreign", "sync has deletion on"):
            self.meddled.add(name)
        return f"{act}: {name}"

    def broken(self) -> list[str]:
        """Return what of the law doesn't hold."""
        now, found = self.content(), []
        for place, names in self.before.items():
            found += [f"{place}: {name} is gone" for name in names.keys() - now.get(place, {}).keys()]
        for place, names in now.items():
            found += [f"{place}: {text}" for name, value in names.items() for text in self._wrong(place, name, value)]
        return found + self._unwritten()

    def _wrong(self, place: str, name: str, value: str) -> list[str]:
        if self.before.get(place, {}).get(name) == THEIRS:
            return [] if value == THEIRS else [f"{name} is no longer theirs"]
        key = next((key for key in KEYS if re.sub("-", "_", name).find(key) >= 0), None)
        if key is None or value not in self.values[key]:
            return [f"{name} holds {value}"]
        found, seen = self.values[key].index(value), self._seen.get((place, name), 0)
        self._seen[place, name] = max(found, seen)
        return [f"{name} holds an older value again"] if found < seen else []

    def _unwritten(self) -> list[str]:
        """Return the integrations that nobody writes for any more, and those of which somebody does that nobody did."""
        company = self.company
        natives = {one["id"]: one["isActive"] for one in company.sim.integrations(company.project)}
        syncs = [(str(one["description"]), one["isAutoSyncEnabled"]) for one in company.syncs()]
        on = set(re.findall("[0-9a-f-]{36}", " ".join(text for text, is_on in syncs if is_on)))
        found = []
        for name in company.ids.keys() - self.meddled:
            is_written = bool(natives.get(company.ids[name])) or company.ids[name] in on
            if is_written == (name in self.off):
                found.append(f"{name} is written by {'somebody' if is_written else 'nobody'}")
        return found
