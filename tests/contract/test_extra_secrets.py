# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync does with a secret that was made by hand at the destination: the catalogue, and the servers' facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._catalog.native import deletion_of, extra_secrets
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import KEEPS, REPLACES, SERVICES
from contract.sync_examples import CREDENTIALS, EXAMPLES, Example
from playbooks.services import WAYS, done, metadata_of

from simulator import Simulator

SOURCE = {"source_environment": "dev", "secret_path": "/app"}


@pytest.fixture(scope="module", params=["2024", "2025"])
def sim(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    with Simulator(generation=request.param, sync_delay=0.0) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def newest() -> Iterator[Simulator]:
    with Simulator(generation="2026", newest=True, sync_delay=0.0) as simulator:
        yield simulator


def settings(slug: str) -> list[dict[str, Any]]:
    """Return the metadata with which a service may keep or delete."""
    keeps_if = SERVICES[slug].keeps_if
    if keeps_if is None:
        return [{}]
    values = [True, False] if isinstance(keeps_if[1], bool) else ["one-to-one", "many-to-one"]
    return [{keeps_if[0]: value} for value in values]


NATIVE = [(way, metadata) for way in WAYS for metadata in settings(way.partition(",")[0])]


@pytest.mark.parametrize(("way", "metadata"), NATIVE, ids=[f"{way} {metadata}" for way, metadata in NATIVE])
def test_a_native_integration_does_what_the_catalogue_says(
    sim: Simulator, way: str, metadata: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    slug, case = way.partition(",")[0], WAYS[way]
    if slug in sim.generation.slugs_missing:
        return
    project = sim.add_project("".join(one if one.isalnum() else "-" for one in request.node.name.lower()))
    sim.set_secret(project, "dev", "/app", "API_KEY", "api-value")
    done(sim, "infisical_integration_auth", project_id=project, integration=slug, **case.auth)
    where = {"project_id": project, "integration": slug, **SOURCE, **case.where}
    where.update(auth_namespace=case.auth.get("namespace"), auth_target_url=case.auth.get("target_url"))
    options = {**where, "metadata": {**metadata_of(sim, case.metadata), **metadata}, "validate": "off"}
    options["metadata"].pop("metadata_sync_mode", None)
    options["metadata"].pop("secret_gcp_label", None)
    made = done(sim, "infisical_integration", **options, accept_deletion=True)["integration"]
    sim.wait_idle()
    sim.held(made["id"])["A_MADE_BY_HAND"] = "mine"
    done(sim, "infisical_integration", **options, sync=True)
    sim.wait_idle()
    held = sim.held(made["id"])
    assert "A_MADE_BY_HAND" in held if extra_secrets(slug, made["metadata"]) == KEEPS else "A_MADE_BY_HAND" not in held
    assert len(held.keys() - {"A_MADE_BY_HAND"}) == 1


# A sync that replaces the whole set takes away what others named in another way.
PREFIXED = {"azure-app-configuration", "gcp-secret-manager", "gitlab"}


@pytest.mark.parametrize(
    "slug", sorted(PREFIXED | {slug for slug, entry in SERVICES.items() if entry.extra == REPLACES})
)
def test_what_is_limited_to_own_names_is_said_to_be(sim: Simulator, slug: str, request: pytest.FixtureRequest) -> None:
    if slug in sim.generation.slugs_missing:
        return
    case = WAYS[slug]
    project = sim.add_project("".join(one if one.isalnum() else "-" for one in request.node.name.lower()))
    sim.set_secret(project, "dev", "/app", "API_KEY", "api-value")
    done(sim, "infisical_integration_auth", project_id=project, integration=slug, **case.auth)
    where = {"project_id": project, "integration": slug, **SOURCE, **case.where}
    where.update(auth_namespace=case.auth.get("namespace"), auth_target_url=case.auth.get("target_url"))
    options = {**where, "metadata": {"secret_prefix": "OWN_"}, "accept_deletion": True}
    made = done(sim, "infisical_integration", **options)["integration"]
    sim.wait_idle()
    sim.held(made["id"]).clear()
    sim.held(made["id"]).update(MADE_BY_HAND="mine", OWN_MADE_BY_HAND="mine")
    done(sim, "infisical_integration", **options, sync=True)
    sim.wait_idle()
    assert sim.held(made["id"]).keys() == {"OWN_API_KEY", *(["MADE_BY_HAND"] if slug in PREFIXED else [])}
    assert ("prefix" in deletion_of(SERVICES[slug])) is (slug in PREFIXED)


APPS = {app for app, _method in CREDENTIALS}
BY_DESTINATION = {
    example.destination: example
    for example in reversed(EXAMPLES.values())
    if not example.dropped and DESTINATIONS[example.destination].app in APPS
}


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("slug", sorted(BY_DESTINATION))
def test_a_secret_sync_does_what_the_catalogue_says(
    newest: Simulator, slug: str, keep: bool, request: pytest.FixtureRequest
) -> None:
    entry, example = DESTINATIONS[slug], BY_DESTINATION[slug]
    project = newest.add_project("".join(one if one.isalnum() else "-" for one in request.node.name.lower()))
    newest.set_secret(project, "dev", "/app", "API_KEY", "api-value")
    if keep and entry.deletion_must_be_allowed:
        return
    sync = _made(newest, project, example, keep)["secret_sync"]
    newest.wait_idle()
    newest.held(sync["id"])["MADE_BY_HAND"] = "mine"
    done(newest, "infisical_secret_sync", project_id=project, name=sync["name"], sync=True)
    newest.wait_idle()
    held = newest.held(sync["id"])
    assert ("MADE_BY_HAND" in held) is (keep and entry.heeds_deletion_setting)
    assert len(held.keys() - {"MADE_BY_HAND"}) == 1


FILE = {"context_id": "c-1", "context_name": "C", "config_type": "file-mount", "mount_path": "app"}
ONE_FILE, MANY_FILES = {"file_mount_format": "dot-env"}, {"file_mount_format": "secret-per-file"}


@pytest.mark.parametrize("schema", ["APP_{{secretKey}}", ""])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(("form", "kept"), [(ONE_FILE, False), ({}, False), (MANY_FILES, True)], ids=str)
def test_files_in_spacelift(newest: Simulator, form: dict, kept: bool, keep: bool, schema: str) -> None:
    project = newest.add_project(f"files-{bool(schema)}-{keep}-{len(str(form))}".lower())
    newest.set_secret(project, "dev", "/app", "API_KEY", "api-value")
    made = _made(newest, project, Example("spacelift", {**FILE, **form}, {}), keep, key_schema=schema)
    newest.wait_idle()
    held = newest.held(made["secret_sync"]["id"])
    held["MADE_BY_HAND"] = "mine"
    done(newest, "infisical_secret_sync", project_id=project, name="sync", sync=True)
    newest.wait_idle()
    assert ("MADE_BY_HAND" in held) is (kept and keep)
    lost = [text for text in made["warnings"] if "are lost" in text or "does not restrict the deletion" in text]
    assert bool(lost) is (keep is not kept)


def _made(sim: Simulator, project: str, example: Example, keep: bool, **more: str) -> dict[str, Any]:
    app = DESTINATIONS[example.destination].app
    method, credentials = next((key[1], value) for key, value in CREDENTIALS.items() if key[0] == app)
    connection = {"project_id": project, "app": app, "method": method, "name": "connection"}
    made = done(sim, "infisical_app_connection", **connection, credentials=credentials)["app_connection"]
    options = {"disable_secret_deletion": keep, **example.options}
    options.pop("key_schema", None)
    return done(
        sim,
        "infisical_secret_sync",
        project_id=project,
        name="sync",
        destination=example.destination,
        connection_id=made["id"],
        environment="dev",
        secret_path="/app",
        destination_config=example.config,
        sync_options={**options, "disable_secret_deletion": keep, **more},
    )
