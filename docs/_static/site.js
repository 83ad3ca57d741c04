/*
SPDX-FileCopyrightText: 2026 The community.infisical authors
SPDX-License-Identifier: GPL-3.0-or-later
*/

// What scrolls can be scrolled by the keyboard.
addEventListener("DOMContentLoaded", () => {
  for (const block of document.querySelectorAll(".highlight pre, .table-wrapper")) block.tabIndex = 0;
});
