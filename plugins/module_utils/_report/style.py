# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the page of a report looks: plain, for a screen and a phone. Contrasts are those of WCAG AA."""

from __future__ import annotations

STYLE = """\
:root { --ink: #1b2530; --quiet: #55606e; --line: #dde2e8; --soft: #f5f7f9; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: .1rem 0 .35rem; letter-spacing: -.01em; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
p { margin: .25rem 0; }
main, summary, td, th, li, p, dd { overflow-wrap: anywhere; }
.quiet, .eyebrow { color: var(--quiet); } .eyebrow { font-size: .85rem; }
.deadline { font-size: 1.05rem; } .urgent { color: #a3191f; font-weight: 600; }
.id { display: block; color: var(--quiet); font: .75rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
.bar { display: flex; gap: 2px; height: .7rem; margin: 1rem 0 .7rem; border-radius: .35rem; overflow: hidden; }
.bar span { flex-basis: 0; min-width: 4px; background: var(--c); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .5rem; margin: 0 0 .7rem;
  padding: 0; list-style: none; }
.cards li { border: 1px solid var(--line); border-radius: .5rem; padding: .45rem .8rem .5rem; }
.cards b { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.dot::before { content: ""; display: inline-block; width: .6rem; height: .6rem; margin-right: .4rem; border-radius: 50%;
  background: var(--c); }
.s-done { --c: #1d7a46; } .s-switched { --c: #58b27f; } .s-both { --c: #3576d1; } .s-ready { --c: #a9c4ea; }
.s-inactive { --c: #b5bcc5; } .s-blocked { --c: #e0a526; } .s-fault { --c: #c5303a; }
.columns { display: grid; gap: 0 2.5rem; }
section, .columns > * { min-width: 0; }
details { border-top: 1px solid var(--line); } details:last-child { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; padding: .4rem .2rem; } summary:hover { background: var(--soft); }
summary b { margin-right: .5rem; } summary:focus-visible, pre:focus-visible { outline: 2px solid #2459a8; }
.inside { padding: .1rem 0 .7rem 1.1rem; }
.line { padding: .25rem 0; } .line + .line { border-top: 1px solid var(--line); }
.names { margin: .2rem 0; padding-left: 1.1rem; } .runs { margin: 0; padding-left: 1.4rem; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem;
  margin: .5rem 0; overflow: auto; max-height: 22rem; font: .8rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem .35rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); font-weight: 500; font-size: .82rem; vertical-align: bottom; }
tbody th { font-weight: 600; } tbody th .quiet { font-weight: 400; }
.counts td, .counts thead th + th { text-align: right; font-variant-numeric: tabular-nums; }
.rows td { width: 30%; } .rows td:first-child { width: 15%; } .rows td:last-child { width: 25%; }
.rows .quiet { display: block; } thead th { overflow-wrap: normal; }
dl { margin: .2rem 0; } dl div { display: grid; grid-template-columns: 9rem 1fr; gap: .5rem; padding: .15rem 0; }
dt { font-weight: 600; } dd { margin: 0; }
@media (min-width: 62rem) { .columns { grid-template-columns: 1fr 1fr; } }
@media (max-width: 40rem) {
  main { padding: 1rem .9rem 2rem; } h1 { font-size: 1.35rem; }
  .cards { grid-template-columns: repeat(3, 1fr); }
  .cards li { padding: .35rem .55rem; } .cards span { font-size: .85rem; }
  summary .quiet { display: block; margin-left: 1.05rem; font-size: .92rem; }
  thead { display: none; } table, tbody, tr, .rows td { display: block; }
  tr { padding: .4rem 0; border-bottom: 1px solid var(--line); }
  th, td { border: 0; padding: .1rem 0; } .counts tbody th { display: block; }
  .rows td, .rows td:first-child, .rows td:last-child { display: flex; width: auto; }
  .counts td { display: inline-block; margin-right: .9rem; } .counts td:empty { display: none; }
  td::before { content: attr(data-label); color: var(--quiet); font-size: .82rem; margin-right: .35rem; }
  .rows td::before { flex: 0 0 4.2rem; } .rows td div { min-width: 0; }
  dl div { grid-template-columns: 1fr; gap: 0; } .inside { padding-left: .6rem; }
}
"""
