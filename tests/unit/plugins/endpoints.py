# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every endpoint that the collection calls, as one table. A module that calls another one fails its unit tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ansible_collections.community.infisical.plugins.module_utils._engine import activation, project
from ansible_collections.community.infisical.plugins.module_utils._engine.kind import Kind
from ansible_collections.community.infisical.plugins.module_utils._http.logins import METHODS, ORGANIZATION_FIELDS
from ansible_collections.community.infisical.plugins.module_utils._kinds.app_connection import CONNECTION
from ansible_collections.community.infisical.plugins.module_utils._kinds.integration_auth import OPTIONS_PATH
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import AUTH, INTEGRATION
from ansible_collections.community.infisical.plugins.module_utils._kinds.sync import OPTIONS, SYNC
from ansible_collections.community.infisical.plugins.module_utils._migration import source

NATIVE, SYNCS, CONNECTIONS = "native integrations", "secret syncs", "app connections"
PROJECTS, LOGINS = "projects and folders", "logins"
KINDS = (AUTH, INTEGRATION, SYNC, CONNECTION)
# By the names of kinds.
AREAS = {AUTH.name: NATIVE, INTEGRATION.name: NATIVE, SYNC.name: SYNCS, CONNECTION.name: CONNECTIONS}


@dataclass(frozen=True)
class Endpoint:
    """An endpoint: its `paths` are tried in turn, each a template with names in braces.

    `query` and `body` are the names that are sent; the bodies of an object's own endpoints are its kind's fields. The
    last path has other names for those in `renamed`. What is no text in the body has its kind in `kinds`; `choices` are
    the values that are sent in the query, where they are few. What only some tasks send is in `sometimes`, too.
    `reads` are the names that an answer must have: those of parts behind a dot (of each row, where the part is a list),
    and " or " between names of which one will do.
    `without` says what a server that lacks the endpoint means, and `lacks` names of `query` and `body` that servers may
    lack; where it is empty, the collection can't do without.
    """

    area: str
    method: str
    paths: tuple[str, ...]
    query: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    without: str = ""
    lacks: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sometimes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    def query_of(self, path: str) -> tuple[str, ...]:
        """Return the names that are sent in the query of one of the paths."""
        return self._renamed(path, self.query)

    def reads_of(self, path: str) -> tuple[str, ...]:
        """Return the names that are read in the answer of one of the paths."""
        return self._renamed(path, self.reads)

    def _renamed(self, path: str, names: Iterable[str]) -> tuple[str, ...]:
        renamed = self.renamed if path == self.paths[-1] else {}
        return tuple(renamed.get(name, name) for name in names)


# What the removal of an object may say of the secrets at the destination.
REMOVALS = {SYNC.name: ("removeSecrets",), INTEGRATION.name: ("shouldDeleteIntegrationSecrets",)}
# What a new object always has, by its API names; the connection of a sync is named in one of two ways.
ALWAYS = {
    AUTH.name: ("workspaceId", "integration"),
    INTEGRATION.name: ("integrationAuthId", "sourceEnvironment", "secretPath", "isActive"),
    SYNC.name: (
        *("name", "projectId", "connectionId", "environment", "secretPath", "isAutoSyncEnabled"),
        *("destinationConfig", "syncOptions"),
    ),
    CONNECTION.name: ("name", "method", "credentials"),
}
# The characters that a text may have, where modules refuse more.
LONGEST = {
    SYNC.name: {"name": 256, "description": 256, "environment": 64},
    CONNECTION.name: {"name": 64, "description": 256},
}
# What a login sends that the machine's own credentials sign.
SIGNED = ("iamHttpRequestMethod", "iamRequestBody", "iamRequestHeaders")
# The other name that is sent is the same thing on servers of another time.
ORGANIZATION = ORGANIZATION_FIELDS[0]
# Servers that don't know it have connections of the organization alone.
MAY_BE_UNKNOWN = {CONNECTION.name: ("projectId",)}

# What is read of a list of connections, and of a project, which some servers return without an envelope.
CONNECTION_ROWS = tuple(f"{CONNECTION.list_name}.{name}" for name in ("id", "name", "app"))
PROJECT = ("project.id or workspace.id or id",)


def _of_kind(kind: Kind) -> Iterator[Endpoint]:
    area, one = AREAS[kind.name], (f"{kind.object_path}/{{id}}",)
    lacks = MAY_BE_UNKNOWN.get(kind.name, ())
    listed = f"{kind.list_envelope}.{kind.list_name}".lstrip(".")
    own = (f"{kind.envelope}.id",)
    query = tuple(kind.list_query)
    # What is listed without a project is the organization's.
    sometimes = () if kind.needs_project else query
    yield Endpoint(area, "GET", kind.list_paths, query, lacks=lacks, sometimes=sometimes, reads=(f"{listed}.id",))
    yield Endpoint(area, "POST", (kind.create_path,), lacks=lacks, reads=own)
    yield Endpoint(area, "GET", one, reads=own)
    without = f"an {kind.label} can't be updated" if kind.no_update else ""
    yield Endpoint(area, "PATCH", one, without=without, reads=own)
    removals = REMOVALS.get(kind.name, ())
    choices = dict.fromkeys(removals, ("true", "false"))
    yield Endpoint(area, "DELETE", one, query=removals, choices=choices, sometimes=removals)


ENDPOINTS = (
    *(endpoint for kind in KINDS for endpoint in _of_kind(kind)),
    *(
        Endpoint(
            LOGINS,
            "POST",
            (method.path,),
            body=(*method.fields.values(), *(SIGNED if method.signed else ()), ORGANIZATION),
            without=f"auth_method {name} can't be used",
            lacks=(ORGANIZATION,),
            sometimes=ORGANIZATION_FIELDS,
            reads=("accessToken",),
        )
        for name, method in METHODS.items()
        if method.path
    ),
    Endpoint(LOGINS, "POST", ("/api/v1/auth/token/revoke",), body=("accessToken",)),
    Endpoint(NATIVE, "POST", (f"{INTEGRATION.object_path}/{{id}}/sync",), reads=(f"{INTEGRATION.envelope}.id",)),
    Endpoint(NATIVE, "GET", (OPTIONS_PATH,), reads=("integrationOptions.slug",)),
    Endpoint(SYNCS, "POST", (f"{SYNC.object_path}/{{id}}/sync-secrets",), reads=(f"{SYNC.envelope}.id",)),
    Endpoint(
        SYNCS,
        "POST",
        (f"{SYNC.object_path}/{{id}}/import-secrets",),
        query=("importBehavior",),
        choices={"importBehavior": tuple(OPTIONS["import_secrets"]["choices"])},
        reads=(f"{SYNC.envelope}.id",),
    ),
    Endpoint(
        SYNCS,
        "POST",
        (f"{SYNC.create_path}/check-destination",),
        body=("destinationConfig", "projectId", "connectionId", "excludeSyncId"),
        kinds={"destinationConfig": "dict"},
        without="check_duplicates finds nothing",
        sometimes=("connectionId", "excludeSyncId"),
        reads=("hasDuplicate",),
    ),
    Endpoint(
        SYNCS,
        "GET",
        ("/api/v1/secret-syncs/options",),
        without="consult_options can't be used",
        reads=("secretSyncOptions.destination",),
    ),
    # Of all apps.
    Endpoint(
        CONNECTIONS,
        "GET",
        tuple(path.removesuffix("/{app}") for path in CONNECTION.list_paths),
        query=("projectId",),
        lacks=MAY_BE_UNKNOWN[CONNECTION.name],
        sometimes=("projectId",),
        reads=CONNECTION_ROWS,
    ),
    Endpoint(
        CONNECTIONS,
        "GET",
        (f"{CONNECTION.object_path}/connection-name/{{name}}",),
        query=("projectId",),
        lacks=MAY_BE_UNKNOWN[CONNECTION.name],
        sometimes=("projectId",),
        reads=(f"{CONNECTION.envelope}.id", f"{CONNECTION.envelope}.app", f"{CONNECTION.envelope}.name"),
    ),
    Endpoint(
        CONNECTIONS,
        "GET",
        (f"{CONNECTION.object_path}/available",),
        query=("projectId",),
        without="connection_name needs an identity that may read connections",
        reads=CONNECTION_ROWS,
    ),
    Endpoint(
        CONNECTIONS,
        "GET",
        ("/api/v1/app-connections/options",),
        without="check mode can't tell which methods exist",
        reads=("appConnectionOptions.app",),
    ),
    Endpoint(
        PROJECTS,
        "GET",
        tuple(path.format("{slug}") for path in project.BY_SLUG),
        without="project_id must be specified instead of project_slug",
        reads=PROJECT,
    ),
    Endpoint(PROJECTS, "GET", tuple(path.format("{id}") for path in project.BY_ID), reads=PROJECT),
    Endpoint(
        PROJECTS,
        "GET",
        project.LIST_PROJECTS,
        renamed={"projects.id": "workspaces.id"},
        without="an unknown project is an error that names no other one",
        reads=("projects.id",),
    ),
    Endpoint(
        PROJECTS,
        "GET",
        project.LIST_FOLDERS,
        query=(project.FOLDERS_OF[0], "environment", "path"),
        renamed=dict([project.FOLDERS_OF]),
        without="check mode can't tell whether a folder exists",
        reads=("folders.name",),
    ),
    Endpoint(
        PROJECTS,
        "GET",
        activation.LIST_SECRETS,
        query=(
            activation.SECRETS_OF[0],
            "environment",
            "secretPath",
            *activation.NAMES_ONLY,
            *source.IMPORTS_TOO,
            "recursive",
        ),
        renamed=dict([activation.SECRETS_OF]),
        without="activate can't be unless_empty, and a migration can't tell Infisical's secrets from others",
        # Servers without it send the values, too.
        lacks=("viewSecretValue", *source.IMPORTS_TOO),
        sometimes=(*source.IMPORTS_TOO, "recursive"),
        reads=("secrets.secretKey",),
    ),
)


# What servers have beside these, and the collection has no use for.
UNUSED = {
    # All syncs and connections of a project are read at once.
    *(("GET", path) for path in ("/api/v1/secret-syncs/{destination}", f"{SYNC.object_path}/sync-name/{{name}}")),
    # A removal asks for it.
    ("POST", f"{SYNC.object_path}/{{id}}/remove-secrets"),
    # All auths of a service at once.
    ("DELETE", "/api/v1/integration-auth"),
    # It takes a code of a login in a browser.
    ("POST", "/api/v1/integration-auth/oauth-token"),
}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path))))


_CALLS = [(one.method, _pattern(path), {*one.query_of(path)}) for one in ENDPOINTS for path in one.paths]


def is_known(method: str, path: str, query: Iterable[str] = ()) -> bool:
    """Tell whether the table has a request: `path` is without the server's address, `query` are its names there."""
    return any(
        known == method and pattern.fullmatch(path) and names.issuperset(query) for known, pattern, names in _CALLS
    )
