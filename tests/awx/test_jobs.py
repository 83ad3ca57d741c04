# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook as a job: with answers to its survey, credentials of the platform, and artifacts without secrets."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from playbooks.harness import AWS_KEY, AWS_SECRET, REGION, Aws
from playbooks.sync_to import CREDENTIALS, PLAYBOOKS, TOKEN

from simulator import Simulator

from .conftest import JOURNAL_KEY
from .jobs import ROOT, Job, clean_environment, inventory, launch, run
from .platform import Platform
from .rules import answered

NEW_SECRET = "canary-new-aws-secret"
PLACE = {
    "source_environment": "dev",
    "secret_path": "/app",
    "aws_secret_name": "my-app/dev",
    "aws_region": REGION,
}
NATIVE = {**PLACE, "native": "true"}
TYPES = ROOT / "playbooks" / "awx" / "credential_types"
SYNCS = """
- name: my-app-dev
  destination: aws-secrets-manager
  environment: dev
  secret_path: /app
  destination_config: {region: us-east-1, mapping_behavior: many-to-one, secret_name: my-app/dev}
"""
FAN_OUT = {
    "environments": f"""
- name: dev
  auth: {{access_id: {AWS_KEY}, access_token: {AWS_SECRET}}}
- name: staging
  auth: {{access_id: {AWS_KEY}, access_token: {AWS_SECRET}}}
""",
    "destinations": """
- {secret_path: /app, app: "my-app/{environment}", region: us-east-1}
""",
    "accept_deletion": "true",
}


class Jobs:
    """Launches jobs against one server, and sees that nothing secret is kept and no login stays open."""

    def __init__(self, platform: Platform, sim: Simulator, aws: Aws, folder: Path) -> None:
        self.platform, self.sim, self.aws, self.folder = platform, sim, aws, folder

    def __call__(self, template: str, answers: Mapping[str, Any], *, status: str = "successful", **options: Any) -> Job:
        options |= {"env": {"AWS_ENDPOINT_URL": self.aws.url}, "canaries": self.canaries()}
        return self._ended(launch(self.platform, self.folder, template, answers, **options), status)

    def run(self, playbook: str, variables: Mapping[str, Any], status: str = "successful", **options: Any) -> Job:
        options.setdefault("credentials", [self.login()])
        options |= {"hosts": inventory(self.platform), "canaries": self.canaries()}
        job = run(self.folder, f"playbooks/{playbook}", variables=variables, **options)
        return self._ended(job, status)

    def login(self) -> tuple[dict[str, Any], dict[str, Any]]:
        credential = self.platform.named("credentials", "Infisical")
        return self.platform.by_id(credential["credential_type"]), credential["inputs"]

    def canaries(self) -> list[str]:
        values = ("api-value", "db-value", "root-value", TOKEN["destination_access_token"])
        return [AWS_SECRET, NEW_SECRET, JOURNAL_KEY, self.sim.admin.client_secret, self.sim.admin.jwt, *values]

    def _ended(self, job: Job, status: str) -> Job:
        assert job.status == status, job.output
        # The template has no question about what a sync replaces.
        told = "".join(job.output.split()).count("WARNING]:sync_options.disable_secret_deletion")
        assert job.output.count("WARNING]") == told + job.output.count("Each sync replaces the whole secret")
        tokens = {one["headers"].get("authorization", "").removeprefix("Bearer ") for one in self.sim.requests} - {""}
        assert not [token for token in tokens if token in job.output]
        self.sim.wait_idle()
        return job

    def integrations(self) -> list[dict]:
        return self.sim.integrations(self.sim.project_id)


@pytest.fixture
def jobs(platform: Platform, sim: Simulator, aws: Aws, tmp_path: Path) -> Jobs:
    inputs = {"url": sim.url, "client_id": sim.admin.client_id, "client_secret": sim.admin.client_secret}
    platform.named("credentials", "Infisical")["inputs"] = inputs
    journal = {"journal": str(tmp_path / "volume" / "journal"), "journal_key": JOURNAL_KEY}
    platform.named("credentials", "Infisical migration journal")["inputs"] = journal
    return Jobs(platform, sim, aws, tmp_path / "job")


def test_sync_audit_and_teardown(jobs: Jobs, sim: Simulator, aws: Aws) -> None:
    sync, project = "Infisical - sync a folder to AWS", {"project_id": sim.project_id}
    checked = jobs(sync, {**project, **NATIVE, "wait": "true"}, check=True)
    # What a check would create has no ID that a later node could take for one.
    made_up = {"project": sim.project_id, "changed": True, "auth": "", "integrations": []}
    assert checked.artifacts["infisical_sync"] == made_up
    assert jobs.integrations() == []
    done = jobs(sync, {**project, **NATIVE, "wait": "true"})
    assert done.changed == checked.changed == ["Store the credentials of the service", "Manage the integrations"]
    [one] = jobs.integrations()
    assert done.artifacts["infisical_sync"] == {
        "project": sim.project_id,
        "changed": True,
        "auth": one["integrationAuthId"],
        "integrations": [one["id"]],
    }
    assert set(aws.secrets()) == {"my-app/dev"}

    # A text with one id on each line, and a choice between two texts.
    both = f"{sim.project_id}\n{sim.other_project_id}\n"
    for check in (True, False):
        audit = jobs("Infisical - audit", {"project_ids": both, "audit_fail_on_error": "true"}, check=check)
        assert audit.changed == []
        result = audit.artifacts["infisical_audit"]
        assert (result["projects"], result["problems"], result["failed"]) == (both.split(), 0, [])
        assert result["counts"]["native_integration"] == 1

    # The platform's API accepts this for a required question.
    refused = jobs("Infisical - audit", {"project_ids": "", "audit_fail_on_error": "true"}, status="failed")
    assert "Specify project_id, project_slug, project_ids or project_slugs" in refused.output

    teardown = {**project, **PLACE, "keep_auth": "true"}
    assert jobs("Infisical - tear down", teardown, check=True).artifacts["infisical_teardown"]["changed"]
    assert len(jobs.integrations()) == 1
    done = jobs("Infisical - tear down", teardown)
    assert done.artifacts["infisical_teardown"]["removed"] == [one["id"]]
    assert jobs.integrations() == []
    assert len(sim.auths(sim.project_id)) == 1
    again = jobs("Infisical - tear down", {**teardown, "keep_auth": "false"})
    assert again.changed == ["Remove the auth"]


def test_a_failed_sync_is_told_to_the_next_node(jobs: Jobs, sim: Simulator) -> None:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId="AKIAWRONG", accessToken="canary-wrong")
    one = sim.add_integration(auth["id"], "dev", secretPath="/app", app="my-app", region=REGION)
    sim.set_secret(sim.project_id, "dev", "/app", "NEW", "value")
    sim.wait_idle()
    # What a multiselect gives is a list.
    question = {
        "variable": "project_ids",
        "type": "multiselect",
        "required": True,
        "choices": [sim.project_id, "other"],
    }
    variables = answered([question], {"project_ids": [sim.project_id]})
    job = jobs.run("audit.yml", {**variables, "audit_fail_on_error": "true"}, status="failed")
    assert job.artifacts["infisical_audit"]["failed"] == [one["id"]]


def test_secret_syncs(jobs: Jobs, sim: Simulator, aws: Aws) -> None:
    answers = {"project_id": sim.project_id, "connection_name": "aws-main", "syncs": SYNCS}
    checked = jobs("Infisical - secret syncs", answers, check=True)
    assert (sim.syncs(sim.project_id), sim.connections(sim.project_id)) == ([], [])
    made_up = checked.artifacts["infisical_sync"]
    assert (made_up["changed"], made_up["connection"], made_up["syncs"]) == (True, "", [])
    done = jobs("Infisical - secret syncs", answers)
    assert done.changed == checked.changed
    [sync], [connection] = sim.syncs(sim.project_id), sim.connections(sim.project_id)
    result = done.artifacts["infisical_sync"]
    assert (result["connection"], result["syncs"]) == (connection["id"], [sync["id"]])
    assert result["counts"]["created"] == 1
    assert set(aws.secrets()) == {"my-app/dev"}
    assert jobs("Infisical - secret syncs", answers).artifacts["infisical_sync"]["changed"] is False


LIVED_TO_THE_END = ("azure_key_vault", "vercel")


@pytest.mark.parametrize(
    ("name", "variables", "config"), [(name, *row) for name, row in PLAYBOOKS.items()], ids=PLAYBOOKS
)
def test_ready_playbooks(
    jobs: Jobs, sim: Simulator, name: str, variables: Mapping[str, Any], config: Mapping[str, Any]
) -> None:
    """With a survey of one's own, and the platform's credential where the playbook takes one token."""
    token = {key: value for key, value in variables.items() if key in TOKEN}
    asked = {key: value for key, value in variables.items() if key not in TOKEN}
    # What nobody answers is an empty text.
    answers = {key: "" if value is None else value for key, value in asked.items()}
    answers |= {"project_id": sim.project_id, "source_environment": "dev", "secret_path": "/app", "wait": "true"}
    answers |= {"sync_name": "", "connection_id": "", "sync_options": "", "state": "present"}

    def run(*switches: str, **more: str) -> Job:
        given = {**answers, **more}
        credentials = [jobs.login()]
        if more:
            # What is removed needs no credentials.
            given = {key: value for key, value in given.items() if key not in CREDENTIALS}
        elif token:
            its_type = yaml.safe_load((TYPES / "destination_token.yml").read_text())
            credentials.append((its_type, {"access_token": token["destination_access_token"]}))
        kinds = {str: "text", int: "integer"}
        questions = [{"variable": key, "type": kinds[type(value)], "required": False} for key, value in given.items()]
        return jobs.run(f"sync_to_{name}.yml", answered(questions, given), switches=switches, credentials=credentials)

    check = run("--check")
    assert (sim.syncs(sim.project_id), sim.connections(sim.project_id)) == ([], [])
    made_up = check.artifacts["infisical_sync"]
    assert (made_up["changed"], made_up["connection"], made_up["syncs"]) == (True, "", [])
    done = run()
    assert done.changed == check.changed == ["Connect to the service", "Manage the syncs"]
    [sync], [connection] = sim.syncs(sim.project_id), sim.connections(sim.project_id)
    assert sync["destinationConfig"].items() >= config.items()
    result = done.artifacts["infisical_sync"]
    assert (result["connection"], result["syncs"]) == (connection["id"], [sync["id"]])
    if name not in LIVED_TO_THE_END:
        return
    assert run().artifacts["infisical_sync"]["changed"] is False
    check = run("--check", state="absent")
    assert (sim.syncs(sim.project_id), sim.connections(sim.project_id)) == ([sync], [connection])
    gone = run(state="absent")
    assert gone.changed == check.changed == ["Manage the syncs", "Remove the connection"]
    assert (sim.syncs(sim.project_id), sim.connections(sim.project_id)) == ([], [])


def test_rotation(jobs: Jobs, sim: Simulator) -> None:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId="AKIAOLD", accessToken="canary-old")
    sim.add_integration(auth["id"], "dev", secretPath="/app", app="my-app", region=REGION)
    sim._destinations.aws_credentials = {"AKIANEW": NEW_SECRET}
    # A password, a number with a fraction, and questions that were left open.
    answers = {"project_ids": sim.project_id, "access_id": "AKIANEW", "access_token": NEW_SECRET, "wait_timeout": 30.5}
    answers |= {"auth_namespace": "", "fallback_namespace": ""}
    jobs("Infisical - rotate credentials", answers, check=True)
    assert sim.stored_credentials(auth["id"])["accessToken"] == "canary-old"
    done = jobs("Infisical - rotate credentials", answers)
    assert sim.stored_credentials(auth["id"])["accessToken"] == NEW_SECRET
    expected = {"changed": True, "projects": {sim.project_id: "in_place"}, "integrations": 1}
    assert done.artifacts["infisical_rotation"] == expected


def test_rotation_for_app_connections(jobs: Jobs, sim: Simulator) -> None:
    sim._destinations.aws_credentials = {AWS_KEY: AWS_SECRET, "AKIANEW": NEW_SECRET}
    config = {"region": REGION, "mappingBehavior": "many-to-one"}
    projects = [sim.project_id, sim.other_project_id]
    connections = []
    for number, project in enumerate(projects):
        keys = {"accessKeyId": AWS_KEY, "secretAccessKey": AWS_SECRET}
        connections.append(sim.add_connection("aws", "access-key", "aws-main", project, **keys)["id"])
        for app in ("my-app", "other-app"):
            place = {"projectId": project, "destinationConfig": {**config, "secretName": f"{app}/{number}"}}
            fields = {"secretPath": "/app", "isAutoSyncEnabled": True, **place}
            sim.add_sync("aws-secrets-manager", connections[-1], "dev", **fields)

    def stored() -> list[str]:
        return [sim.stored_connection_credentials(one)["accessKeyId"] for one in connections]

    def rotate(secret: str = NEW_SECRET, **options: Any) -> Job:
        # A password is one line.
        credentials = f"{{access_key_id: AKIANEW, secret_access_key: {secret}}}"
        answers = {"app": "aws", "connection_name": "aws-main", "connection_level": "project"}
        answers |= {"project_ids": "\n".join(projects), "credentials": credentials, "old_credentials": ""}
        return jobs("Infisical - rotate an app connection", answers, **options)

    result = dict.fromkeys(projects, "connection")
    check = rotate(check=True)
    assert check.artifacts["infisical_rotation"]["projects"] == result
    assert stored() == [AWS_KEY, AWS_KEY]
    refused = rotate(secret="mistyped", status="failed")
    assert refused.output.count("left as it was") >= len(projects)
    assert stored() == [AWS_KEY, AWS_KEY]
    done = rotate()
    expected = {"changed": True, "projects": result, "integrations": 0, "syncs": 4}
    assert done.artifacts["infisical_rotation"] == expected
    assert done.changed == check.changed
    assert stored() == ["AKIANEW", "AKIANEW"]


def test_migration(jobs: Jobs, sim: Simulator, aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    native = sim.add_integration(auth["id"], "dev", secretPath="/app", app="my-app/dev", region=REGION)
    # One that deletes what Infisical doesn't have.
    auth = sim.add_auth(sim.project_id, "aws-parameter-store", accessId=AWS_KEY, accessToken=AWS_SECRET)
    deletes = sim.add_integration(auth["id"], "dev", secretPath="/app", path="/my-app/", region=REGION)
    sim.set_secret(sim.project_id, "dev", "/app", "API_KEY", "api-value")
    sim.wait_idle()
    before = aws.secrets()
    ids = sorted([native["id"], deletes["id"]])
    services = ["aws-secret-manager", "aws-parameter-store"]
    answers = {"project_ids": sim.project_id, "connection_name": "aws-main", "aws_services": services}
    artifacts: dict[str, Any] = {}

    def node(name: str, more: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Run a node of the workflow, after those before it."""
        job = jobs(f"Infisical - {name}", {**answers, **(more or {})}, artifacts=artifacts, **options)
        artifacts.update(job.artifacts)
        return job.artifacts["infisical_migration"]

    def states() -> list[tuple[str, bool]]:
        return sorted((one["id"], one["isActive"]) for one in jobs.integrations())

    def syncs() -> list[bool]:
        return [one["isAutoSyncEnabled"] for one in sim.syncs(sim.project_id)]

    on, off = ([(native_id, active) for native_id in ids] for active in (True, False))

    # It has the app connection, as the later nodes do.
    assert node("plan a migration")["counts"]["planned"] == 2
    assert (states(), sim.syncs(sim.project_id)) == (on, [])
    jobs("Infisical - migrate, create and verify", answers, artifacts=artifacts, check=True)
    assert (states(), sim.syncs(sim.project_id)) == (on, [])
    assert node("migrate, create and verify")["phase"] == "verify"
    assert states() == on
    result = node("migrate, cut over")
    assert (result["phase"], result["changed"], result["counts"]["cut_over"]) == ("cut_over", True, 2)
    assert result["journal"] == str(tmp_path / "volume" / "journal")
    assert states() == off
    confirmed = {"confirm_deletions": "true"}
    jobs("Infisical - migrate, roll back", {**answers, **confirmed}, artifacts=artifacts, check=True)
    assert (states(), syncs()) == (off, [True, True])
    result = node("migrate, roll back", confirmed)
    assert (result["phase"], result["counts"]["rolled_back"]) == ("rollback", 2)
    assert (states(), syncs()) == (on, [False, False])
    assert node("migrate, create and verify")["counts"]["verified"] == 2
    assert node("migrate, cut over")["counts"]["cut_over"] == 2
    assert (node("migrate, retire", {"min_age": 168})["changed"], states()) == (False, off)
    assert (node("migrate, retire", {"min_age": 0})["changed"], states()) == (True, [])
    assert (syncs(), aws.secrets()) == ([True, True], before)

    parameters = aws.client("ssm")
    parameters.put_parameter(Name="/my-app/THEIRS", Value="theirs", Type="String")
    refused = jobs(
        "Infisical - migrate, restore deletion",
        {**answers, "confirm_deletions": "false"},
        artifacts=artifacts,
        status="failed",
    )
    assert "THEIRS" in refused.output
    assert node("migrate, restore deletion", confirmed)["changed"] is True
    sim.wait_idle()
    left = parameters.get_parameters_by_path(Path="/my-app/")["Parameters"]
    assert "/my-app/THEIRS" not in {one["Name"] for one in left}
    assert len(left) == 2


def test_fan_out(jobs: Jobs, sim: Simulator, aws: Aws) -> None:
    # Two questions were left open.
    variables = {"project_id": sim.project_id, **FAN_OUT, "wait": "false", "state": "", "service": ""}
    sim.set_secret(sim.project_id, "staging", "/app", "API_KEY", "api-value")

    def fan_out(expected: Mapping[str, int], *switches: str, counted: int = 1, **more: str) -> Job:
        done = jobs.run("fan_out_environments.yml", {**variables, **more}, switches=switches)
        assert done.artifacts["infisical_fan_out"]["integrations"] == {"dev": counted, "staging": counted}
        assert done.artifacts["infisical_fan_out"]["changed"] is bool(done.changed)
        assert {one["environment"]["slug"]: 1 for one in jobs.integrations()} == expected
        return done

    both = {"dev": 1, "staging": 1}
    check = fan_out({}, "--check")
    assert check.artifacts["infisical_fan_out"]["auths"] == {"dev": "", "staging": ""}
    apply = fan_out(both)
    assert apply.changed == check.changed == ["Store the credentials of the service", "Manage the integrations"] * 2
    auths = {one["environment"]["slug"]: one["integrationAuthId"] for one in jobs.integrations()}
    assert apply.artifacts["infisical_fan_out"]["auths"] == auths
    assert set(aws.secrets()) == {"my-app/dev", "my-app/staging"}
    assert fan_out(both).changed == []

    check = fan_out(both, "--check", state="absent")
    gone = fan_out({}, state="absent")
    assert gone.changed == check.changed == ["Manage the integrations", "Remove the auth"] * 2
    assert sim.auths(sim.project_id) == []
    assert fan_out({}, counted=0, state="absent").changed == []


def test_export_and_application(jobs: Jobs, sim: Simulator, tmp_path: Path) -> None:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    sim.add_integration(auth["id"], "dev", secretPath="/app", app="my-app/dev", region=REGION)
    sim.set_secret(sim.project_id, "dev", "/app", "API_KEY", "api-value")
    sim.wait_idle()
    file = tmp_path / "export.yml"
    for switches, there in ((["--check"], False), ([], True)):
        done = jobs.run("export.yml", {"project_id": sim.project_id, "export_file": str(file)}, switches=switches)
        assert file.exists() is there
        assert done.artifacts["infisical_export"]["integrations"] == 1
    for switches in (["--check"], []):
        done = jobs.run("apply_export.yml", {}, switches=[*switches, "-e", f"@{file}"])
        assert done.artifacts["infisical_apply"]["changed"] is False
        assert done.artifacts["infisical_apply"]["integrations"]["unchanged"] == 1


def test_a_vault_password_is_asked_for(jobs: Jobs, sim: Simulator, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.yml"
    secrets.write_text(yaml.safe_dump({"aws_access_key_id": AWS_KEY, "aws_secret_access_key": AWS_SECRET}))
    word = tmp_path / "word"
    word.write_text("canary-vault-password")
    command = ["ansible-vault", "encrypt", "--vault-password-file", str(word), str(secrets)]
    subprocess.run(command, env=clean_environment(), check=True, capture_output=True)
    job = jobs.run(
        "sync_to_aws_secrets_manager.yml",
        {"project_id": sim.project_id, **NATIVE, "wait": "true"},
        switches=["--ask-vault-pass", "-e", f"@{secrets}"],
        passwords={r"^Vault password:\s*?$": "canary-vault-password"},
    )
    assert job.artifacts["infisical_sync"]["changed"]
    assert "canary-vault-password" not in job.output


@pytest.mark.parametrize("kind", ["token", "workload_identity", "workload_identity in a file"])
def test_other_logins(jobs: Jobs, sim: Simulator, tmp_path: Path, kind: str) -> None:
    inputs = {"url": sim.url}
    if kind == "token":
        inputs["token"] = sim.user_jwt
    else:
        inputs |= {"identity_id": sim.admin.identity_id, "auth_method": "oidc_auth"}
        (tmp_path / "jwt").write_text(sim.admin.jwt)
        inputs |= {"jwt_path": str(tmp_path / "jwt")} if kind.endswith("file") else {"jwt": sim.admin.jwt}
    its_type = yaml.safe_load((TYPES / f"{kind.split(maxsplit=1)[0]}.yml").read_text())
    job = jobs.run("audit.yml", {"project_id": sim.project_id}, credentials=[(its_type, inputs)])
    assert job.artifacts["infisical_audit"]["counts"]["objects"] == 0
    assert sim.user_jwt not in json.dumps(job.artifacts)


def test_login_by_a_client_certificate(jobs: Jobs, tmp_path: Path) -> None:
    issuer = trustme.CA()
    server, client = issuer.issue_cert("127.0.0.1"), issuer.issue_cert("deploy@example.com")
    files = {name: str(tmp_path / name) for name in ("ca.pem", "server.pem", "server.key")}
    issuer.cert_pem.write_to_path(files["ca.pem"])
    server.cert_chain_pems[0].write_to_path(files["server.pem"])
    server.private_key_pem.write_to_path(files["server.key"])
    certificate, key = (pem.bytes().decode() for pem in (client.cert_chain_pems[0], client.private_key_pem))
    with Simulator(tls=(files["server.pem"], files["server.key"]), client_ca=files["ca.pem"]) as sim:
        sim.admin.certificate = certificate
        inputs = {
            "url": sim.url,
            "identity_id": sim.admin.identity_id,
            "auth_method": "tls_cert_auth",
            "ca_bundle": issuer.cert_pem.bytes().decode(),
            "client_certificate": certificate,
            "client_key": key,
        }
        its_type = yaml.safe_load((TYPES / "workload_identity.yml").read_text())
        job = jobs.run("audit.yml", {"project_id": sim.project_id}, credentials=[(its_type, inputs)])
    assert job.artifacts["infisical_audit"]["counts"]["objects"] == 0
    assert not any(line in job.output for line in key.splitlines()[1:-1])


def test_what_the_server_logs_in_with_comes_from_a_credential(platform: Platform) -> None:
    """No survey asks for it, but for those that bring new credentials."""
    asked = {
        one["name"]: [
            question["variable"] for question in platform.surveys[one["id"]]["spec"] if question["type"] == "password"
        ]
        for one in platform.objects["job_templates"]
        if one["id"] in platform.surveys
    }
    assert {name: variables for name, variables in asked.items() if variables} == {
        "Infisical - rotate credentials": ["access_token"],
        "Infisical - rotate an app connection": ["credentials", "old_credentials"],
    }
