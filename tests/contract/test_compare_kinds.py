# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the endpoints that the collection calls and an OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import compare_kinds
import openapi
from contract.documents import MISSING, TEXT, document, found, obj, operation, simulated


def endpoint_findings(raw: dict[str, Any]) -> set[str]:
    there = openapi.Document(raw)
    return set(found(compare_kinds.compare_endpoints(there, compare_kinds.areas_in(there))))


def change_of(change: Callable[[dict[str, Any]], object]) -> set[str]:
    """Return what is told of a simulated server's document after a change, and was not before."""
    whole = simulated(generation="2026")
    before = endpoint_findings(whole)
    change(whole)
    return endpoint_findings(whole) - before


def body_of(raw: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    return raw["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]


def test_each_broken_part_of_a_document_is_found() -> None:
    whole = simulated(generation="2026")
    before = endpoint_findings(whole)
    paths = whole["paths"]
    del paths["/api/v1/integration/{id}/sync"]
    del paths["/api/v1/secret-syncs/options"]
    del paths["/api/v1/projects/{project}/integrations"]
    del paths["/api/v1/auth/ldap-auth/login"]
    paths["/api/v1/secret-syncs"]["get"]["parameters"] = []
    folders = paths["/api/v2/folders"]["get"]["parameters"]
    folders.append({"in": "query", "name": "color", "required": True, "schema": TEXT})
    created = body_of(whole, "post", "/api/v1/integration")
    created["properties"]["glue"] = TEXT
    created["required"].append("glue")
    del created["properties"]["appId"]
    patched = body_of(whole, "patch", "/api/v1/integration/{id}")
    del patched["properties"]["owner"]
    patched["properties"]["scope"] = TEXT
    github = body_of(whole, "patch", "/api/v1/secret-syncs/github/{syncId}")
    github["required"] = ["name"]
    del github["properties"]["description"]
    assert endpoint_findings(whole) - before == {
        "FAULT POST /api/v1/integration/{id}/sync: not in this server's document",
        f"note GET /api/v1/secret-syncs/options: {MISSING} consult_options can't be used",
        f"note POST /api/v1/auth/ldap-auth/login: {MISSING} auth_method ldap_auth can't be used",
        "FAULT GET /api/v1/secret-syncs, query projectId: unknown on this server",
        "FAULT GET /api/v2/folders or /api/v1/folders, query color: required on this server, never sent",
        "FAULT POST /api/v1/integration, glue: required on this server, and no option gives it",
        "FAULT POST /api/v1/integration, appId: unknown on this server",
        "FAULT PATCH /api/v1/integration/{id}, owner: can't be changed on this server",
        "note PATCH /api/v1/integration/{id}, scope: can be changed on this server, and not by the collection",
        "FAULT PATCH /api/v1/secret-syncs/{destination}/{id}, name: required on this server, not always sent (github)",
        "FAULT PATCH /api/v1/secret-syncs/{destination}/{id}, description: can't be changed on this server (github)",
    }


def test_the_values_of_an_object_are_compared() -> None:
    whole = simulated(generation="2026")
    before = endpoint_findings(whole)
    created = body_of(whole, "post", "/api/v1/integration")
    created["properties"]["isActive"] = TEXT
    created["required"].append("app")
    sync = body_of(whole, "post", "/api/v1/secret-syncs/github")["properties"]
    sync["name"] = {"type": "string", "maxLength": 32}
    sync["description"] = {"type": "string", "maxLength": 255}
    del sync["environment"]["maxLength"]
    body_of(whole, "patch", "/api/v1/secret-syncs/github/{syncId}")["properties"]["secretPath"] = {"type": "array"}
    body_of(whole, "post", "/api/v1/auth/universal-auth/login")["properties"]["clientId"] = {"type": "integer"}
    imports = whole["paths"]["/api/v1/secret-syncs/github/{syncId}/import-secrets"]["post"]["parameters"]
    imports[-1]["schema"] = {"type": "string", "enum": ["prioritize-source"]}
    deletes = whole["paths"]["/api/v1/secret-syncs/github/{syncId}"]["delete"]["parameters"]
    deletes[-1]["schema"] = {"type": "boolean", "enum": [True]}
    behavior = "importBehavior"
    create, one = "POST /api/v1/secret-syncs/{destination}", "/api/v1/secret-syncs/{destination}/{id}"
    assert endpoint_findings(whole) - before == {
        "FAULT POST /api/v1/integration, isActive: str on this server, bool in the collection",
        "FAULT POST /api/v1/integration, app: required on this server, not always sent",
        f"note {create}, name: at most 32 characters on this server, 256 in the collection (github)",
        f"note {create}, description: at most 255 characters on this server, 256 in the collection (github)",
        f"note {create}, environment: no limit on this server, at most 64 characters in the collection (github)",
        f"FAULT PATCH {one}, secretPath, in an update: list on this server, str in the collection (github)",
        "FAULT POST /api/v1/auth/universal-auth/login, clientId: int on this server, str in the collection",
        f"FAULT POST {one}/import-secrets, query {behavior}: this server does not take prioritize-destination (github)",
        f"FAULT DELETE {one}, query removeSecrets: this server does not take false (github)",
    }


def test_what_a_server_has_beside_that_is_noted() -> None:
    whole = simulated(generation="2026")
    before = endpoint_findings(whole)
    paths = whole["paths"]
    paths["/api/v1/auth/oci-auth/login"] = {"post": operation(obj("", userOcid=TEXT))}
    for slug in ("github", "flyio"):
        paths[f"/api/v1/secret-syncs/{slug}/{{syncId}}/pause"] = {"post": operation()}
    paths["/api/v1/app-connections/github/{connectionId}/environments"] = {"get": operation()}
    paths["/api/v1/app-connections/github/{connectionId}/seal"] = {"post": operation()}
    paths["/api/v1/integration/{id}/history"] = {"put": operation()}
    body_of(whole, "post", "/api/v1/auth/oidc-auth/login")["properties"]["realm"] = TEXT
    removed = paths["/api/v1/integration/{id}"]["delete"]["parameters"]
    removed.append({"in": "query", "name": "keepAuth", "schema": TEXT})
    has = "this server has it; the collection does not use it"
    assert endpoint_findings(whole) - before == {
        "note login oci-auth: the collection lacks it",
        f"note POST /api/v1/secret-syncs/{{destination}}/{{id}}/pause: {has} (flyio, github)",
        f"note POST /api/v1/app-connections/{{app}}/{{id}}/seal: {has} (github)",
        f"note PUT /api/v1/integration/{{id}}/history: {has}",
        "note POST /api/v1/auth/oidc-auth/login, realm: this server takes it; the collection never sends it",
        "note DELETE /api/v1/integration/{id}, query keepAuth: this server takes it; the collection never sends it",
    }


def test_a_path_may_be_there_with_several_names_of_its_parameters() -> None:
    whole = simulated(generation="2026")
    before = endpoint_findings(whole)
    one = whole["paths"]["/api/v1/integration/{id}"]
    whole["paths"]["/api/v1/integration/{integrationId}"] = {"delete": one.pop("delete")}
    assert endpoint_findings(whole) == before


def test_what_is_read_of_answers_is_compared() -> None:
    stored = obj("", id=TEXT, projectId=TEXT, integration=TEXT, url=TEXT)
    one = {"get": operation(answer=obj("", integrationAuth=stored))}
    there = document({"/api/v1/integration-auth/{authId}": one})
    findings = found(compare_kinds.compare_endpoints(there, {"native integrations"}))
    subject = "GET /api/v1/integration-auth/{id}"
    assert f"FAULT {subject}, namespace: not in this server's answers" in findings
    assert f"note {subject}, teamId: not in this server's answers" in findings
    assert not any(f"{subject}, url:" in one for one in findings)


def test_what_every_answer_must_have_is_compared() -> None:
    def answers(answer: Any, *methods: str) -> dict[str, Any]:
        return {method: operation(answer=answer) for method in methods}

    def rows(**fields: Any) -> dict[str, Any]:
        return {"type": "array", "items": obj("", **fields)}

    whole = {
        "/api/v1/auth/ldap-auth/login": answers(obj("", token=TEXT), "post"),
        # What may be anything is not told of.
        "/api/v1/auth/jwt-auth/login": answers({}, "post"),
        "/api/v1/secret-syncs/options": answers(obj("", secretSyncOptions=rows(slug=TEXT)), "get"),
        "/api/v1/secret-syncs/github": answers(obj("", sync=obj("", id=TEXT)), "post"),
        "/api/v1/secret-syncs/github/{syncId}": answers(obj("", secretSync=obj("", name=TEXT)), "patch", "get"),
        "/api/v1/secret-syncs/github/check-destination": answers(obj("", duplicate=TEXT), "post"),
        "/api/v1/projects/{id}": answers(obj("", name=TEXT), "get"),
        "/api/v1/workspace": answers(obj("", workspaces=rows(id=TEXT)), "get"),
        "/api/v2/workspace/{slug}": answers(obj("", id=TEXT), "get"),
        "/api/v1/app-connections": answers(obj("", connections=rows(id=TEXT)), "get"),
        "/api/v1/workspace/{id}/authorizations": answers(obj("", authorizations=rows(id=TEXT, url=TEXT)), "get"),
    }
    for item in whole.values():
        for made in item.values():
            made["requestBody"] = {"content": {"application/json": {}}}
    text = "not in this server's answers"
    findings = {line for line in endpoint_findings({"paths": whole}) if text in line}
    listed = "GET /api/v1/projects/{project_id}/authorizations or /api/v1/workspace/{project_id}/authorizations"
    one = "/api/v1/secret-syncs/{destination}"
    assert {line for line in findings if "GET /api/v1/secret-syncs/{destination}/{id}" not in line} == {
        f"FAULT POST /api/v1/auth/ldap-auth/login, accessToken: {text}",
        f"FAULT GET /api/v1/secret-syncs/options, secretSyncOptions.destination: {text}",
        f"FAULT POST {one}, secretSync: {text}",
        *(
            f"FAULT PATCH {one}/{{id}}, {name}: {text}"
            for name in ("secretSync.id", "destination", "projectId", "connectionId", "isAutoSyncEnabled")
        ),
        f"FAULT POST {one}/check-destination, hasDuplicate: {text}",
        f"FAULT GET /api/v1/projects/{{id}} or /api/v1/workspace/{{id}}, project or workspace or id: {text}",
        f"FAULT GET /api/v1/app-connections, appConnections: {text}",
        f"FAULT {listed}, projectId: {text}",
        f"FAULT {listed}, integration: {text}",
        f"FAULT {listed}, namespace: {text}",
        *(f"note {listed}, {name}: {text}" for name in ("teamId", "accountId", "metadata", "createdAt", "updatedAt")),
    }
    assert f"FAULT GET {one}/{{id}}, secretSync.id: {text}" in findings
    assert f"FAULT GET {one}/{{id}}, destinationConfig: {text}" in findings


def test_parts_that_every_answer_must_have_are_compared() -> None:
    environment = obj("", id=TEXT, name=TEXT)
    stored = obj("", id=TEXT, integration=TEXT, environment=environment, integrationAuthId=TEXT)
    one = operation(answer=obj("", integration=stored))
    there = document({"/api/v1/integration/{id}/sync": {"post": one}, "/api/v1/integration/{id}": {"get": one}})
    findings = found(compare_kinds.compare_endpoints(there, {"native integrations"}))
    text = "not in this server's answers"
    assert [line for line in findings if line.startswith("FAULT POST /api/v1/integration/{id}/sync")] == [
        f"FAULT POST /api/v1/integration/{{id}}/sync, environment.slug: {text}",
        f"FAULT POST /api/v1/integration/{{id}}/sync, secretPath: {text}",
        f"FAULT POST /api/v1/integration/{{id}}/sync, isActive: {text}",
    ]
    assert f"FAULT GET /api/v1/integration/{{id}}, environment.slug: {text}" in findings


def test_what_is_sent_only_sometimes_must_not_be_required() -> None:
    def change(whole: dict[str, Any]) -> None:
        paths = whole["paths"]
        for path, method in (
            ("app-connections", "get"),
            ("app-connections/github", "get"),
            ("app-connections/github/connection-name/{name}", "get"),
            ("app-connections/github/available", "get"),
            ("secret-syncs", "get"),
            ("secret-syncs/github/{syncId}", "delete"),
            ("integration/{id}", "delete"),
        ):
            for parameter in paths[f"/api/v1/{path}"][method]["parameters"]:
                parameter["required"] = True
        for parameter in paths["/api/v4/secrets"]["get"]["parameters"]:
            parameter["required"] = True
        checked = body_of(whole, "post", "/api/v1/secret-syncs/github/check-destination")
        checked["required"] = list(checked["properties"])
        login = body_of(whole, "post", "/api/v1/auth/ldap-auth/login")
        login["properties"]["subOrganizationName"] = TEXT
        login["required"] = list(login["properties"])

    text = "required on this server, not always sent"
    one = "/api/v1/secret-syncs/{destination}"
    secrets = "GET /api/v4/secrets or /api/v3/secrets/raw"
    assert change_of(change) == {
        f"FAULT GET /api/v1/app-connections, query projectId: {text}",
        f"FAULT GET /api/v1/app-connections/{{app}}, query projectId: {text} (github)",
        f"FAULT GET /api/v1/app-connections/{{app}}/connection-name/{{name}}, query projectId: {text} (github)",
        f"FAULT DELETE {one}/{{id}}, query removeSecrets: {text} (github)",
        f"FAULT DELETE /api/v1/integration/{{id}}, query shouldDeleteIntegrationSecrets: {text}",
        f"FAULT {secrets}, query recursive: {text}",
        f"FAULT POST {one}/check-destination, connectionId: {text} (github)",
        f"FAULT POST {one}/check-destination, excludeSyncId: {text} (github)",
        f"FAULT POST /api/v1/auth/ldap-auth/login, organizationSlug: {text}",
        f"FAULT POST /api/v1/auth/ldap-auth/login, subOrganizationName: {text}",
    }


def test_new_values_in_a_query_are_noted() -> None:
    def change(whole: dict[str, Any]) -> None:
        for slug in ("github", "flyio"):
            path = whole["paths"][f"/api/v1/secret-syncs/{slug}/{{syncId}}/import-secrets"]
            schema = path["post"]["parameters"][-1]["schema"]
            schema["enum"] = [*schema["enum"], "prioritize-nothing"]

    subject = "POST /api/v1/secret-syncs/{destination}/{id}/import-secrets, query importBehavior"
    assert change_of(change) == {
        f"note {subject}: this server takes prioritize-nothing, too; the collection never sends it (flyio, github)"
    }


def test_a_body_that_is_not_described_is_noted() -> None:
    def change(whole: dict[str, Any]) -> None:
        paths = whole["paths"]
        del paths["/api/v1/integration"]["post"]["requestBody"]
        paths["/api/v1/secret-syncs/github/{syncId}"]["patch"]["requestBody"] = {"content": {"application/json": {}}}
        body_of(whole, "post", "/api/v1/auth/ldap-auth/login").clear()

    text = "not compared, as the document does not describe its fields"
    assert change_of(change) == {
        f"note POST /api/v1/integration: {text}",
        f"note PATCH /api/v1/secret-syncs/{{destination}}/{{id}}: {text} (github)",
        f"note POST /api/v1/auth/ldap-auth/login: {text}",
    }


def test_a_body_that_is_no_json_is_wrong() -> None:
    def change(whole: dict[str, Any]) -> None:
        for path, method in (("integration", "post"), ("integration/{id}", "patch"), ("auth/ldap-auth/login", "post")):
            content = whole["paths"][f"/api/v1/{path}"][method]["requestBody"]["content"]
            content["multipart/form-data"] = content.pop("application/json")
        # Nothing is sent here.
        form = {"content": {"multipart/form-data": {}}}
        whole["paths"]["/api/v1/integration/{id}/sync"]["post"]["requestBody"] = form

    assert change_of(change) == {
        "FAULT POST /api/v1/integration: takes no JSON on this server",
        "FAULT PATCH /api/v1/integration/{id}: takes no JSON on this server",
        "FAULT POST /api/v1/auth/ldap-auth/login: takes no JSON on this server",
    }


def test_an_open_body_is_compared_by_the_fields_that_it_has() -> None:
    def change(whole: dict[str, Any]) -> None:
        for method, path in (
            ("post", "/api/v1/integration"),
            ("patch", "/api/v1/integration/{id}"),
            ("post", "/api/v1/auth/ldap-auth/login"),
        ):
            body = body_of(whole, method, path)
            body["additionalProperties"] = True
            body["properties"].pop("app", None)
            body["properties"].pop("username", None)
        body_of(whole, "post", "/api/v1/integration")["properties"]["isActive"] = TEXT
        body_of(whole, "patch", "/api/v1/integration/{id}")["required"] = ["owner"]
        body_of(whole, "post", "/api/v1/auth/ldap-auth/login")["properties"]["password"] = {"type": "integer"}

    assert change_of(change) == {
        "FAULT POST /api/v1/integration, isActive: str on this server, bool in the collection",
        "FAULT PATCH /api/v1/integration/{id}, owner: required on this server, not always sent",
        "FAULT POST /api/v1/auth/ldap-auth/login, password: int on this server, str in the collection",
    }


def test_what_an_update_takes_is_compared() -> None:
    def change(whole: dict[str, Any]) -> None:
        del body_of(whole, "patch", "/api/v1/app-connections/github/{connectionId}")["properties"]["credentials"]
        del body_of(whole, "patch", "/api/v1/integration-auth/{id}")["properties"]["refreshToken"]
        # What creating lacks, too, is only told of creating.
        for method, path in (("post", "access-token"), ("patch", "{id}")):
            del body_of(whole, method, f"/api/v1/integration-auth/{path}")["properties"]["accessId"]
        body_of(whole, "patch", "/api/v1/integration/{id}")["properties"]["environment"] = {"type": "boolean"}

    assert change_of(change) == {
        "FAULT PATCH /api/v1/app-connections/{app}/{id}, credentials: can't be changed on this server (github)",
        "FAULT PATCH /api/v1/integration-auth/{id}, refreshToken: can't be changed on this server",
        "FAULT POST /api/v1/integration-auth/access-token, accessId: unknown on this server",
        "FAULT PATCH /api/v1/integration/{id}, environment, in an update: bool on this server, str in the collection",
    }
