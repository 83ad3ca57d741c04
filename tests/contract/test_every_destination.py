# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every destination of secret syncs and every app of connections, through the modules' own code, each step twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.community.infisical.plugins.module_utils import sync_catalog
from ansible_collections.community.infisical.plugins.module_utils.client import Client
from ansible_collections.community.infisical.plugins.module_utils.errors import InfisicalError, InputError
from ansible_collections.community.infisical.plugins.module_utils.settings import settings_from
from ansible_collections.community.infisical.plugins.module_utils.task import Task
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_app_connection_info,
    infisical_secret_sync,
    infisical_secret_sync_info,
    infisical_secret_syncs,
)

from simulator import Simulator
from simulator.apps import APPS
from simulator.sync_destinations import DESTINATIONS, NEWEST_DESTINATIONS

UUID = "0f0e0d0c-0b0a-4908-8706-050403020100"
OTHER_UUID = "1f0e0d0c-0b0a-4908-8706-050403020100"
INSTANCE = {"instance_url": "https://service.example.com"}
AZURE = {"tenant_id": UUID, "client_id": UUID, "client_secret": "s-1"}
NETLIFY = {"account_id": "a-1", "account_name": "A", "site_id": "s-1"}
AWS_KEYS = {"AKIAEXAMPLE": "s-1", "AKIAOTHER": "s-2"}

# By app and method, those apart that need a browser.
CREDENTIALS: dict[tuple[str, str], dict[str, Any]] = {
    ("aws", "access-key"): {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "s-1"},
    ("aws", "assume-role"): {"role_arn": "arn:aws:iam::123456789012:role/sync"},
    ("azure-key-vault", "client-secret"): {**AZURE, "client_secret_key_id": "k-1"},
    ("azure-app-configuration", "client-secret"): AZURE,
    ("azure-devops", "access-token"): {"org_name": "acme", "access_token": "s-1"},
    ("azure-devops", "client-secret"): {"org_name": "acme", **AZURE},
    ("gcp", "service-account-impersonation"): {"service_account_email": "sync-1-2@acme.iam.example.com"},
    ("databricks", "service-principal"): {
        "workspace_url": "https://acme.databricks.example.com",
        "client_id": "c-1",
        "client_secret": "s-1",
    },
    ("github", "pat"): {"personal_access_token": "s-1"},
    ("gitlab", "access-token"): {"access_token": "s-1", "access_token_type": "project", **INSTANCE},
    ("bitbucket", "api-token"): {"email": "a@example.com", "api_token": "s-1"},
    ("circleci", "api-token"): {"api_token": "s-1"},
    ("travis-ci", "api-token"): {"api_token": "s-1"},
    ("teamcity", "access-token"): {"access_token": "s-1", **INSTANCE},
    ("terraform-cloud", "api-token"): {"api_token": "s-1"},
    ("vercel", "api-token"): {"api_token": "s-1"},
    ("netlify", "access-token"): {"access_token": "s-1"},
    ("heroku", "auth-token"): {"auth_token": "s-1"},
    ("render", "api-key"): {"api_key": "s-1"},
    ("railway", "account-token"): {"api_token": "s-1"},
    ("railway", "team-token"): {"api_token": "s-1"},
    ("railway", "project-token"): {"api_token": "s-1"},
    ("flyio", "access-token"): {"access_token": "s-1"},
    ("laravel-forge", "api-token"): {"api_token": "s-1"},
    ("supabase", "access-token"): {"access_key": "s-1"},
    ("checkly", "api-key"): {"api_key": "s-1"},
    ("cloudflare", "api-token"): {"account_id": "a-1", "api_token": "s-1"},
    ("digital-ocean", "api-token"): {"api_token": "s-1"},
    ("northflank", "api-token"): {"api_token": "s-1"},
    ("windmill", "access-token"): {"access_token": "s-1", **INSTANCE},
    ("octopus-deploy", "api-key"): {"api_key": "s-1", **INSTANCE},
    ("hashicorp-vault", "access-token"): {"access_token": "s-1", "namespace": "team", **INSTANCE},
    ("hashicorp-vault", "app-role"): {"role_id": "r-1", "secret_id": "s-1", **INSTANCE},
    ("qovery", "access-token"): {"access_token": "s-1"},
    ("cloud-66", "access-token"): {"access_token": "s-1"},
    ("hasura-cloud", "access-token"): {"access_token": "s-1"},
    ("rundeck", "api-token"): {"api_token": "s-1", **INSTANCE},
    ("1password", "api-token"): {"api_token": "s-1", **INSTANCE},
}


@dataclass(frozen=True)
class Example:
    """A configuration of a destination, a change of it, and what the server stores differently or by itself.

    The server drops the settings in `dropped` at once, as they have no effect; those in `gone` with the change.
    """

    destination: str
    config: dict[str, Any]
    change: dict[str, Any]
    stored: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    key_schema: bool = True


AWS = {"region": "eu-central-1", "mapping_behavior": "many-to-one", "secret_name": "app/dev"}
GITHUB = {"scope": "repository", "owner": "acme", "repo": "app"}
GITHUB_ORG = {"scope": "organization", "org": "acme", "visibility": "selected", "selected_repository_ids": [1, 2]}
GITLAB_PROJECT = {"scope": "project", "project_id": "1", "project_name": "App"}
GITLAB_DEFAULTS = {
    "target_environment": "*",
    "should_protect_secrets": False,
    "should_mask_secrets": False,
    "should_hide_secrets": False,
}
TERRAFORM = {"org": "acme", "category": "env"}
VERCEL = {"scope": "project", "app": "prj_1", "app_name": "App", "env": "preview", "branch": "main", "team_id": ""}
RAILWAY = {"project_id": "p-1", "project_name": "P", "environment_id": "e-1", "environment_name": "E"}
FORGE = {"org_slug": "acme", "server_id": "17", "site_id": "s-1"}
OCTOPUS = {"space_id": "Spaces-1", "project_id": "Projects-1", "scope_values": {"roles": ["web"]}}
QOVERY = {"organization_id": "o-1", "project_id": "p-1", "environment_id": "e-1"}
ENTRY = {"app_id": "a-1", "app_name": "App"}
TAGS = [{"key": "team", "value": "a"}]

EXAMPLES = {
    "aws-secrets-manager, many to one": Example(
        "aws-secrets-manager", AWS, {"secret_name": "app/prod"}, options={"key_id": "k-1", "tags": TAGS}
    ),
    "aws-secrets-manager, from many to one by one": Example(
        "aws-secrets-manager", AWS, {"mapping_behavior": "one-to-one"}, gone=("secret_name",)
    ),
    "aws-secrets-manager, one by one with a name that has no effect": Example(
        "aws-secrets-manager",
        {**AWS, "mapping_behavior": "one-to-one"},
        {"region": "us-east-1"},
        dropped=("secret_name",),
        options={"sync_secret_metadata_as_tags": True},
    ),
    "aws-parameter-store": Example(
        "aws-parameter-store",
        {"region": "eu-central-1", "path": "/app/"},
        {"path": "/app/dev/"},
        options={"tags": TAGS},
    ),
    "azure-key-vault": Example(
        "azure-key-vault",
        {"vault_base_url": "https://a.vault.example.com"},
        {"vault_base_url": "https://b.vault.example.com"},
    ),
    "azure-app-configuration": Example(
        "azure-app-configuration", {"configuration_url": "https://a.azconfig.example.com", "label": "x"}, {"label": "y"}
    ),
    "azure-devops": Example(
        "azure-devops", {"devops_project_id": "p-1", "devops_project_name": "P"}, {"devops_project_id": "p-2"}
    ),
    "gcp-secret-manager, everywhere": Example(
        "gcp-secret-manager",
        {"scope": "global", "project_id": "acme", "user_replica_location_ids": ["europe-west1", "europe-west3"]},
        {"scope": "region", "location_id": "europe-west1", "project_id": "acme"},
        gone=("user_replica_location_ids",),
    ),
    "gcp-secret-manager, in a region": Example(
        "gcp-secret-manager",
        {"scope": "region", "project_id": "acme", "location_id": "europe-west1"},
        {"location_id": "europe-west3"},
    ),
    "databricks": Example("databricks", {"scope": "a"}, {"scope": "b"}),
    "github, organization": Example("github", GITHUB_ORG, {"selected_repository_ids": ["3"]}),
    "github, from selected repositories to all": Example(
        "github", GITHUB_ORG, {"visibility": "all"}, gone=("selected_repository_ids",)
    ),
    "github, repository": Example("github", GITHUB, {"repo": "other"}),
    "github, from repository to environment": Example(
        "github", GITHUB, {**GITHUB, "scope": "repository-environment", "env": "production"}
    ),
    "github, a setting of another scope": Example(
        "github", {**GITHUB, "env": "production"}, {"repo": "other"}, dropped=("env",)
    ),
    "gitlab, project": Example(
        "gitlab",
        {**GITLAB_PROJECT, "should_mask_secrets": True},
        {"target_environment": "production"},
        stored={**GITLAB_DEFAULTS, "should_mask_secrets": True},
    ),
    "gitlab, from group to project": Example(
        "gitlab",
        {"scope": "group", "group_id": "7", "group_name": "G"},
        GITLAB_PROJECT,
        stored=GITLAB_DEFAULTS,
        gone=("group_id", "group_name"),
    ),
    "bitbucket": Example(
        "bitbucket", {"repository_slug": "app", "workspace_slug": "acme"}, {"environment_id": "{e-1}"}
    ),
    "circleci": Example(
        "circleci", {"org_name": "acme", "project_name": "App", "project_id": "p-1"}, {"project_id": "p-2"}
    ),
    "travis-ci": Example(
        "travis-ci", {"repository_id": 17, "repository_slug": "acme/app", "branch": "main"}, {"branch": "dev"}
    ),
    "teamcity": Example("teamcity", {"project": "P", "build_config": "B"}, {"build_config": "C"}),
    "terraform-cloud, variable set": Example(
        "terraform-cloud",
        {**TERRAFORM, "scope": "variable-set", "variable_set_id": "v-1", "variable_set_name": "V"},
        {"category": "terraform"},
    ),
    "terraform-cloud, workspace": Example(
        "terraform-cloud",
        {**TERRAFORM, "scope": "workspace", "workspace_id": "w-1", "workspace_name": "W"},
        {"workspace_id": "w-2"},
    ),
    "vercel, project": Example("vercel", VERCEL, {"sensitive": True}, stored={"sensitive": False}),
    "vercel, team": Example(
        "vercel",
        {"scope": "team", "team_id": "t-1", "target_environments": ["production", "preview"]},
        {"apply_to_all_custom_environments": True},
    ),
    "netlify": Example("netlify", NETLIFY, {"context": "production"}),
    "heroku": Example("heroku", {"app": "a-1", "app_name": "App"}, {"app": "a-2"}),
    "render, service": Example(
        "render",
        {"scope": "service", "service_id": "s-1", "type": "env"},
        {"type": "file"},
        options={"auto_redeploy_services": True},
    ),
    "render, group": Example(
        "render",
        {"scope": "environment-group", "environment_group_id": "g-1", "type": "env"},
        {"environment_group_id": "g-2"},
    ),
    "railway": Example("railway", RAILWAY, {"service_id": "s-1", "service_name": "S"}),
    "flyio": Example("flyio", {"app_id": "a-1"}, {"app_id": "a-2"}),
    "laravel-forge": Example("laravel-forge", FORGE, {"server_id": 18}),
    "supabase": Example("supabase", {"project_id": "p-1"}, {"project_name": "P"}),
    "checkly": Example("checkly", {"account_id": "a-1"}, {"group_id": "9"}),
    "cloudflare-pages": Example(
        "cloudflare-pages", {"project_name": "app", "environment": "preview"}, {"environment": "production"}
    ),
    "cloudflare-workers": Example("cloudflare-workers", {"script_id": "a"}, {"script_id": "b"}),
    "digital-ocean-app-platform": Example("digital-ocean-app-platform", ENTRY, {"app_id": "a-2"}),
    "northflank": Example("northflank", {"project_id": "p", "secret_group_id": "g"}, {"secret_group_id": "h"}),
    "windmill": Example("windmill", {"workspace": "w", "path": "u/me/"}, {"path": "f/team/"}),
    "octopus-deploy": Example(
        "octopus-deploy",
        OCTOPUS,
        {"scope_values": {"roles": ["web", "db"], "environments": ["Environments-1"]}},
        stored={"scope": "project"},
    ),
    "hashicorp-vault": Example("hashicorp-vault", {"mount": "kv", "path": "app/dev"}, {"path": "app/prod"}),
    "hashicorp-vault, with slashes that the server cuts": Example(
        "hashicorp-vault",
        {"mount": "kv", "path": "/app/dev/"},
        {"path": "/app/prod"},
        stored={"path": "app/dev"},
        changed={"path": "app/prod"},
    ),
    "qovery": Example("qovery", QOVERY, {"variable_type": "variable"}, stored={"variable_type": "secret"}),
    "cloud-66": Example("cloud-66", {"stack_id": "s-1", "stack_name": "S"}, {"stack_id": "s-2"}),
    "hasura-cloud": Example(
        "hasura-cloud", {"project_id": "p-1", "project_name": "P", "tenant_id": "t-1"}, {"tenant_id": "t-2"}
    ),
    "rundeck": Example("rundeck", {"project": "p", "path": "/app"}, {"path": "/app/dev"}),
    "1password": Example("1password", {"vault_id": "v-1"}, {"value_label": "secret"}),
    "azure-entra-id-scim": Example(
        "azure-entra-id-scim",
        {"service_principal_id": "s-1"},
        {"service_principal_display_name": "App"},
        options={"secret_key": "S", "disable_secret_deletion": False},
        key_schema=False,
    ),
    "external-infisical": Example(
        "external-infisical", {"project_id": "p-1", "environment": "dev", "secret_path": "/"}, {"environment": "prod"}
    ),
    "alibaba-cloud-kms": Example("alibaba-cloud-kms", {"secret_prefix": "app-"}, {"secret_prefix": "dev-"}),
    # What is known of these is their name; the server has the last word on the settings.
    **{
        slug: Example(slug, {"target_id": "t-1", "nested": {"labels": ["a"]}}, {"target_id": "t-2", "extra": True})
        for slug, entry in sync_catalog.DESTINATIONS.items()
        if not entry.verified and not entry.settings
    },
}


class Runner:
    """Runs the modules' code against a server, each time from the start as a task would."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.project_id = sim.add_project("every-destination")
        self.warnings: list[str] = []
        self.hidden: set[str] = set()

    def __call__(self, module: Any, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module's core with its options, as its argument spec reads them."""
        validated = ArgumentSpecValidator(module.MODULE.options).validate(options)
        assert not validated.error_messages
        login = {"url": self.sim.url, "auth_method": "token_auth", "token": self.sim.admin.token}
        self.warnings.clear()
        client = Client(settings_from(login))
        task = Task(
            params=validated.validated_parameters,
            check_mode=check_mode,
            client=client,
            warn=self.warnings.append,
            hide=self.hidden.add,
            reveal=self.hidden.discard,
        )
        self.sim.clear_requests()
        try:
            return module.MODULE.run(task)
        finally:
            client.close()

    @property
    def writes(self) -> list[str]:
        """What the last task sent that isn't a question."""
        asked = [(one["method"], one["path"]) for one in self.sim.requests]
        return [f"{method} {path}" for method, path in asked if method != "GET" and "check-destination" not in path]

    def changes(self, module: Any, writes: int = 1, **options: Any) -> dict[str, Any]:
        """Run a task in check mode, for real and again: it writes so often, and the second time not at all."""
        foretold = self(module, check_mode=True, **options)
        assert foretold["changed"] is True
        assert self.writes == []
        result = self(module, **options)
        assert result["changed"] is True
        assert len(self.writes) == writes
        again = self(module, **options)
        assert again["changed"] is False
        assert self.writes == []
        assert foretold.keys() == result.keys() == again.keys()
        return result

    def refuses(self, module: Any, **options: Any) -> InfisicalError:
        """Run a task that has to fail, without anything written, and again; returns the error."""
        for check_mode in (True, False, False):
            with pytest.raises(InfisicalError) as caught:
                self(module, check_mode=check_mode, **options)
            assert self.writes == []
        return caught.value

    def connection(self, app: str) -> str:
        """Return the id of the project's connection of an app, made where it isn't there."""
        app = app if app in APPS else "github"  # any will do where it isn't known whose a destination takes
        there = [one for one in self.sim.connections(self.project_id) if one["app"] == app]
        if there:
            return there[0]["id"]
        method, credentials = next((key[1], value) for key, value in CREDENTIALS.items() if key[0] == app)
        options = {"app": app, "name": f"the-{app}", "method": method, "credentials": credentials}
        result = self.changes(infisical_app_connection, project_id=self.project_id, **options)
        return result["app_connection"]["id"]

    def syncs(self) -> list[dict[str, Any]]:
        """Return the project's syncs as the info module shows them."""
        return self(infisical_secret_sync_info, project_id=self.project_id)["secret_syncs"]


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """A server with all destinations, that syncs at once, into a record."""
    with Simulator(sync_delay=0.0, aws_credentials=AWS_KEYS, newest=True) as running:
        yield running


@pytest.fixture(scope="module")
def older_sim() -> Iterator[Simulator]:
    """A server that lacks the newest destinations."""
    with Simulator(sync_delay=0.0) as running:
        yield running


@pytest.fixture
def older(older_sim: Simulator) -> Runner:
    """Tasks in a new project of a server that lacks the newest destinations."""
    return Runner(older_sim)


@pytest.fixture
def run(sim: Simulator) -> Runner:
    """Tasks in a new project."""
    return Runner(sim)


def without(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


def alike(value: Any) -> Any:
    """Ids compare as text: examples have numbers where playbooks often do."""
    if isinstance(value, dict):
        return {key: alike(item) for key, item in value.items()}
    return [alike(item) for item in value] if isinstance(value, list) else str(value)


def expected(example: Example) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the configurations that the server must have before and after the change."""
    before = {**without(example.config, *example.dropped), **example.stored}
    after = {**before, **example.change, **example.changed}
    return alike(before), alike(without(after, *example.gone))


def test_examples_are_complete() -> None:
    """Every destination and scope that the simulated server has, and every method that needs no browser."""
    assert {example.destination for example in EXAMPLES.values()} == set(sync_catalog.DESTINATIONS)
    assert set(sync_catalog.DESTINATIONS) == {*DESTINATIONS, *NEWEST_DESTINATIONS}
    for slug, entry in sync_catalog.DESTINATIONS.items():
        if slug in DESTINATIONS and entry.scopes:
            used = {
                settings.get("scope") or entry.default_scope
                for example in EXAMPLES.values()
                if example.destination == slug
                for settings in (example.config, example.change)
            }
            assert used >= set(entry.scopes), slug
    browsers = {
        (app, way.name) for app, entry in sync_catalog.APPS.items() for way in entry.methods if way.browser_only
    }
    assert {(app, way) for app, entry in APPS.items() for way in entry.methods} - browsers == set(CREDENTIALS)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_a_destination(run: Runner, example: Example) -> None:
    """One sync: created, read, changed, refused, disabled and removed."""
    entry = sync_catalog.DESTINATIONS[example.destination]
    before, after = expected(example)
    name = {"project_id": run.project_id, "name": "the-sync"}
    wanted = {
        **name,
        "destination": example.destination,
        "connection_id": run.connection(entry.app),
        "environment": "dev",
        "secret_path": "/app",
        "destination_config": example.config,
        "sync_options": {**({"key_schema": "APP_{{secretKey}}"} if example.key_schema else {}), **example.options},
    }
    options = {"initial_sync_behavior": "overwrite-destination", "disable_secret_deletion": True}
    options |= wanted["sync_options"]

    created = run.changes(infisical_secret_sync, **wanted)["secret_sync"]
    (view,) = run.syncs()
    assert (view["id"], view["destination"], view["name"]) == (created["id"], example.destination, "the-sync")
    assert alike(view["destination_config"]) == before
    assert view["sync_options"] == options
    assert (view["environment"], view["secret_path"], view["is_auto_sync_enabled"]) == ("dev", "/app", True)
    run.sim.wait_idle()
    assert run.syncs()[0]["sync_status"] == "succeeded"

    # Without the destination, which the server knows, and with nothing but what is to change.
    run.changes(infisical_secret_sync, **name, destination_config=example.change)
    (view,) = run.syncs()
    assert alike(view["destination_config"]) == after
    assert view["sync_options"] == options
    change = {"key_schema": ""} if example.key_schema else {"secret_key": "T"}
    run.changes(infisical_secret_sync, **name, sync_options=change, description="told")
    (view,) = run.syncs()
    assert alike(view["destination_config"]) == after
    assert view["sync_options"] == {**options, **change}

    other = "flyio" if example.destination != "flyio" else "supabase"
    error = run.refuses(infisical_secret_sync, **name, destination=other)
    assert isinstance(error, InputError)
    assert f"can't change destination (is '{example.destination}', wanted '{other}')" in str(error)
    if entry.can_import is False:
        behavior = {"initial_sync_behavior": "import-prioritize-source"}
        error = run.refuses(
            infisical_secret_sync, **{**wanted, "name": "second", "sync_options": behavior}, check_duplicates="ignore"
        )
        assert "can't import what it holds" in str(error)
    assert [one["id"] for one in run.syncs()] == [created["id"]]

    run.changes(infisical_secret_sync, **name, is_auto_sync_enabled=False)
    (view,) = run.syncs()
    assert (view["is_auto_sync_enabled"], alike(view["destination_config"])) == (False, after)

    removed = run.changes(infisical_secret_sync, **name, state="absent")
    assert removed["removed"] == [created["id"]]
    assert run.syncs() == []


def test_all_destinations_in_one_task(run: Runner) -> None:
    """Many syncs: created, read, changed, refused, disabled and removed, each in one task."""
    names = {f"sync-{number}": example for number, example in enumerate(EXAMPLES.values())}
    shared = {"connection_id": "", "environment": "dev", "secret_path": "/app", "check_duplicates": "ignore"}

    def items(**options: Any) -> list[dict[str, Any]]:
        return [{"name": name, "destination": example.destination, **options} for name, example in names.items()]

    wanted = [
        {
            **item,
            **shared,
            "connection_id": run.connection(sync_catalog.DESTINATIONS[item["destination"]].app),
            "destination_config": names[item["name"]].config,
            "sync_options": names[item["name"]].options,
        }
        for item in items()
    ]
    count = len(names)
    task = {"module": infisical_secret_syncs, "writes": count, "project_id": run.project_id}

    result = run.changes(**task, syncs=wanted)
    assert (result["counts"]["created"], result["purged"]) == (count, [])
    views = {view["name"]: view for view in run.syncs()}
    assert {name: alike(views[name]["destination_config"]) for name in names} == {
        name: expected(example)[0] for name, example in names.items()
    }
    assert {name for name, view in views.items() if not view["sync_options"]["disable_secret_deletion"]} == {
        name for name, example in names.items() if "disable_secret_deletion" in example.options
    }

    changes = [{**item, "destination_config": names[item["name"]].change} for item in items()]
    assert run.changes(**task, syncs=changes)["counts"]["updated"] == count
    assert sum(one["method"] == "GET" for one in run.sim.requests) == 1
    assert {view["name"]: alike(view["destination_config"]) for view in run.syncs()} == {
        name: expected(example)[1] for name, example in names.items()
    }

    wrong = [{**item, "destination": "flyio" if item["destination"] != "flyio" else "supabase"} for item in items()]
    error = run.refuses(infisical_secret_syncs, project_id=run.project_id, syncs=wrong)
    assert {outcome["error_kind"] for outcome in error.facts["results"]} == {"input"}
    assert error.facts["counts"]["failed"] == count

    disabled = run.changes(**task, syncs=items(is_auto_sync_enabled=False))
    assert disabled["counts"]["updated"] == count
    assert not any(view["is_auto_sync_enabled"] for view in run.syncs())

    run.sim.wait_idle()
    removed = run.changes(**task, syncs=items(state="absent"))
    assert {outcome["id"] for outcome in removed["results"]} == {view["id"] for view in views.values()}
    assert run.syncs() == []


@pytest.mark.parametrize("slug", NEWEST_DESTINATIONS)
def test_a_destination_that_the_server_does_not_have(older: Runner, slug: str) -> None:
    """The server's word counts, and is asked for where that is wanted."""
    example = EXAMPLES[slug]
    wanted = {
        "project_id": older.project_id,
        "name": "the-sync",
        "destination": slug,
        "connection_id": older.connection("github"),
        "environment": "dev",
        "destination_config": example.config,
        "sync_options": example.options,
    }
    with pytest.raises(InfisicalError) as caught:
        older(infisical_secret_sync, **wanted)
    assert caught.value.kind == "route_missing"
    error = older.refuses(infisical_secret_sync, **wanted, consult_options=True)
    assert f"destination '{slug}' is not one that this server has." in str(error)
    assert older.syncs() == []


@pytest.mark.parametrize("level", ["project", "organization"])
@pytest.mark.parametrize(("app", "method"), CREDENTIALS, ids="-".join)
def test_a_connection(run: Runner, app: str, method: str, level: str) -> None:
    """One connection: created, read, rotated, renamed, refused and removed."""
    where = {"project_id": run.project_id} if level == "project" else {}
    credentials = CREDENTIALS[app, method]
    wanted = {"app": app, **where, "name": "a-connection", "method": method, "credentials": credentials}
    module, info = infisical_app_connection, infisical_app_connection_info

    made = run.changes(module, **wanted)["app_connection"]
    assert (made["app"], made["method"], made["project_id"]) == (app, method, where.get("project_id"))
    stored = run.sim.stored_connection_credentials(made["id"])
    assert sync_catalog.from_api(stored) == credentials
    assert run(info, app=app, **where, name="a-connection")["app_connections"] == [made]
    secrets = {value for key, value in credentials.items() if value == "s-1"}
    assert run.hidden == secrets | ({credentials["role_id"]} if "role_id" in credentials else set())
    assert run.warnings == []

    secret = next((key for key, value in credentials.items() if value == "s-1"), None)
    if secret and app != "aws":
        fresh = {**wanted, "credentials": {**credentials, secret: "s-2"}}
        assert run(module, **fresh)["changed"] is False
        assert run(module, **fresh, update_credentials="always")["changed"] is True
        # Which method it has is known to the server.
        assert run(module, **without(fresh, "method"), update_credentials="always")["changed"] is True
        assert run.warnings == []
        assert "s-2" in run.sim.stored_connection_credentials(made["id"]).values()

    by_id = {"app": app, "connection_id": made["id"]}
    renamed = run.changes(module, **by_id, name="another-name", description="told")["app_connection"]
    assert (renamed["id"], renamed["name"], renamed["description"]) == (made["id"], "another-name", "told")
    error = run.refuses(module, **by_id, method="some-other", credentials={})
    assert isinstance(error, InputError)
    assert "Make a second connection under another name" in str(error)

    run.changes(module, app=app, **where, name="another-name", state="absent")
    assert run(info, app=app, **where)["app_connections"] == []
