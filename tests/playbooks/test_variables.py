# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the first task of a playbook reads what was given: what only a run of Ansible shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .harness import UNANSWERED, Player

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
ROLE = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Call the role
      ansible.builtin.include_role:
        name: community.infisical.{role}
      vars: {given}
"""
ROTATE = {"rotate_credentials_project_ids": ["none-such"], "rotate_credentials_access_token": "canary-of-a-survey"}
NO_CREDENTIALS = "Specify project_id or project_slug, or lists of them, and the new credentials"
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


@pytest.mark.parametrize(
    ("role", "given", "said"),
    [
        ("rotate_credentials", {**ROTATE, "rotate_credentials_access_token": None}, NO_CREDENTIALS),
        ("rotate_credentials", {**ROTATE, "rotate_credentials_project_ids": " "}, NO_CREDENTIALS),
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
            {**ROTATE, "rotate_credentials_app": "aws", "rotate_credentials_connection_name": UNANSWERED},
            "Specify connection_name and credentials",
        ),
        ("secret_sync", {"secret_sync_project_id": "p", "secret_sync_syncs": ""}, "secret_sync_syncs"),
    ],
    ids=["null token", "blank projects", "no answers", "null name", "blank list"],
)
def test_blank_answers_to_a_role_are_none(play: Player, role: str, given: dict, said: str) -> None:
    play.canaries.add("canary-of-a-survey")
    failure = play(ROLE.format(role=role, given=json.dumps(given)), rc=2, warnings=None).failure
    assert said in failure
    assert not any(word in failure for word in ("NoneType", "concatenate", "has no len"))


def test_misspelled_variables_and_idle_tags_are_warned_of(play: Player) -> None:
    warnings = ["no variable projectid, which is ignored. Did you mean project_id?"]
    run = play(SYNC, variables={"projectid": "", "syncs": "", "region": "", "all": True}, rc=2, warnings=warnings)
    assert run.failure.endswith("Specify syncs.")
    run = play(SYNC, "--tags", "plan,create", warnings=["runs nothing with the tags create, plan"])
    assert run.changes == [("Read the variables", False)]


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
    variables = {"aws_secret_name": "a", "environment": "prod", "aws_region": "us-east-1", "region": "eu-west-1"}
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
