# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account in the ID of an access key. The pairs are published ones, of keys that are no longer in use."""

from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.aws_accounts import (
    account_of_key,
    account_of_role,
)


@pytest.mark.parametrize(
    ("key", "account"),
    [
        # awsteele.com/blog/2020/09/26/aws-access-key-format.html
        ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
        # github.com/psanford/aws-account-id-from-key
        ("ASIAVJ2E6QGR2WZILJFM", "364679954851"),
        # docs.rs/aws-account-id-from-key-id
        ("AKIASP2TPHJSQH3FJXYZ", "171436882533"),
        # LocalStack makes keys of such a form; the number begins with zeros.
        ("ASIAQAAAAAAAGMKEM7X5", "000000000000"),
        (" AKIASP2TPHJSQH3FJXYZ\n", "171436882533"),
    ],
)
def test_account_of_a_key(key: str, account: str) -> None:
    assert account_of_key(key) == account


@pytest.mark.parametrize(
    "key",
    [
        # Older ones have no account.
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAJ2E6QGR2WZILJFMA",
        "AKIAHHHHHHHHHHHHHHHH",
        # What is no access key, or is cut off.
        "AIDASP2TPHJSQH3FJXYZ",
        "LKIASP2TPHJSQH3FJXYZ",
        "AKIASP2TPHJSQH3FJXY",
        "AKIASP2TPHJSQH3FJXYZA",
        "AKIASP2TPHJSQH3FJX01",
        "akiasp2tphjsqh3fjxyz",
        # A number of thirteen digits.
        "AKIA7777777777777777",
        "test",
        "",
        None,
    ],
)
def test_key_without_an_account(key: str | None) -> None:
    assert account_of_key(key) is None


@pytest.mark.parametrize(
    ("role", "account"),
    [
        ("arn:aws:iam::123456789012:role/infisical", "123456789012"),
        ("arn:aws-us-gov:iam::123456789012:role/team/infisical", "123456789012"),
        ("arn:aws:iam::123456789012:user/infisical", None),
        ("infisical", None),
        (None, None),
    ],
)
def test_account_of_a_role(role: str | None, account: str | None) -> None:
    assert account_of_role(role) == account
