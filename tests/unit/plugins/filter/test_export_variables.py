# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An export is data: whatever a server answers, Ansible reads it as that text, and evaluates only our own variables."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.community.infisical.plugins.filter.export_variables import export_variables, loadable, written
from ansible_collections.community.infisical.plugins.modules import infisical_app_connection_info as connection_info
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as auth_info
from ansible_collections.community.infisical.plugins.modules import infisical_integration_info as integration_info
from ansible_collections.community.infisical.plugins.modules import infisical_secret_sync_info as sync_info
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTHS,
    CONNECTION_ID,
    INTEGRATIONS,
    OTHER_CONNECTION_ID,
    PROJECT,
    Server,
    api_auth,
    api_connection,
    api_integration,
    api_sync,
)
from hypothesis import example, given
from hypothesis import strategies as st

OMITTED = "omitted"
COMMAND = "lookup('pipe', 'touch {canary}')"
# What a server may put wherever it likes. Each would run the command if it were taken for a template.
ATTACKS = {
    "expression": "{{{{ " + COMMAND + " }}}}",
    "statement": "{{% if " + COMMAND + " %}}x{{% endif %}}",
    "comment": "{{# no {{{{ #}} " + COMMAND,
    "delimiters of its own": "#jinja2:variable_start_string:'[%', variable_end_string:'%]'\n[% " + COMMAND + " %]",
    "bare": COMMAND,
    "end of a line": 'x"\ninfisical_project_id: "{{{{ ' + COMMAND + ' }}}}"\n- "',
    "end of a document": "x\n...\n---\nx: '{{{{ " + COMMAND + " }}}}'",
    "tags": "!vault |\n  x {{{{ " + COMMAND + " }}}}",
    "emoji, line separators and escapes": "\U0001f600 \x85\u2028\u2029\ufeff\x1b[2J\x7f\x00 {{{{ " + COMMAND + " }}}}",
    "half a character": "\ud83d {{{{ " + COMMAND + " }}}}",
}


def read_by_ansible(text: str) -> Any:
    """Return what Ansible makes of a file of variables (-e @file), evaluated, with what is omitted as OMITTED."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "exported.yml"
        file.write_text(text, encoding="utf-8")
        loader = DataLoader()
        try:
            data = loader.load_from_file(str(file), trusted_as_template=True)
        except TypeError:  # ansible-core before 2.19 trusts every file
            data = loader.load_from_file(str(file))
        return plain(Templar(loader=loader, variables={"omit": OMITTED}).template(data))


def plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


@pytest.fixture(params=ATTACKS.values(), ids=ATTACKS)
def attack(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A hostile text; its command must not have run when the test ends."""
    canary = tmp_path / "canary"
    yield request.param.format(canary=canary)
    assert not canary.exists(), "a command was run"


def test_the_check_sees_a_command(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    read_by_ansible(f'x: "{ATTACKS["expression"].format(canary=canary)}"')
    assert canary.exists()


def test_syncs(server: Server, attack: str) -> None:
    config = {
        "credentialsVariable": attack,
        "credentialVariables": {attack: attack},
        "credentials_variable": attack,
        attack: [attack, {attack: {"credentialsVariable": attack}}],
    }
    texts = {"name": attack, "description": attack, "connection": {"id": CONNECTION_ID, "name": attack}}
    source = {"environment": {"slug": attack}, "folder": {"path": f"/{attack}"}}
    rows = [api_sync(**texts, **source, destinationConfig=config, syncOptions=config)]
    server.expects("GET", "/api/v1/secret-syncs", {"secretSyncs": rows}, query={"projectId": PROJECT})
    export = server.run(sync_info, project_id=PROJECT, export=True)["export"]
    data = read_by_ansible(export_variables(attack, syncs=export))
    assert data["infisical_project_id"] == loadable(attack)
    (item,) = data["infisical_secret_syncs"]
    assert item == loadable(export[0])
    assert loadable(attack) in item["destination_config"].values()


def test_connections(server: Server, attack: str) -> None:
    texts = {"name": attack, "description": attack, "method": attack, "gatewayId": attack}
    rows = [api_connection(**texts)]
    server.expects("GET", "/api/v1/app-connections", {"appConnections": rows})
    export = server.run(connection_info, export=True)["export"]
    (item,) = read_by_ansible(export_variables(PROJECT, connections=export))["infisical_app_connections"]
    assert item == {
        "app": "aws",
        "name": loadable(attack),
        "description": loadable(attack),
        "method": loadable(attack),
        "gateway_id": loadable(attack),
        "credentials": OMITTED,
    }


def test_native_ones(server: Server, attack: str) -> None:
    names = {"integration": attack, "url": attack, "namespace": attack}
    server.expects("GET", AUTHS, {"authorizations": [api_auth(**names)]})
    auths = server.run(auth_info, project_id=PROJECT, export=True)["export"]
    fields = ("app", "appId", "path", "owner", "region", "scope", "url", "targetService", "targetEnvironment")
    metadata = {"secretSuffix": attack, "secretAWSTag": [{"key": attack, "value": attack}], attack: attack}
    place = {"integration": attack, "secretPath": f"/{attack}"}
    row = api_integration(metadata=metadata, **place, **dict.fromkeys(fields, attack))
    server.expects("GET", INTEGRATIONS, {"integrations": [row]})
    server.expects("GET", AUTHS, {"authorizations": [api_auth(**names)]})
    integrations = server.run(integration_info, project_id=PROJECT, export=True)["export"]
    data = read_by_ansible(export_variables(PROJECT, auths, integrations))
    (auth,) = data["infisical_integration_auths"]
    assert auth["namespace"] == auth["integration"] == loadable(attack)
    assert auth["access_token"] == OMITTED
    assert data["infisical_integrations"] == loadable(integrations)
    (role,) = data["infisical_native_integrations"]
    assert role["native_integration_auth"] == {key: value for key, value in auth.items() if key != "integration"}


NO_VARIABLES: dict[str, tuple[dict, str]] = {
    "a template": ({"access_token": "x }}{{ y"}, "'x }}{{ y' is not the name of a variable"),
    "a line": ({"access_token": "x\n"}, "is not the name of a variable"),
    "a digit": ({"access_token": "1x"}, "'1x' is not the name of a variable"),
    "no text": ({"access_token": None}, "None is not the name of a variable"),
    "another option": ({"integration": "x"}, "'integration' is not a credential"),
    "no mapping": ("x", "credential_variables must be a mapping"),
}


@pytest.mark.parametrize(("variables", "message"), NO_VARIABLES.values(), ids=NO_VARIABLES)
def test_only_variables_are_made_templates(variables: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=re.escape(message)):
        export_variables(PROJECT, auths=[{"integration": "flyio", "credential_variables": variables}])


def test_a_connection_names_a_variable() -> None:
    with pytest.raises(AnsibleFilterError, match="'x y' is not the name of a variable"):
        export_variables(PROJECT, connections=[{"app": "aws", "credentials_variable": "x y"}])


def test_names_of_variables_are_names(server: Server) -> None:
    """A variable's name starts with a letter, and one name stands for the credentials of one object."""
    rows = [
        api_connection(app="1password", name="main"),
        api_connection(id=OTHER_CONNECTION_ID, name="a-b", createdAt="2027"),
        api_connection(id=CONNECTION_ID.replace("c0", "c1"), name="a b", createdAt="2028"),
    ]
    server.expects("GET", "/api/v1/app-connections", {"appConnections": rows})
    export = server.run(connection_info, export=True)["export"]
    assert [item["credentials_variable"] for item in export] == [
        "_1password_main_credentials",
        "aws_a_b_c0000000_0000_4000_8000_000000000002_credentials",
        "aws_a_b_c1000000_0000_4000_8000_000000000001_credentials",
    ]


def test_auths_that_are_alike_have_credentials_of_their_own(server: Server) -> None:
    rows = [api_auth(), api_auth(id="e0f101e7-01e7-4a1b-af28-000000000002", createdAt="2027")]
    server.expects("GET", AUTHS, {"authorizations": rows})
    export = server.run(auth_info, project_id=PROJECT, export=True)["export"]
    names = [item["credential_variables"]["access_id"] for item in export]
    assert names == [
        f"aws_secret_manager_{id_}_access_id"
        for id_ in ("e0f101e7_01e7_4a1b_af28_52bb40c257ce", "e0f101e7_01e7_4a1b_af28_000000000002")
    ]


class Unsafe(str):
    """Text that Ansible is told never to evaluate."""


def loaders() -> list[type]:
    made = []
    for base in filter(None, (yaml.SafeLoader, getattr(yaml, "CSafeLoader", None))):
        loader = type(f"Unsafe{base.__name__}", (base,), {})
        loader.add_constructor("!unsafe", lambda loader, node: Unsafe(loader.construct_scalar(node)))
        made.append(loader)
    return made


LOADERS = loaders()


def load(text: str, loader: type = LOADERS[-1]) -> Any:
    return yaml.load(text, loader)  # noqa: S506 - derived from safe ones


characters = st.characters(codec=None)
texts = st.text(
    st.one_of(
        characters, st.characters(categories=["Cs"]), st.sampled_from("\"'\\:#!&*-?|>%@`{}[], \n\r\t\x85\u2028\ufeff")
    )
)
odd = st.one_of(
    texts, st.sampled_from(["<<", "=", "~", "null", "on", "1_0", "0x1", "1e3", "2026-01-01", "!unsafe x", "---"])
)


@pytest.mark.parametrize("loader", LOADERS)
@given(text=odd)
@example(text="\ud83d\ude00")
@example(text="\ude00\ud83d")
def test_a_text_is_read_as_it_was(loader: type, text: str) -> None:
    file = written({text: text})
    assert file.isascii()
    assert file.replace("\n", "").isprintable()
    assert load(file, loader) == {loadable(text): loadable(text)}


def test_every_character_is_read_as_it_was() -> None:
    for start in range(0, sys.maxunicode + 1, 0x400):
        text = "".join(map(chr, range(start, min(start + 0x400, sys.maxunicode + 1))))
        assert load(written(text)) == ("\ufffd" * len(text) if 0xD800 <= start < 0xE000 else text)


def test_text_without_halves_of_characters_stays() -> None:
    assert loadable("\ufeff\ud83d\ude00 \ud83d x \ude00\ud83d") == "\ufeff\U0001f600 \ufffd x \ufffd\ufffd"


@pytest.mark.parametrize("begin", ["{{", "{%", "{#", "#jinja2:"])
def test_the_beginnings_of_templates_are_marked(begin: str) -> None:
    for text in (begin, f"a{begin}b", f"{begin} x", f"x\n{begin}"):
        assert isinstance(load(written(text)), Unsafe)
        assert [type(key) for key in load(written({text: 1}))] == [Unsafe]


data = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), odd),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(odd, inner, max_size=3)),
    max_leaves=8,
)
keys = st.one_of(odd, st.sampled_from(["credentialsVariable", "credential_variables", "{{ 1 + 1 }}", "a\nb: c"]))
answers = st.dictionaries(keys, st.one_of(data, st.just("{{ 1 + 1 }}"), st.just("#jinja2:x:1\n")), max_size=4)


@given(config=answers)
def test_an_export_of_any_answer_is_data(config: dict) -> None:
    text = export_variables(PROJECT, syncs=[{"name": "x", "destination_config": config}])
    (item,) = read_by_ansible(text)["infisical_secret_syncs"]
    assert item == {"name": "x", "destination_config": loadable(config)}
