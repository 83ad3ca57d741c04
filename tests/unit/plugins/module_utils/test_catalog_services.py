# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which fields tell two destinations of a service apart, set against the table of the services' documentation."""

from __future__ import annotations

import json

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog import native as catalog
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import (
    COMMON_METADATA,
    DESTINATION_FIELDS,
    KEEPS,
    SERVICES,
    service,
)
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import AUTH, METADATA
from hypothesis import given
from hypothesis import strategies as st

FIELDS = set(DESTINATION_FIELDS)

DESTINATIONS = {
    "aws-parameter-store": "path region",
    "aws-secret-manager": "app region",
    "azure-app-configuration": "app",
    "azure-devops": "app app_id",
    "azure-key-vault": "app",
    "bitbucket": "app_id target_environment_id target_service_id",
    "checkly": "app_id target_service_id",
    "circleci": "scope app_id",
    "cloud-66": "app_id",
    "cloudflare-pages": "app target_environment",
    "cloudflare-workers": "app",
    "codefresh": "app_id",
    "databricks": "app",
    "digital-ocean-app-platform": "app_id",
    "flyio": "app",
    "gcp-secret-manager": "app_id",
    "github": "scope owner app",
    "gitlab": "app_id target_environment",
    "hashicorp-vault": "app path",
    "hasura-cloud": "app_id",
    "heroku": "app",
    "laravel-forge": "app_id",
    "netlify": "app_id target_environment",
    "northflank": "app_id target_service_id",
    "octopus-deploy": "scope app_id target_environment_id",
    "qovery": "scope app_id",
    "railway": "app_id target_environment_id target_service_id",
    "render": "app_id",
    "rundeck": "target_url path",
    "supabase": "app_id",
    "teamcity": "app_id target_environment_id",
    "terraform-cloud": "app_id target_service",
    "travisci": "app_id",
    "vercel": "app target_environment path",
    "windmill": "app_id target_url",
}


def telling_fields(slug: str, view: dict) -> set[str]:
    """The fields of `view` whose change makes another destination of it."""
    there = catalog.destination(slug, view)
    return {name for name in FIELDS if catalog.destination(slug, {**view, name: "changed"}) != there}


def test_every_service_is_in_the_table() -> None:
    assert SERVICES.keys() == DESTINATIONS.keys()


@pytest.mark.parametrize(("slug", "fields"), DESTINATIONS.items())
def test_destination(slug: str, fields: str) -> None:
    scopes = {"github": "github-repo", "octopus-deploy": "project"}
    view = {**dict.fromkeys(FIELDS, "x"), "scope": scopes.get(slug, "x")}
    assert telling_fields(slug, view) - {"scope"} == set(fields.split()) - {"scope"}
    assert ("scope" in telling_fields(slug, view)) is ("scope" in fields)


@pytest.mark.parametrize(
    ("slug", "view", "fields"),
    [
        ("github", {"scope": None}, "scope owner app"),
        ("github", {"scope": "github-org"}, "scope owner"),
        ("github", {"scope": "github-env"}, "scope app_id target_environment_id"),
        ("circleci", {"app_id": ""}, "scope app_id owner app"),
        ("brand-new", {}, " ".join(FIELDS)),
        ("", {}, " ".join(FIELDS)),
    ],
)
def test_destination_that_depends_on_values(slug: str, view: dict, fields: str) -> None:
    assert telling_fields(slug, {**dict.fromkeys(FIELDS, "x"), **view}) == set(fields.split())


@pytest.mark.parametrize(
    ("slug", "scope"), [("github", "github-repo"), ("circleci", "project"), ("octopus-deploy", "project")]
)
@pytest.mark.parametrize("unstated", [None, ""])
def test_a_scope_that_is_not_stated_is_what_the_service_takes(slug: str, scope: str, unstated: object) -> None:
    assert catalog.destination(slug, {"scope": unstated}) == catalog.destination(slug, {"scope": scope})


@pytest.mark.parametrize(
    ("slug", "one", "other", "same"),
    [
        ("azure-app-configuration", {"azure_label": "a"}, {"azure_label": "b"}, False),
        ("azure-app-configuration", {}, {"azure_label": ""}, True),
        ("azure-app-configuration", {"azure_label": "a"}, {"azure_label": "a", "secret_prefix": "x"}, True),
        (
            "octopus-deploy",
            {"octopus_deploy_scope_values": {"role": ["a", "b"], "action": []}},
            {"octopus_deploy_scope_values": {"role": ["b", "a"]}},
            True,
        ),
        (
            "octopus-deploy",
            {"octopus_deploy_scope_values": {"role": ["a"]}},
            {"octopus_deploy_scope_values": {"role": ["b"]}},
            False,
        ),
        ("aws-secret-manager", {"secret_prefix": "a"}, {"secret_prefix": "b"}, True),
    ],
)
def test_metadata_that_separates(slug: str, one: dict, other: dict, same: bool) -> None:
    destinations = [catalog.destination(slug, {"metadata": metadata}) for metadata in (one, other)]
    assert (destinations[0] == destinations[1]) is same


texts = st.sampled_from([None, "", "a", " a", "b "])


@given(st.sampled_from(sorted(DESTINATIONS)), st.fixed_dictionaries(dict.fromkeys(sorted(FIELDS), texts)))
def test_unset_and_empty_and_blanks_around_are_one(slug: str, view: dict) -> None:
    tidy = {name: (value or "").strip() for name, value in view.items()}
    sparse = {name: value for name, value in tidy.items() if value}
    assert catalog.destination(slug, view) == catalog.destination(slug, tidy) == catalog.destination(slug, sparse)


@given(st.sampled_from(sorted(DESTINATIONS)), st.fixed_dictionaries(dict.fromkeys(sorted(FIELDS), texts)))
def test_destinations_can_be_kept_in_a_set(slug: str, view: dict) -> None:
    assert catalog.destination(slug, view) in {catalog.destination(slug, dict(view))}


@pytest.mark.parametrize("slug", [None, "", "brand-new"])
def test_of_an_unknown_service_nothing_is_taken_for_granted(slug: str | None) -> None:
    entry = service(slug)
    assert not entry.public_access_id
    assert not entry.can_delete_secrets
    assert entry.shares_destination is None


# --- the data ---------------------------------------------------------------------------------------------------------

KNOWN = FIELDS | {f"metadata.{key}" for key in METADATA}


@pytest.mark.parametrize("slug", sorted(DESTINATIONS))
def test_the_data_names_options_that_exist(slug: str) -> None:
    entry = service(slug)
    assert {*entry.destination_for(None), *entry.display, *entry.required()} <= FIELDS
    assert set(entry.required()) <= set(entry.destination_for(None))
    assert {*entry.metadata, *entry.identity_metadata} <= METADATA.keys()
    assert {item.name for item in entry.all_fields} <= KNOWN
    named = {name for rule in entry.rules for name, _values in (*rule.demands, *rule.refuses)}
    assert named | {name for rule in entry.rules for name in (rule.field, *rule.needs, *rule.needs_any)} <= KNOWN
    assert {option for options in entry.credentials for option in options} <= AUTH.write_only.keys()
    assert entry.auth_url in ("", "required", "optional")
    assert {item.name for item in entry.auth_fields} <= {*AUTH.write_only, "target_url"}


@pytest.mark.parametrize("slug", sorted(DESTINATIONS))
def test_the_access_id_is_told_of_where_there_is_one(slug: str) -> None:
    entry = service(slug)
    takes_one = any("access_id" in options for options in entry.credentials)
    assert bool(entry.access_id) is takes_one
    assert takes_one or not entry.public_access_id


def test_each_metadata_key_is_used_by_somebody() -> None:
    used = {key for entry in SERVICES.values() for key in entry.metadata}
    assert used | set(COMMON_METADATA) == METADATA.keys()


# --- what is wrong with an integration --------------------------------------------------------------------------------

FAULTS = {
    "unknown scope": ("github", {"scope": "github-repos"}, {"scope"}),
    "azure without its ending": ("azure-app-configuration", {"app": "https://x.example.com"}, {"app"}),
    "category": ("terraform-cloud", {"target_service": "environment"}, {"target_service"}),
    "no address": ("windmill", {"target_url": "windmill"}, {"target_url"}),
    "behaviour that fails": (
        "vercel",
        {"metadata": {"initial_sync_behavior": "prefer-target"}},
        {"metadata.initial_sync_behavior"},
    ),
    "tags of many in one": (
        "aws-secret-manager",
        {"app": "a", "metadata": {"metadata_sync_mode": "secret-metadata", "mapping_behavior": "many-to-one"}},
        {"metadata.mapping_behavior"},
    ),
    "half of a build": (
        "teamcity",
        {"target_environment": "b", "target_environment_id": ""},
        {"target_environment_id"},
    ),
    "two at once": (
        "cloudflare-pages",
        {"target_environment": "x", "target_url": "y"},
        {"target_environment", "target_url"},
    ),
}
MAYBE = {
    "not used": ("flyio", {"region": "x"}, {"region"}),
    "metadata that is not used": ("flyio", {"metadata": {"kms_key_id": "x"}}, {"metadata.kms_key_id"}),
    "a region that looks wrong": ("aws-secret-manager", {"region": "us-east1"}, {"region"}),
    "a path without slashes": ("aws-parameter-store", {"path": "app"}, {"path"}),
    "a branch of production": ("vercel", {"path": "main", "target_environment": "production"}, {"target_environment"}),
    "an environment of one's own": ("vercel", {"target_environment": "qa"}, {"target_environment"}),
    "visibility of a repository": (
        "github",
        {"scope": "github-repo", "metadata": {"github_visibility": "all"}},
        {"scope"},
    ),
    "repositories by name": (
        "github",
        {"metadata": {"github_visibility_repo_ids": ["my-repo"]}},
        {"metadata.github_visibility_repo_ids"},
    ),
}
FINE = {
    "nothing": ("github", {}),
    "prefix and suffix": ("flyio", {"metadata": {"secret_prefix": "A_", "secret_suffix": "_Z"}}),
    "switched off": ("flyio", {"metadata": {"should_enable_delete": False, "secret_aws_tag": []}, "region": ""}),
    "each on its own": ("aws-secret-manager", {"metadata": {"mapping_behavior": "one-to-one"}}),
    "an unknown service": ("brand-new", {"scope": "anything", "metadata": {"azure_label": "x"}}),
    "a path of its own": ("rundeck", {"path": "keys/app", "target_url": "https://rundeck.example.com"}),
}


def found(slug: str, wanted: dict, *, certain: bool, complete: bool = False) -> set[str]:
    problems = catalog.check_integration(slug, wanted, complete=complete)
    return {problem.field for problem in problems if problem.certain is certain}


@pytest.mark.parametrize(("slug", "wanted", "fields"), FAULTS.values(), ids=FAULTS)
def test_what_is_sure_to_fail(slug: str, wanted: dict, fields: set) -> None:
    assert fields <= found(slug, wanted, certain=True)


@pytest.mark.parametrize(("slug", "wanted", "fields"), MAYBE.values(), ids=MAYBE)
def test_what_may_be_wrong(slug: str, wanted: dict, fields: set) -> None:
    assert found(slug, wanted, certain=False) == fields
    assert found(slug, wanted, certain=True) == set()


@pytest.mark.parametrize(("slug", "wanted"), FINE.values(), ids=FINE)
def test_what_is_fine(slug: str, wanted: dict) -> None:
    assert catalog.check_integration(slug, wanted, complete=False) == []


@pytest.mark.parametrize(
    ("slug", "wanted", "fields"),
    [
        ("aws-secret-manager", {}, {"app", "region"}),
        ("aws-secret-manager", {"metadata": {"mapping_behavior": "one-to-one"}}, {"region"}),
        (
            "aws-secret-manager",
            {"region": "us-east-1", "metadata": {"metadata_sync_mode": "secret-metadata"}, "app": "a"},
            {"metadata.mapping_behavior"},
        ),
        ("github", {}, {"owner", "app"}),
        ("github", {"scope": "github-org"}, {"owner"}),
        ("github", {"scope": "github-env"}, {"app_id", "target_environment_id"}),
        ("railway", {}, {"app_id", "target_environment_id"}),
        ("qovery", {}, {"scope", "app_id"}),
        ("octopus-deploy", {}, {"app_id", "target_environment_id"}),
        ("brand-new", {}, set()),
    ],
)
def test_what_a_new_one_lacks(slug: str, wanted: dict, fields: set) -> None:
    assert found(slug, wanted, certain=True, complete=True) == fields
    assert found(slug, wanted, certain=True) == set()


def test_what_only_a_new_one_lacks_is_named_by_its_service() -> None:
    texts = {item.text for item in catalog.check_integration("circleci", {"scope": "context"}, complete=True)}
    assert texts == {"it is missing: CircleCI needs it where app_id is not set."}


# --- what is wrong with an auth ---------------------------------------------------------------------------------------

ACCOUNT = json.dumps({"client_email": "a@example.com", "private_key": "secret-key-1"})
AUTHS = {
    "no address": ("databricks", {}, {"access_token": "t"}, {"target_url"}),
    "half of a pair": ("aws-secret-manager", {}, {"access_token": "t"}, {"access_id"}),
    "other half": ("cloudflare-pages", {}, {"access_id": "1"}, {"access_token"}),
    "role id": (
        "hashicorp-vault",
        {"target_url": "https://vault.example.com"},
        {"access_token": "t"},
        {"access_id"},
    ),
    "a refresh token for nobody": ("render", {}, {"refresh_token": "t"}, {"refresh_token", "access_token"}),
    "a role outside of AWS": (
        "render",
        {},
        {"aws_assume_iam_role_arn": "arn:aws:iam::123456789012:role/x"},
        {"aws_assume_iam_role_arn", "access_token"},
    ),
    "no service account": ("gcp-secret-manager", {}, {"refresh_token": "secret-token-1"}, {"refresh_token"}),
    "half a service account": (
        "gcp-secret-manager",
        {},
        {"refresh_token": '{"client_email": "a"}'},
        {"refresh_token"},
    ),
    "not an address": ("gitlab", {"target_url": "gitlab"}, {"access_token": "t"}, {"target_url"}),
}
AUTHS_MAYBE = {
    "an address that is not used": (
        "render",
        {"target_url": "https://x.example.com"},
        {"access_token": "t"},
        {"target_url"},
    ),
    "an id that is not used": ("render", {}, {"access_id": "1", "access_token": "t"}, {"access_id"}),
    "not a role": ("aws-secret-manager", {}, {"aws_assume_iam_role_arn": "arn:x"}, {"aws_assume_iam_role_arn"}),
    "a slash at the end": (
        "databricks",
        {"target_url": "https://x.example.com/"},
        {"access_token": "t"},
        {"target_url"},
    ),
    "a plain token": ("azure-devops", {}, {"access_token": "secret-token-1"}, {"access_token"}),
    "by browser only": ("netlify", {}, {"access_token": "t"}, {"integration"}),
    "short-lived": ("azure-key-vault", {}, {"access_token": "t"}, {"integration"}),
}
AUTHS_FINE = {
    "keys": ("aws-secret-manager", {}, {"access_id": "AKIA", "access_token": "t"}),
    "role": ("aws-parameter-store", {}, {"aws_assume_iam_role_arn": "arn:aws:iam::123456789012:role/x"}),
    "service account": ("gcp-secret-manager", {}, {"refresh_token": ACCOUNT}),
    "GitLab of one's own": ("gitlab", {"target_url": "https://gitlab.example.com"}, {"access_token": "t"}),
    "Azure DevOps": ("azure-devops", {}, {"access_token": "OnBhdA=="}),
    "workspace of Terraform Cloud": ("terraform-cloud", {}, {"access_id": "ws-1", "access_token": "t"}),
    "nothing": ("render", {}, {}),
    "an unknown service": ("brand-new", {"target_url": "x"}, {"refresh_token": "t"}),
}


def found_in_auth(slug: str, wanted: dict, credentials: dict, *, certain: bool) -> set[str]:
    problems = catalog.check_auth(slug, wanted, credentials, complete=True)
    assert not [problem for problem in problems if "secret-" in problem.text]
    return {problem.field for problem in problems if problem.certain is certain}


@pytest.mark.parametrize(("slug", "wanted", "credentials", "fields"), AUTHS.values(), ids=AUTHS)
def test_auths_that_are_sure_to_fail(slug: str, wanted: dict, credentials: dict, fields: set) -> None:
    assert found_in_auth(slug, wanted, credentials, certain=True) == fields


@pytest.mark.parametrize(("slug", "wanted", "credentials", "fields"), AUTHS_MAYBE.values(), ids=AUTHS_MAYBE)
def test_auths_that_may_be_wrong(slug: str, wanted: dict, credentials: dict, fields: set) -> None:
    assert found_in_auth(slug, wanted, credentials, certain=False) == fields
    assert found_in_auth(slug, wanted, credentials, certain=True) == set()


@pytest.mark.parametrize(("slug", "wanted", "credentials"), AUTHS_FINE.values(), ids=AUTHS_FINE)
def test_auths_that_are_fine(slug: str, wanted: dict, credentials: dict) -> None:
    assert catalog.check_auth(slug, wanted, credentials, complete=True) == []


def test_an_auth_that_is_there_needs_nothing() -> None:
    assert catalog.check_auth("databricks", {}, {}, complete=False) == []


def test_a_missing_credential_is_explained() -> None:
    (problem,) = catalog.check_auth("aws-secret-manager", {}, {"access_token": "x"}, complete=True)
    assert problem.text == (
        "it is missing (the ID of an access key). It takes access_id and access_token or aws_assume_iam_role_arn."
    )
    (problem,) = catalog.check_auth("aws-secret-manager", {}, {"access_id": "AKIAEXAMPLEEXAMPLE12"}, complete=True)
    assert problem.text == "it is missing. It takes access_id and access_token or aws_assume_iam_role_arn."


def test_nothing_is_said_of_services_that_keep_all() -> None:
    assert {catalog.deletion_of(entry) for entry in SERVICES.values() if entry.extra == KEEPS} == {""}


def test_what_is_no_account_of_google_is_told() -> None:
    problems = catalog.check_auth("gcp-secret-manager", {}, {"refresh_token": "{}"}, complete=True)
    assert [problem.sentence for problem in problems] == [
        "refresh_token is not the JSON of a service account, with client_email and private_key, as a string."
    ]
