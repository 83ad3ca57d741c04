# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx builds the documentation site. `make docs` runs it on a copy of this folder, with the reference added."""

from __future__ import annotations

import re

from docutils import nodes

project = "community.infisical"
author = "The community.infisical authors"
extensions = ["sphinx_antsibull_ext"]
# "--check" has two dashes.
smartquotes = False

html_theme = "furo"
html_title = "community.infisical"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
# Colours of the reference with a contrast of at least 4.5.
html_theme_options = {
    "light_css_variables": {
        "antsibull-links-background": "#1f6f71",
        "antsibull-links-background-active": "#204748",
        "antsibull-option-required": "#b00000",
        "antsibull-attribute-support-none": "#b00000",
        "antsibull-attribute-support-partial": "#636300",
        "antsibull-attribute-support-full": "#006400",
    }
}
# Their contrast is that of WCAG AAA.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

nitpicky = True


def setup(app) -> None:
    app.connect("missing-reference", link_to_ansible)


# What the reference links to in Ansible's own documentation, beside its modules.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}


def link_to_ansible(_app, _env, node, content):
    """Resolve what would take an inventory from the network: the site is built without one."""
    target = node["reftarget"]
    builtin = re.fullmatch(r"ansible_collections\.ansible\.builtin\.(\w+)", target)
    page = f"collections/ansible/builtin/{builtin[1]}.html" if builtin else ANSIBLE_PAGES.get(target)
    return nodes.reference("", "", content, refuri=f"{ANSIBLE}/{page}", internal=False) if page else None
