# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps of connections: what each takes, what is said about what it doesn't, and what is a secret."""

from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog import connections as catalog
from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS, Credential
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import to_api
from hypothesis import given
from hypothesis import strategies as st

UUID = "1d0b7c9e-3a44-4f1b-8c62-5b1e9f3a7d01"


def fields(problems: list, certain: bool | None = None) -> list[str]:
    return [item.field for item in problems if certain is None or item.certain is certain]


VALUES = {
    "role_arn": "arn:aws:iam::123456789012:role/sync",
    "sts_endpoint": "https://sts.eu-central-1.amazonaws.com",
    "tenant_id": UUID,
    "client_id": UUID,
    "instance_url": "https://ci.example.com",
    "workspace_url": "https://w.cloud.databricks.com",
    "service_account_email": "sync-1-2@p.iam.gserviceaccount.com",
    "instance_type": "server",
    "auth_token": "HRKU-value",
    "url": "https://api.example.com",
    "port": 5432,
    **dict.fromkeys(("api_url", "adcs_url", "server_url", "tpp_url"), "https://app.example.com"),
    **dict.fromkeys(("ssl_enabled", "ssl_reject_unauthorized", "tls_enabled", "tls_reject_unauthorized"), True),
}
METHODS = [(app.slug, method.name) for app in APPS.values() for method in app.methods]


def credentials_for(app: str, method: str) -> dict:
    known = {**VALUES, **({"url": "ldaps://ldap.example.com"} if app == "ldap" else {})}
    return {
        item.name: known.get(item.name) or next(iter(item.choices), f"value-of-{item.name}")
        for item in APPS[app].method(method).credentials
    }


@pytest.mark.parametrize(("app", "method"), METHODS, ids=[f"{app}-{method}" for app, method in METHODS])
class TestMethod:
    def test_whole_credentials_pass(self, app: str, method: str) -> None:
        way = APPS[app].method(method)
        found = catalog.check_connection(app, method, credentials_for(app, method))
        doubted = way.browser_only and app != "heroku"
        assert fields(found) == (["method"] if doubted else []) + ([] if way.credentials else ["credentials"])
        assert not any(item.certain for item in found)

    def test_missing_credentials_are_named(self, app: str, method: str) -> None:
        way = APPS[app].method(method)
        names = {f"credentials.{item.name}" for item in way.credentials if item.required}
        found = catalog.check_connection(app, method, {})
        assert names <= set(fields(found, certain=True))
        assert set(fields(catalog.check_connection(app, method, {}, complete=False))) <= {"credentials"}

    def test_wrong_credentials_are_named_and_secrets_not_shown(self, app: str, method: str) -> None:
        way = APPS[app].method(method)
        wrong = {item.name: 4711 if item.kind == "str" else "4711-no" for item in way.credentials}
        found = catalog.check_connection(app, method, {**wrong, "nonsense": "hidden-value"}, complete=False)
        if way.credentials:
            assert {f"credentials.{name}" for name in (*wrong, "nonsense")} == set(fields(found))
            sure = {f"credentials.{item.name}" for item in way.credentials if item.verified}
            assert set(fields(found, certain=True)) == sure
        assert not any("4711" in str(item) or "hidden-value" in str(item) for item in found)

    def test_values_are_secret_unless_known_to_be_none(self, app: str, method: str) -> None:
        way = APPS[app].method(method)
        given_values = credentials_for(app, method)
        secret = {given_values[item.name] for item in way.credentials if item.secret}
        public = {item.name: given_values[item.name] for item in way.credentials if not item.secret}
        for spelled in (given_values, to_api(given_values)):
            assert catalog.secret_credentials(app, method, spelled) == secret
            assert catalog.public_credentials(app, method, spelled) == public
        assert secret or app in ("aws", "gcp") or not way.credentials


def test_apps_of_destinations_are_known() -> None:
    # Of that one, nothing but the name was read.
    assert {entry.app for entry in DESTINATIONS.values()} - {"", "koyeb"} <= set(APPS)
    assert all(entry.app for entry in DESTINATIONS.values() if entry.verified)


@pytest.mark.parametrize(
    ("app", "method", "credentials", "field", "certain"),
    [
        ("amazon", "access-key", {}, "app", False),
        ("keeper", "anything", {"a": 1}, "app", False),
        ("aws", "iam", {}, "method", False),
        ("aws", None, {}, "method", False),
        ("aws", "access-key", "text", "credentials", True),
        ("aws", "assume-role", {"role_arn": "sync"}, "credentials.role_arn", True),
        *(
            ("aws", "assume-role", {"sts_endpoint": url}, "credentials.sts_endpoint", True)
            for url in (
                "http://sts.eu-central-1.amazonaws.com",
                "https://sts.amazonaws.com",
                "https://sts.us-moon-1.amazonaws.com",
                "https://eu-central-1.amazonaws.com",
                "https://sts.eu-central-1",
                "https://example.com/sts.eu-central-1.amazonaws.com",
            )
        ),
        ("azure-key-vault", "client-secret", {"tenant_id": "acme"}, "credentials.tenant_id", True),
        ("azure-key-vault", "client-secret", {"client_secret": "x" * 51}, "credentials.client_secret", True),
        ("gitlab", "access-token", {"access_token_type": "user"}, "credentials.access_token_type", True),
        ("gitlab", "access-token", {"access_token": " "}, "credentials.access_token", True),
        ("heroku", "auth-token", {"auth_token": "x"}, "credentials.auth_token", True),
        ("azure-key-vault", "certificate", {"certificate": "x"}, "credentials.certificate", False),
        ("postgres", "username-and-password", {"port": "abc"}, "credentials.port", True),
        ("ldap", "simple-bind", {"url": "ldap.example.com"}, "credentials.url", True),
        ("flyio", "access-token", {"token": "x"}, "credentials.token", False),
    ],
)
def test_connection_problems(app: str, method: str, credentials: object, field: str, certain: bool) -> None:
    found = catalog.check_connection(app, method, credentials, complete=False)
    assert [(item.field, item.certain) for item in found] == [(field, certain)]


SAID = {
    "'amazon' is no app that this collection's catalogue knows.": ("amazon", "access-key"),
    (
        "oauth requires a code that only a login in a browser provides, and that works once. Method client-secret or"
        " certificate needs none."
    ): ("azure-key-vault", "oauth"),
    "the credentials of api-token aren't in this collection's catalogue, so they were not checked.": (
        "portainer",
        "api-token",
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_what_is_said(said: str) -> None:
    assert catalog.check_connection(*SAID[said], {})[0].text == said


@pytest.mark.parametrize(
    "host",
    [
        "sts.us-gov-west-1.amazonaws.com/",
        "sts-fips.us-east-1.amazonaws.com",
        "sts.cn-north-1.amazonaws.com.cn",
        "vpce-0abc.sts.eu-west-1.vpce.amazonaws.com",
        "sts.us-east-1.localhost:4566",
    ],
)
def test_the_region_of_a_token_service_is_in_its_host(host: str) -> None:
    assert catalog.check_connection("aws", "assume-role", {"sts_endpoint": f"https://{host}"}, complete=False) == []


def test_a_method_that_is_unknown_lists_those_that_are() -> None:
    (problem,) = catalog.check_connection("aws", "iam", {})
    assert "assume-role, access-key" in problem.text


@pytest.mark.parametrize(
    ("app", "method", "credentials", "field"),
    [
        ("github", "pat", {"personal_access_token": "x", "instance_type": "server"}, "credentials.host"),
        ("heroku", "oauth", {}, "credentials.code"),
    ],
)
def test_credentials_that_need_others(app: str, method: str, credentials: dict, field: str) -> None:
    assert fields(catalog.check_connection(app, method, credentials), certain=True) == [field]


def test_one_of_several_credentials_is_asked_for_in_one_sentence() -> None:
    (problem,) = [item for item in catalog.check_connection("heroku", "oauth", {}) if item.certain]
    assert problem.text == "code or refresh_token is needed."
    assert catalog.check_connection("heroku", "oauth", {"refresh_token": "x"}) == []


def test_a_credential_is_a_secret_unless_it_is_said_to_be_none() -> None:
    assert Credential("new").secret


@pytest.mark.parametrize(("app", "method"), METHODS, ids=[f"{app}-{method}" for app, method in METHODS])
def test_the_rules_name_credentials_that_exist(app: str, method: str) -> None:
    way = APPS[app].method(method)
    known = {f"credentials.{item.name}" for item in way.credentials}
    assert {
        name for rule in way.rules for name in (rule.field or rule.needs_any[0], *rule.needs, *rule.needs_any)
    } <= known


def test_the_app_id_of_github_goes_by_its_natural_spelling() -> None:
    for spelled in ("github_app_id", "gitHubAppId", "git_hub_app_id"):
        found = catalog.coerced_credentials("github", "github-app", {spelled: "7"})
        assert found == {"github_app_id": "7"}
        assert to_api(found) == {"gitHubAppId": "7"}
        assert catalog.public_credentials("github", "github-app", {spelled: "7"}) == {"github_app_id": "7"}


def test_unknown_credentials_are_secret_to_the_last_leaf() -> None:
    values = {"a": "one", "b": {"c": ["two", 3, None, True, ""]}, "d": None}
    assert catalog.secret_credentials("nowhere", "x", values) == {"one", "two", "3"}
    assert catalog.public_credentials("nowhere", "x", values) == {}
    assert catalog.secret_credentials("aws", "access-key", {"access_key_id": {"x": "y"}, "odd": "z"}) == {"y", "z"}
    # The same text twice: it is masked, so it isn't handed on as public.
    assert catalog.public_credentials("bitbucket", "api-token", {"email": "same", "api_token": "same"}) == {}
    assert catalog.secret_credentials("aws", "access-key", None) == set()


def test_coerced_credentials() -> None:
    assert catalog.coerced_credentials("cloudflare", "api-token", {"accountId": 12, "api_token": None}) == {
        "account_id": "12"
    }
    assert catalog.coerced_credentials("nowhere", "x", {"aB": 12}) == {"a_b": 12}


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


def trees(keys: st.SearchStrategy) -> st.SearchStrategy:
    return st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
    )


KNOWN = sorted({item.name for app in APPS.values() for method in app.methods for item in method.credentials})
ANYTHING = trees(st.sampled_from([*KNOWN, "accessToken", "key", "credentials"]) | st.text())


@given(st.sampled_from([*METHODS, ("aws", "x"), ("x", "y")]), ANYTHING, st.booleans())
def test_connection_checks_never_raise_and_lose_no_secret(way: tuple, credentials: object, complete: bool) -> None:
    catalog.check_connection(*way, credentials, complete=complete)
    public = catalog.public_credentials(*way, credentials)
    assert not {str(value) for value in public.values()} & catalog.secret_credentials(*way, credentials)
    catalog.coerced_credentials(*way, credentials)


@given(LEAVES | st.lists(st.text()))
def test_odd_names_never_raise(value: object) -> None:
    assert len(catalog.check_connection("aws", value, {})) == 1
    assert len(catalog.check_connection(value, "x", {})) == 1
