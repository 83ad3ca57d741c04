# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options that every module has: which server, who logs in, and how the connection is made."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the Infisical server. A trailing slash or a trailing C(/api) makes no difference.
      - With O(login_data), the address in there is used, since a token is only good for the server that made it.
      - The environment variable E(INFISICAL_URL) is used where this is not stated.
    type: str
    default: https://app.infisical.com
  auth_method:
    description:
      - How to log in. Each method needs the options that are named after it.
      - The environment variable E(INFISICAL_AUTH_METHOD) is used where this is not stated.
      - V(universal_auth) - Client id and client secret of a machine identity; needs O(universal_auth_client_id) and
        O(universal_auth_client_secret).
      - V(oidc_auth) - The OIDC token of a workload, such as a pipeline's; needs O(identity_id), and O(jwt) or
        O(jwt_path).
      - V(jwt_auth) - A JWT that an issuer known to the server signed; needs O(identity_id), and O(jwt) or
        O(jwt_path). Old servers don't have it.
      - V(kubernetes_auth) - The token of a pod's service account; needs O(identity_id). The token comes from O(jwt)
        or O(jwt_path), and else from C(/var/run/secrets/kubernetes.io/serviceaccount/token).
      - V(gcp_auth) - A Google id token (or a signed JWT of a service account) whose audience is the identity's id;
        needs O(identity_id), and O(jwt) or O(jwt_path).
      - V(azure_auth) - The access token of an Azure managed identity; needs O(identity_id), and O(jwt) or
        O(jwt_path).
      - V(aws_auth) - The AWS role or user that the module runs as; needs O(identity_id), and the Python library
        C(botocore), which finds the AWS credentials as it always does (environment, profile, the machine's role).
      - V(token_auth) - An access token that is there already; needs O(token).
      - V(ldap_auth) - An LDAP account; needs O(identity_id), O(ldap_username) and O(ldap_password).
    type: str
    default: universal_auth
    choices:
      - universal_auth
      - oidc_auth
      - jwt_auth
      - kubernetes_auth
      - gcp_auth
      - azure_auth
      - aws_auth
      - token_auth
      - ldap_auth
  login_data:
    description:
      - The RV(community.infisical.infisical_login#module:login_data) of an earlier login, that of the
        C(infisical.vault) collection included. The other login options are ignored then.
      - Needs the keys C(url) and C(access_token).
    type: dict
  universal_auth_client_id:
    description:
      - Client id of the machine identity.
      - The environment variable E(INFISICAL_UNIVERSAL_AUTH_CLIENT_ID), or the older
        E(UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_ID), is used where this is not stated.
    type: str
  universal_auth_client_secret:
    description:
      - Client secret of the machine identity.
      - The environment variable E(INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET), or the older
        E(UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_SECRET), is used where this is not stated.
    type: str
  identity_id:
    description:
      - Id of the machine identity to log in as.
      - The environment variable E(INFISICAL_MACHINE_IDENTITY_ID) is used where this is not stated.
    type: str
  jwt:
    description:
      - The token that the identity's provider issued.
      - The environment variable E(INFISICAL_JWT), or E(INFISICAL_OIDC_AUTH_JWT), is used where this is not stated.
    type: str
  jwt_path:
    description:
      - A file with that token, where O(jwt) is not stated. It is read on the host that the module runs on, anew in
        each task, so that a token which is renewed in its file may be used.
      - The environment variable E(INFISICAL_JWT_PATH) is used where this is not stated.
    type: path
  token:
    description:
      - An access token of a machine identity, or of a user.
      - The environment variable E(INFISICAL_TOKEN) is used where this is not stated.
    type: str
  ldap_username:
    description:
      - Name of the LDAP account.
      - The environment variable E(INFISICAL_LDAP_USERNAME) is used where this is not stated.
    type: str
  ldap_password:
    description:
      - Password of the LDAP account.
      - The environment variable E(INFISICAL_LDAP_PASSWORD) is used where this is not stated.
    type: str
  validate_certs:
    description: Whether the server's TLS certificate must be trusted. Turning this off gives the credentials away to
      anyone on the way.
    type: bool
    default: true
  ca_path:
    description:
      - File or directory with the CA certificates to trust, instead of those that Python's C(requests) brings.
        C(REQUESTS_CA_BUNDLE) and the like are not looked at.
      - The environment variable E(INFISICAL_CA_PATH) is used where this is not stated.
    type: path
  timeout:
    description: How long a connection, and then a whole answer, may take, in seconds. An answer that is still coming
      after that time is dropped.
    type: float
    default: 30.0
  retries:
    description:
      - How often a request is sent again after a passing failure (connection refused, time-out, C(429), C(500),
        C(502), C(503), C(504)), with growing pauses. A wait that the server asks for is kept.
      - A request that creates something is never sent again once the server may have seen it. The object is looked
        for instead.
    type: int
    default: 5
  retry_budget:
    description: How long all retries of a task may take together, in seconds. Old servers throttle in windows of 60
      seconds.
    type: float
    default: 120.0
  extra_headers:
    description: Headers to send with every request, for an access proxy in front of the server. Their values are
      masked.
    type: dict
  allow_plaintext:
    description:
      - Whether V(http://) may be used to reach another machine. To the machine itself it always may, and then no proxy
        is used.
      - The machine itself is a loopback address, or C(localhost) (or a name that ends in C(.localhost)) if every
        address of that name is a loopback address.
    type: bool
    default: false
requirements:
  - requests (Python library)
  - botocore (Python library), for O(auth_method=aws_auth) only
notes:
  - C(~/.netrc) is never used, redirects are not followed, and proxies are taken from the usual environment variables
    (C(HTTPS_PROXY), C(NO_PROXY) and so on).
  - An answer of more than 20 MiB (decompressed), with a list of more than 100,000 entries, or with more than 50 levels
    of nesting is refused.
  - An access token that a task makes for itself is revoked when the task is over. To log in once for many tasks use
    M(community.infisical.infisical_login).
  - All modules are in the action group C(community.infisical.infisical), so that C(module_defaults) with
    C(group/community.infisical.infisical) states the connection once. Mind that such defaults are worked out for
    every task that they cover, the login included. Defaults that use the login's registered result therefore belong
    on a block that comes after the login.
"""
