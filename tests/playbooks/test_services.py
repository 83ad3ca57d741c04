# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole life of an integration with each service, by either module, on both generations of servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import SERVICES, service
from ansible_collections.community.infisical.plugins.module_utils._engine.kind import Change
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION

from simulator import Simulator
from simulator.schema import logins

from .services import BY_BROWSER, CASES, MORE_CASES, WAYS, Case, done, known, metadata_of, run

SOURCE = {"source_environment": "dev", "secret_path": "/app"}
IN_PLACE = [item.option for item in INTEGRATION.fields if item.change is Change.PATCH]
IF_NEW = [item.option for item in INTEGRATION.fields if item.change is Change.PATCH_IF_NEW]
NEVER = ["scope", "target_environment_id", "target_service", "target_service_id", "target_url"]


@pytest.fixture(scope="module", params=["2024", "2025"])
def sim(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A server for all services. What it writes is recorded in its sink."""
    with Simulator(generation=request.param, sync_delay=0.0) as simulator:
        yield simulator


@pytest.fixture
def project(sim: Simulator, request: pytest.FixtureRequest) -> str:
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower()).strip("-")
    project_id = sim.add_project(f"services-{name}", folders=("/", "/app", "/other"))
    sim.set_secret(project_id, "dev", "/app", "API_KEY", "api-value")
    return project_id


class Door:
    """One integration, managed by the single or by the plural module."""

    def __init__(self, sim: Simulator, project: str, many: bool) -> None:
        self.sim, self.project, self.many = sim, project, many

    def __call__(self, **options: Any) -> dict[str, Any]:
        if not self.many:
            return run(self.sim, "infisical_integration", project_id=self.project, **options)
        result = run(self.sim, "infisical_integrations", project_id=self.project, integrations=[options])
        rows = result.get("results")
        return {**rows[0], "msg": result.get("msg"), **result} if rows else result

    def done(self, **options: Any) -> dict[str, Any]:
        result = self(**options)
        assert not result.get("failed"), result["msg"]
        return result

    def twice(self, **options: Any) -> dict[str, Any]:
        """Run what changes something once, and then nothing."""
        first = self.done(**options)
        assert first["changed"]
        again = self.done(**options)
        assert not again["changed"]
        return first


def test_every_service_has_a_case() -> None:
    assert CASES.keys() == SERVICES.keys()


@pytest.mark.parametrize("slug", CASES)
def test_the_cases_state_all_that_the_service_uses(slug: str) -> None:
    entry = service(slug)
    cases = [CASES[slug], *(case for way, case in MORE_CASES.items() if way.startswith(f"{slug},"))]
    assert {option for case in cases for option in case.where} == set(entry.used)
    assert {case.where.get("scope") for case in cases} >= set(entry.scopes)
    assert {key for case in cases for key in case.metadata} >= set(entry.metadata)
    assert all(case.metadata.keys() == case.changed_metadata.keys() for case in cases if slug != "gcp-secret-manager")


@pytest.mark.parametrize("many", [False, True], ids=["single", "plural"])
@pytest.mark.parametrize("way", WAYS)
def test_the_life_of_an_integration(sim: Simulator, project: str, way: str, many: bool) -> None:
    slug, case, door = way.partition(",")[0], WAYS[way], Door(sim, project, many)
    auth = {"project_id": project, "integration": slug, **case.auth}
    if slug in sim.generation.slugs_missing:
        assert "Invalid integration" in run(sim, "infisical_integration_auth", **auth)["msg"]
        return
    created = done(sim, "infisical_integration_auth", **auth)
    assert created["changed"]
    assert bool(created["warnings"]) is (slug in BY_BROWSER)
    assert not done(sim, "infisical_integration_auth", **auth)["changed"]

    by_names = {"integration": slug, **SOURCE, **case.where}
    by_names.update(auth_namespace=case.auth.get("namespace"), auth_target_url=case.auth.get("target_url"))
    metadata = metadata_of(sim, case.metadata)
    wanted = {**by_names, "accept_deletion": True, **({"metadata": metadata} if metadata else {})}
    made = door.twice(**wanted)
    assert made["warnings"] == []
    identity = made["integration"]["id"]
    view = _read(sim, project, identity)
    assert {option: view[option] for option in case.where} == case.where
    assert {key: view["metadata"][key] for key in metadata} == metadata

    sim.wait_idle()
    written = [entry for entry in sim.sink if entry["id"] == identity]
    prefix = case.metadata.get("secret_prefix", "")
    assert written[-1]["secrets"] == {f"{prefix}API_KEY": "api-value"}

    by_id = {"integration_id": identity}
    _change_each_field(sim, door, case, by_id)
    _refuse_each_fixed_field(door, case, by_id)
    door.twice(**by_id, is_active=False)
    door.twice(**by_id, is_active=True)

    sim.wait_idle()
    before = len(sim.sink)
    assert door.done(**by_id, sync=True)["changed"]
    sim.wait_idle()
    assert [entry["id"] for entry in sim.sink[before:]] == [identity]

    door.twice(**by_id, state="absent")
    assert sim.integrations(project) == []
    removal = {"project_id": project, "integration": slug, "state": "absent"}
    removal.update({key: case.auth[key] for key in ("namespace", "target_url") if key in case.auth})
    assert done(sim, "infisical_integration_auth", **removal)["changed"]
    assert not done(sim, "infisical_integration_auth", **removal)["changed"]
    assert sim.auths(project) == []


def _read(sim: Simulator, project: str, identity: str) -> dict[str, Any]:
    found = done(sim, "infisical_integration_info", project_id=project, integration_id=identity)
    return found["integrations"][0]


def _change_each_field(sim: Simulator, door: Door, case: Case, by_id: dict) -> None:
    for option in ("source_environment", "secret_path"):
        value = {"source_environment": "prod", "secret_path": "/other"}[option]
        assert door.twice(**by_id, **{option: value})["integration"][option] == value
    door.twice(**by_id, **SOURCE)
    for option in case.where:
        value = case.changed.get(option, "other")
        if option in IN_PLACE or (option in IF_NEW and sim.generation.patch_applies_region_and_path):
            assert door.twice(**by_id, **{option: value})["integration"][option] == value
        elif option in IF_NEW:
            refused = door(**by_id, **{option: value})
            assert refused["failed"]
            assert f"kept {option} (still" in refused["msg"]
    for key, value in case.changed_metadata.items():
        if key not in metadata_of(sim, case.changed_metadata):
            assert f"but kept metadata.{key} (still" in door(**by_id, metadata={key: value})["msg"]
            continue
        after = door.twice(**by_id, metadata={key: value})["integration"]
        assert (after["metadata"].get(key) or "") == value or after["metadata"].get(key) == value


def _refuse_each_fixed_field(door: Door, case: Case, by_id: dict) -> None:
    for option in NEVER:
        if option not in case.where:
            continue
        for _ in range(2):
            refused = door(**by_id, **{option: case.changed.get(option, "other")}, validate="off")
            assert refused["failed"]
            assert f"can't change {option} (is" in refused["msg"]


@pytest.mark.parametrize("many", [False, True], ids=["single", "plural"])
def test_what_an_old_server_drops_is_named_at_once(sim: Simulator, project: str, many: bool) -> None:
    slug, door = "aws-secret-manager", Door(sim, project, many)
    case = CASES[slug]
    dropped = "metadata_sync_mode" not in metadata_of(sim, case.metadata)
    done(sim, "infisical_integration_auth", project_id=project, integration=slug, **case.auth)
    result = door(integration=slug, **SOURCE, **case.where, metadata=dict(case.metadata))
    assert result["changed"]
    assert bool(result.get("failed")) is dropped
    if dropped:
        assert "but without metadata.metadata_sync_mode: this server or this service doesn't know it" in result["msg"]
        assert result["integration"]["metadata"]["mapping_behavior"] == "many-to-one"


@pytest.mark.parametrize("many", [False, True], ids=["single", "plural"])
def test_what_a_service_needs_is_refused_all_at_once(sim: Simulator, project: str, many: bool) -> None:
    door = Door(sim, project, many)
    sim.clear_requests()
    refused = door(
        integration="github", source_environment="dev", secret_path="app", scope="github-rpo", path="x", region="y"
    )
    assert "secret_path 'app' must start with a slash" in refused["msg"]
    assert not sim.requests
    refused = door(integration="cloudflare-pages", **SOURCE, target_environment="prodution")
    assert (
        "target_environment: 'prodution' is not one of production, preview. Did you mean production?" in refused["msg"]
    )
    assert not sim.requests


def test_what_is_there_is_never_refused_for_what_it_lacks(sim: Simulator, project: str) -> None:
    for slug in known(sim):
        auth = sim.add_auth(project, slug)
        sim.add_integration(auth["id"], "dev", secretPath="/app")
        done(sim, "infisical_integration_auth", project_id=project, integration=slug)
        kept = done(sim, "infisical_integration", project_id=project, integration=slug, **SOURCE, is_active=True)
        assert not kept["changed"]
        assert kept["warnings"] == []


@pytest.mark.parametrize("slug", CASES)
def test_a_new_one_is_refused_for_what_it_lacks(sim: Simulator, project: str, slug: str) -> None:
    if slug in sim.generation.slugs_missing:
        pytest.skip("not a service of this generation")
    auth = sim.add_auth(project, slug)
    options = {"project_id": project, "integration": slug, **SOURCE, "validate": "strict"}
    refused = run(sim, "infisical_integration", **options)
    needed = service(slug).required() or ("owner", "app")
    assert all(f"{option} is missing" in refused.get("msg", "") for option in needed)
    off = run(sim, "infisical_integration", **{**options, "validate": "off"})
    assert off["changed"]
    assert off["integration"]["integration_auth_id"] == auth["id"]


@pytest.mark.parametrize(
    "method", ["oidc_auth", "jwt_auth", "kubernetes_auth", "spiffe_auth", "gcp_auth", "azure_auth"]
)
def test_logins_with_a_token_that_somebody_issued(sim: Simulator, project: str, tmp_path: Path, method: str) -> None:
    file = tmp_path / "token"
    file.write_text(f"{sim.admin.jwt}\n")
    login = {"auth_method": method, "identity_id": sim.admin.identity_id, "jwt_path": str(file), "token": None}
    result = run(sim, "infisical_integration_info", project_id=project, **login)
    if method.replace("_", "-") not in logins(sim.generation):
        assert result["failed"]
        return
    assert result["integrations"] == []
    assert sim.admin.jwt in result["secrets"]
    assert sim.live_tokens() == []


def test_login_with_the_machine_s_aws_role(
    sim: Simulator, project: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", sim.admin.aws_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-aws-secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    login = {"auth_method": "aws_auth", "identity_id": sim.admin.identity_id, "token": None}
    assert done(sim, "infisical_integration_info", project_id=project, **login)["integrations"] == []
    login["identity_id"] = sim.viewer.identity_id
    assert "the identity isn't trusted" in run(sim, "infisical_integration_info", project_id=project, **login)["msg"]


PUBLIC = {"aws-parameter-store", "aws-secret-manager", "cloudflare-pages", "cloudflare-workers"}
PUBLIC |= {"laravel-forge", "terraform-cloud"}


@pytest.mark.parametrize("slug", CASES)
def test_which_access_ids_are_secret(sim: Simulator, project: str, slug: str) -> None:
    if slug in sim.generation.slugs_missing:
        pytest.skip("not a service of this generation")
    options = {"project_id": project, "integration": slug, "access_id": "4711", "access_token": "canary-token"}
    result = run(sim, "infisical_integration_auth", **options, validate="off")
    assert ("4711" not in result["secrets"]) is (slug in PUBLIC)
    assert "canary-token" in result["secrets"]
    by_id = {**options, "integration": None, "integration_auth_id": result["integration_auth"]["id"]}
    result = run(sim, "infisical_integration_auth", **by_id, validate="off")
    assert ("4711" not in result["secrets"]) is (slug in PUBLIC)


@pytest.mark.parametrize("check", [False, True])
def test_two_hundred_items_of_which_three_are_broken(sim: Simulator, project: str, check: bool) -> None:
    done(sim, "infisical_integration_auth", project_id=project, integration="flyio", access_token="canary-token")
    broken = {17: {"secret_path": "/nowhere"}, 101: {"source_environment": "qa"}, 199: {"secret_path": "/app/nowhere"}}
    items = [{"integration": "flyio", **SOURCE, "app": f"app-{n}", **broken.get(n, {})} for n in range(200)]
    result = run(sim, "infisical_integrations", project_id=project, integrations=items, concurrency=8, check=check)
    assert result["failed"]
    failed = [row["index"] for row in result["results"] if row["action"] == "failed"]
    assert failed == list(broken)
    assert result["msg"].startswith("3 of 200 items failed: item 17 (flyio dev:/nowhere -> app-17): ")
    assert result["counts"]["created"] == 197
    assert len(sim.integrations(project)) == (0 if check else 197)
    if not check:
        again = run(sim, "infisical_integrations", project_id=project, integrations=items, concurrency=8)
        assert [row["index"] for row in again["results"] if row["action"] == "failed"] == list(broken)
        assert again["counts"]["unchanged"] == 197


def test_a_project_is_found_by_its_slug(sim: Simulator, project: str) -> None:
    slug = next(one.slug for one in sim._state.projects.values() if one.id == project)
    done(sim, "infisical_integration_auth", project_slug=slug, integration="flyio", access_token="canary-token")
    item = {"integration": "flyio", **SOURCE, "app": "app"}
    assert done(sim, "infisical_integration", project_slug=slug, **item)["integration"]["project_id"] == project
    again = done(sim, "infisical_integrations", project_slug=slug, integrations=[item])
    assert not again["changed"]
    assert len(done(sim, "infisical_integration_info", project_slug=slug)["integrations"]) == 1
    assert len(done(sim, "infisical_integration_auth_info", project_slug=slug)["integration_auths"]) == 1
    unknown = run(sim, "infisical_integration_info", project_slug="no-such-project")
    assert unknown["msg"].startswith("There is no project with the slug 'no-such-project'")
    both = run(sim, "infisical_integration_info", project_slug=slug, project_id=project)
    assert "mutually exclusive" in both["msg"]


WRONG_SOURCES = {
    "environment": ({"source_environment": "development"}, "The project has no environment 'development': it has dev,"),
    "folder": ({"secret_path": "/ap"}, "The environment dev has no folder '/ap'. The folder / contains: app, other."),
    "deeper folder": ({"secret_path": "/app/x"}, "The environment dev has no folder '/app/x'."),
}


@pytest.mark.parametrize(("options", "message"), WRONG_SOURCES.values(), ids=WRONG_SOURCES)
def test_check_mode_refuses_a_source_that_is_not_there(
    sim: Simulator, project: str, options: dict, message: str
) -> None:
    done(sim, "infisical_integration_auth", project_id=project, integration="flyio", access_token="canary-token")
    item = {"project_id": project, "integration": "flyio", **SOURCE, "app": "app"}
    refused = run(sim, "infisical_integration", check=True, **{**item, **options})
    assert refused["msg"].startswith(message)
    assert run(sim, "infisical_integration", **{**item, **options})["msg"].startswith(message)
    made = done(sim, "infisical_integration", **item)
    moved = run(sim, "infisical_integration", check=True, integration_id=made["integration"]["id"], **options)
    assert moved["msg"].startswith(message)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_check_mode_takes_it_that_the_source_is_there_where_it_may_not_look(
    sim: Simulator, project: str, status: int
) -> None:
    done(sim, "infisical_integration_auth", project_id=project, integration="flyio", access_token="canary-token")
    looks = (f"/api/v1/workspace/{project}", f"/api/v1/projects/{project}", "/api/v1/folders", "/api/v2/folders")
    for path in looks:
        sim.fail_next(status, times=20, method="GET", path=path)
    item = {"project_id": project, "integration": "flyio", "source_environment": "qa", "app": "app"}
    item["accept_deletion"] = True
    planned = run(sim, "infisical_integration", check=True, **item, retries=0)
    sim._app.rules.clear()
    assert planned["changed"]
    assert planned["warnings"] == []
