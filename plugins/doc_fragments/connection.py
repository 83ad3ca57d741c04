# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options that every module has: the server, the login, and the connection."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the Infisical server, including the path if a reverse proxy serves it at one. A trailing slash or a
        trailing C(/api) is ignored.
      - Must not contain the path of a page or an endpoint, such as C(/login), C(/signup) or C(/api/v1).
      - If O(login_data) is specified, the address in it is used, since a token is only valid for the server that
        created it.
      - Defaults to the environment variable E(INFISICAL_URL), then E(INFISICAL_API_URL) (the variable of Infisical's
        CLI), then V(https://app.infisical.com). C(-v) shows if the last one is used.
    type: str
  auth_method:
    description:
      - How to log in. Each method requires the options that are listed for it.
      - Defaults to the environment variable E(INFISICAL_AUTH_METHOD) if that is set.
      - V(universal_auth) - Client ID and client secret of a machine identity; requires O(universal_auth_client_id) and
        O(universal_auth_client_secret).
      - V(oidc_auth) - The OIDC token of a workload, such as a pipeline's; requires O(identity_id), and O(jwt) or
        O(jwt_path).
      - V(jwt_auth) - A JWT signed by an issuer that the server knows; requires O(identity_id), and O(jwt) or
        O(jwt_path). Old servers do not support this.
      - V(kubernetes_auth) - The token of a pod's service account; requires O(identity_id). The token is read from
        O(jwt) or O(jwt_path), or otherwise from C(/var/run/secrets/kubernetes.io/serviceaccount/token).
      - V(spiffe_auth) - The JWT-SVID of a workload, as issued by SPIRE; requires O(identity_id), and O(jwt) or
        O(jwt_path). Servers before 2026 do not support this.
      - V(gcp_auth) - A Google ID token (or a signed JWT of a service account) whose audience is the identity's ID;
        requires O(identity_id), and O(jwt) or O(jwt_path).
      - V(azure_auth) - The access token of an Azure managed identity; requires O(identity_id), and O(jwt) or
        O(jwt_path).
      - V(aws_auth) - The AWS role or user that the module runs as; requires O(identity_id) and the Python library
        C(botocore), which looks for AWS credentials in the usual places (environment, profile, the machine's role).
      - V(tls_cert_auth) - The client certificate; requires O(identity_id) and O(client_cert), and an V(https://)
        address at which the certificate is forwarded to the server. For Infisical Cloud, use port 8443. Old servers do
        not support this.
      - V(token_auth) - An existing access token; requires O(token).
      - V(ldap_auth) - An LDAP account; requires O(identity_id), O(ldap_username) and O(ldap_password).
    type: str
    default: universal_auth
    choices:
      - universal_auth
      - oidc_auth
      - jwt_auth
      - kubernetes_auth
      - spiffe_auth
      - gcp_auth
      - azure_auth
      - aws_auth
      - tls_cert_auth
      - token_auth
      - ldap_auth
  login_data:
    description:
      - The RV(community.infisical.infisical_login#module:login_data) of an earlier login, or the login data that the
        C(infisical.vault) collection returns. The other login options are then ignored.
      - Must have the keys C(url) and C(access_token).
    type: dict
  universal_auth_client_id:
    description:
      - Client ID of the machine identity.
      - Defaults to the environment variable E(INFISICAL_UNIVERSAL_AUTH_CLIENT_ID), or the older
        E(UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_ID).
    type: str
  universal_auth_client_secret:
    description:
      - Client secret of the machine identity.
      - Defaults to the environment variable E(INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET), or the older
        E(UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_SECRET).
    type: str
  identity_id:
    description:
      - ID of the machine identity to log in as.
      - Defaults to the environment variable E(INFISICAL_MACHINE_IDENTITY_ID).
    type: str
  jwt:
    description:
      - The token that the identity's provider issued.
      - Defaults to the environment variable E(INFISICAL_JWT), or E(INFISICAL_OIDC_AUTH_JWT).
    type: str
  jwt_path:
    description:
      - File with that token, if O(jwt) is not specified. Each task reads the file again, on the host that the module
        runs on, so that it can use a renewed token.
      - Defaults to the environment variable E(INFISICAL_JWT_PATH).
    type: path
  token:
    description:
      - An access token of a machine identity, or of a user.
      - Defaults to the environment variable E(INFISICAL_TOKEN).
    type: str
  ldap_username:
    description:
      - Name of the LDAP account.
      - Defaults to the environment variable E(INFISICAL_LDAP_USERNAME).
    type: str
  ldap_password:
    description:
      - Password of the LDAP account.
      - Defaults to the environment variable E(INFISICAL_LDAP_PASSWORD).
    type: str
  organization_slug:
    description:
      - Slug of the sub-organization to log in to, if it is not the organization that the identity belongs to. All login
        methods support this except O(auth_method=token_auth), which fails, since an access token already belongs to one
        organization. Ignored if O(login_data) is specified.
      - At most 64 lowercase letters, digits and dashes.
      - Servers without sub-organizations ignore it and log in to the identity's own organization.
      - Defaults to the environment variable E(INFISICAL_ORGANIZATION_SLUG), then E(INFISICAL_AUTH_ORGANIZATION_SLUG)
        (the variable of Infisical's CLI). With O(auth_method=token_auth), these variables are not read, and the task
        acts in the organization of the token.
    type: str
  validate_certs:
    description: Whether to validate the server's TLS certificate. If this is V(false), anyone between this machine and
      the server can read the credentials.
    type: bool
    default: true
  ca_path:
    description:
      - File or directory with the CA certificates to trust, instead of those that Python's C(requests) uses.
        C(REQUESTS_CA_BUNDLE) and similar variables are ignored.
      - Defaults to the environment variable E(INFISICAL_CA_PATH).
    type: path
  client_cert:
    description:
      - File with a client certificate in PEM format, including the intermediate certificates if the server needs them.
        It is sent with every request to a server that asks for one, and is used to log in with
        O(auth_method=tls_cert_auth).
      - Each task reads the file again, on the host that the module runs on.
      - Defaults to the environment variable E(INFISICAL_CLIENT_CERT).
    type: path
  client_key:
    description:
      - File with the private key of O(client_cert) in PEM format, if it is not in the same file. Password-protected
        keys are not supported.
      - Defaults to the environment variable E(INFISICAL_CLIENT_KEY).
    type: path
  timeout:
    description: Timeout in seconds, first for the connection and then for the complete response. A response that is not
      complete by then is discarded.
    type: float
    default: 30.0
  retries:
    description:
      - How often to retry a request after a temporary failure (connection refused, timeout, C(429), C(500), C(502),
        C(503), C(504)), with increasing delays. A delay that the server asks for is respected.
      - A request that creates something is never retried if the server may have received it. The module looks for the
        object instead.
    type: int
    default: 5
  retry_budget:
    description: Maximum time for all retries of a task together, in seconds. The rate limits of old servers apply to
      windows of 60 seconds.
    type: float
    default: 120.0
  extra_headers:
    description: Headers to send with every request, for example for an access proxy in front of the server. Their
      values are masked.
    type: dict
  allow_plaintext:
    description:
      - Whether to allow V(http://) for a server on another machine. It is always allowed for the local machine, which
        is never reached through a proxy.
      - The local machine means a loopback address, or C(localhost) (or a name that ends in C(.localhost)) if all
        addresses of that name are loopback addresses.
    type: bool
    default: false
requirements:
  - requests (Python library)
  - botocore (Python library), for O(auth_method=aws_auth) only
notes:
  - A connection option with an empty value (an empty or blank string, V(null), V({})) counts as not specified. An empty
    environment variable counts as not set.
  - C(~/.netrc) is never used. Redirects are not followed. Proxies are taken from the usual environment variables
    (C(HTTPS_PROXY), C(NO_PROXY) and so on).
  - Responses of more than 20 MiB (decompressed), with a list of more than 100,000 entries, or with more than 50 levels
    of nesting are rejected.
  - An access token that a task creates for itself is revoked at the end of the task. To log in once for many tasks, use
    M(community.infisical.infisical_login).
  - All modules are in the action group C(community.infisical.infisical). C(module_defaults) with
    C(group/community.infisical.infisical) sets the connection options once. Such defaults are evaluated for every task
    that they apply to, including the login. To use the registered result of the login in such defaults, set them on a
    block after the login.
"""
