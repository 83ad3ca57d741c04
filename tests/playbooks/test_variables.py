# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the first task of a playbook reads what was given: what only a run of Ansible shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from simulator import Simulator

from .harness import PLAYBOOKS, UNANSWERED, Player

pytestmark = pytest.mark.parametrize("generation", ["2026"], indirect=True)

SYNC = "community.infisical.sync_secrets"
CONNECTION = """
app: github
name: hub
method: pat
credentials: {personal_access_token: canary-of-a-survey}
"""
SYNCS = """
- name: app
  destination: github
  environment: dev
  destination_config: {scope: repository, owner: o, repo: r}
"""
# Calls a role and keeps what it said, so that one run tries many answers.
CALL = """
    - block:
        - name: Call the role
          ansible.builtin.include_role:
            name: community.infisical.{role}
          vars: {given}
        - ansible.builtin.set_fact:
            said: "{{{{ said | default([]) + ['done'] }}}}"
      rescue:
        - ansible.builtin.set_fact:
            said: "{{{{ said | default([]) + [ansible_failed_result.msg | default('no message')] }}}}"
"""
ROTATE = {"rotate_credentials_project_ids": ["none-such"], "rotate_credentials_access_token": "canary-of-a-survey"}
APP = {**ROTATE, "rotate_credentials_app": "aws"}
NATIVE = {
    "native_integration_project_id": "{{ project_id }}",
    "native_integration_service": "aws-secret-manager",
    "native_integration_state": "absent",
}
MIGRATE = {"migrate_native_integrations_project_ids": "{{ project_id }}", "migrate_native_integrations_journal": "j"}
SYNC_ROLE = {"secret_sync_project_id": "{{ project_id }}"}
FAN_OUT = {"environment_fan_out_environments": [{"name": "dev"}], "environment_fan_out_destinations": []}
# A role, its variables, and a part of what it says.
ANSWERS: list[tuple[str, dict, str]] = [
    ("rotate_credentials", {**ROTATE, "rotate_credentials_access_token": UNANSWERED}, "Specify the new credentials: r"),
    ("rotate_credentials", {**ROTATE, "rotate_credentials_access_token": " "}, "Specify the new credentials: rotate_"),
    (
        "rotate_credentials",
        {**ROTATE, "rotate_credentials_project_ids": " "},
        "Specify rotate_credentials_project_ids or rotate_credentials_project_slugs.",
    ),
    (
        "rotate_credentials",
        {
            **ROTATE,
            "rotate_credentials_app": UNANSWERED,
            "rotate_credentials_project_slugs": "",
            "rotate_credentials_new_namespace": UNANSWERED,
            "rotate_credentials_fallback_namespace": UNANSWERED,
            "rotate_credentials_auth_namespace": UNANSWERED,
            "rotate_credentials_auth_target_url": UNANSWERED,
            "rotate_credentials_refresh_token": "",
        },
        "none-such",
    ),
    (
        "rotate_credentials",
        {**APP, "rotate_credentials_connection_name": UNANSWERED, "rotate_credentials_credentials": {"a": "b"}},
        "Specify rotate_credentials_connection_name and rotate_credentials_credentials.",
    ),
    (
        "rotate_credentials",
        {**ROTATE, "rotate_credentials_new_namespace": "n", "rotate_credentials_auth_namespace": "n"},
        "rotate_credentials_new_namespace and rotate_credentials_fallback_namespace must differ from",
    ),
    ("rotate_credentials", {**ROTATE, "rotate_credentials_project_ids": "none-such\nother"}, "none-such"),
    (
        "rotate_credentials",
        {**ROTATE, "rotate_credentials_service": ["canary-of-a-survey"]},
        "rotate_credentials_service must be text, not a list.",
    ),
    ("secret_sync", {**SYNC_ROLE, "secret_sync_syncs": ""}, "secret_sync_syncs"),
    ("secret_sync", {**SYNC_ROLE, "secret_sync_project_slug": " "}, "done"),
    ("secret_sync", {"secret_sync_project_id": " "}, "Specify either secret_sync_project_id or secret_sync_project_s"),
    ("secret_sync", {"secret_sync_project_id": ["a"]}, "secret_sync_project_id must be text, not a list."),
    ("native_integration", {**NATIVE, "native_integration_project_slug": " "}, "done"),
    ("native_integration", {**NATIVE, "native_integration_service": " "}, "Specify native_integration_service."),
    (
        "native_integration",
        {**NATIVE, "native_integration_service": {"a": 1}},
        "native_integration_service must be text",
    ),
    (
        "environment_fan_out",
        {**FAN_OUT, "environment_fan_out_project_id": UNANSWERED, "environment_fan_out_project_slug": " "},
        "Specify either environment_fan_out_project_id or environment_fan_out_project_slug.",
    ),
    ("migrate_native_integrations", {**MIGRATE, "migrate_native_integrations_phases": "plan"}, "done"),
    ("migrate_native_integrations", {**MIGRATE, "migrate_native_integrations_phases": []}, "done"),
    (
        "migrate_native_integrations",
        {**MIGRATE, "migrate_native_integrations_phases": "plan,connect,rollback"},
        "The phase rollback reverts what other phases do.",
    ),
    (
        "migrate_native_integrations",
        {**MIGRATE, "migrate_native_integrations_only": [{"canary-of-a-survey": 1}]},
        "migrate_native_integrations_only must be a list",
    ),
]
# Shows what the task reads, since the task itself shows nothing.
READ = """
- hosts: localhost
  gather_facts: false
  vars:
    of_the_playbook: "{{ 1 + 1 }}"
    _infisical_encrypted: "{{ lookup('ansible.builtin.env', 'HIDDEN') }}"
    of_a_survey: !unsafe "- k: '{{ _infisical_encrypted }}'"
  tasks:
    - name: Read
      community.infisical.playbook_variables:
        variables:
          text: {description: A text., default: fallback}
          of_the_playbook: {description: A template., type: int}
          left_out: {description: A template that is omitted., default: fallback}
          mapping: {description: A mapping., type: dict}
          key: {description: A secret., type: secret, required: true}
          of_a_survey: {description: YAML text., type: dicts}
          items_of_it: {description: A list., type: list}
      register: _infisical
      tags: always
    - name: Show
      ansible.builtin.debug:
        msg: "{{ dict(_infisical.given.items() | rejectattr('0', 'equalto', 'key')) }}"
"""


def test_survey_answers_as_text_and_nothing_shown(play: Player) -> None:
    play.canaries.add("canary-of-a-survey")
    login = {"url": play.sim.url, "universal_auth_client_id": play.sim.admin.client_id}
    login["universal_auth_client_secret"] = play.sim.admin.client_secret
    variables = {"app_connection": CONNECTION, "syncs": SYNCS, "wait": "", "state": " "}
    _, apply, _ = play.thrice(
        SYNC, "-vvv", variables={**variables, "infisical_connection": json.dumps(login)}, login=False
    )
    assert apply.changed == ["Connect to the service", "Manage the syncs"]
    # A blank answer to a question for true or false is no answer.
    assert apply.of("Manage the syncs")["results"][0]["secret_sync"]["sync_status"] == "succeeded"


def test_faults_name_the_variable_and_show_no_value(play: Player) -> None:
    play.canaries.add("canary-of-a-survey")
    broken = SYNCS + " canary-of-a-survey: ["
    run = play(SYNC, "-vvv", variables={"syncs": broken, "app_connection": [CONNECTION], "wait": "perhaps"}, rc=2)
    assert run.failure == (
        "Read the variables: syncs is not valid YAML (line 6, column 2). app_connection must be a mapping, or a mapping"
        " as YAML text, not a list. wait must be true or false."
    )
    run = play(SYNC, variables={"project_id": "", "syncs": []}, rc=2)
    assert run.failure == "Read the variables: Specify project_id or project_slug; and syncs."


# What each role needs.
NEEDED: dict[str, dict] = {
    "environment_fan_out": {"environment_fan_out_project_id": "{{ project_id }}", **FAN_OUT},
    "migrate_native_integrations": MIGRATE,
    "native_integration": NATIVE,
    "rotate_credentials": ROTATE,
    "secret_sync": SYNC_ROLE,
}


@pytest.mark.parametrize("blank", [" ", UNANSWERED], ids=["blank", "null"])
def test_blank_answers_to_roles_are_none(play: Player, blank: str | None) -> None:
    """All that Ansible lets through at once: it refuses both for structures, numbers, true and false, and choices."""
    calls = []
    for role, given in NEEDED.items():
        path = PLAYBOOKS.parent / "roles" / role / "meta" / "argument_specs.yml"
        options = yaml.safe_load(path.read_text("utf-8"))["argument_specs"]["main"]["options"]
        kinds = {name: (one.get("type", "str"), one.get("elements")) for name, one in options.items()}
        open_ones = [name for name, one in options.items() if name not in given and "choices" not in one]
        texts = [one for one in open_ones if kinds[one] in (("str", None), ("raw", None))]
        lists = [one for one in open_ones if kinds[one] == ("list", "str")]
        answers = {**dict.fromkeys(texts, blank), **dict.fromkeys(lists, " ")}
        assert answers
        calls += [CALL.format(role=role, given=json.dumps(row)) for row in (given, {**given, **answers})]
    run = play("\n- hosts: localhost\n  gather_facts: false\n  tasks:" + "".join(calls), "--check", warnings=None)
    # Without the request's ID.
    said = [text.partition(" [")[0] for text in run.fact("said")]
    assert said[::2] == said[1::2]
    assert said[::2] == ["done", "done", "done", said[6], "done"]
    assert "none-such" in said[6]


def test_answers_to_roles(play: Player) -> None:
    """What Ansible's own check lets through; unit tests (test_role_variables.py) give each variable every value."""
    play.canaries.add("canary-of-a-survey")
    calls = [CALL.format(role=role, given=json.dumps(given)) for role, given, _wanted in ANSWERS]
    run = play("\n- hosts: localhost\n  gather_facts: false\n  tasks:" + "".join(calls), "--check", warnings=None)
    for (role, given, wanted), said in zip(ANSWERS, run.fact("said"), strict=True):
        assert wanted in said, (role, given, said)
        assert not any(word in said for word in ("NoneType", "Undefined", "'None'", "concatenate", "has no len")), said


def test_text_for_true_and_false_at_a_role(play: Player, sim: Simulator) -> None:
    """By itself, a text such as `false` is true."""
    sim.add_auth(sim.project_id, "aws-secret-manager", accessId="a", accessToken="b")
    for keep in ("true", "false"):
        given = {**NATIVE, "native_integration_keep_auth": keep}
        playbook = "\n- hosts: localhost\n  gather_facts: false\n  tasks:" + CALL.format(
            role="native_integration", given=json.dumps(given)
        )
        play(playbook)
        assert (play.objects()[0] == []) is (keep == "false")


def test_misspelled_variables_and_idle_tags_are_warned_of(play: Player) -> None:
    warnings = ["no variable projectid, which is ignored. Did you mean project_id?"]
    run = play(SYNC, variables={"projectid": "", "syncs": "", "region": "", "all": True}, rc=2, warnings=warnings)
    assert run.failure.endswith("Specify syncs.")
    run = play(SYNC, "--tags", "plan,create", warnings=["runs nothing with the tags create, plan"])
    assert run.changes == [("Read the variables", False)]


def test_teardown_with_a_misspelled_scope_removes_nothing(play: Player) -> None:
    """Without the environment, it would remove the service's integrations of all environments."""
    variables = {"project_id": play.sim.project_id, "services": "github", "enviroments": "dev"}
    run = play("community.infisical.teardown", variables=variables, rc=2)
    assert run.failure == ("Read the variables: The playbook has no variable enviroments. Did you mean environments?")


def test_what_is_given_is_evaluated_once_at_most(play: Player) -> None:
    play.canaries |= {"canary-hidden", "canary-key"}
    variables = {
        "key": "canary-key",
        "mapping": {"a": "{{ none_such | default(omit) }}", "b": "{{ '{{' }} _infisical_encrypted }}"},
        "left_out": "{{ omit }}",
        "items_of_it": "{% raw %}{{_infisical_encrypted}}{% endraw %}",
        "text": "{{ '{' + '{ _infisical_encrypted }' + '}' }}",
    }
    shown = play(READ, "-vvv", variables=variables, env={"HIDDEN": "canary-hidden"}).of("Show")["msg"]
    assert shown["mapping"] == {"b": "{{ _infisical_encrypted }}"}
    assert shown["text"] == "{{ _infisical_encrypted }}"
    assert (shown["left_out"], shown["of_the_playbook"]) == ("fallback", 2)
    assert shown["items_of_it"] == ["{{_infisical_encrypted}}"]
    assert shown["of_a_survey"] == [{"k": "{{ _infisical_encrypted }}"}]

    run = play(READ, variables={"key": "{{ none_such }}"}, rc=2)
    assert run.failure.startswith("Read: key can't be evaluated: 'none_such' is undefined")


def test_the_word_of_another_playbook_is_refused(play: Player, tmp_path: Path) -> None:
    """Each would have ended well, and done something else than was meant."""
    file = {"infisical_project_id": play.sim.project_id, "infisical_integrations": []}
    path = tmp_path / "project.yml"
    path.write_text(json.dumps(file))
    apply = "community.infisical.apply_export"
    run = play(apply, "--extra-vars", f"@{path}", variables={"project_id": "another"}, rc=2)
    assert run.failure == (
        "Read the variables: The playbook has no variable project_id. Specify infisical_project_id instead."
    )
    # The same project by both names is clear, and a blank answer is none.
    for project in (play.sim.project_id, " "):
        assert play(apply, "--extra-vars", f"@{path}", variables={"project_id": project}).changed == []
    variables = {"aws_secret_name": "a", "environment": "prod", "region": "eu-west-1"}
    # Ansible itself warns of the name, which is one of its keywords.
    warnings = ["reserved name"]
    run = play("community.infisical.sync_to_aws_secrets_manager", variables=variables, rc=2, warnings=warnings)
    assert run.failure == (
        "Read the variables: The playbook has no variable environment. Specify source_environment instead."
        " The playbook has no variable region. Specify aws_region instead."
    )
    variables = {"project_id": "another", "project_ids": [play.sim.project_id]}
    run = play("community.infisical.audit", variables=variables, rc=2)
    assert run.failure == "Read the variables: Specify project_id or project_ids, not both."
