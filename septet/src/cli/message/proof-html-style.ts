/** Style of the HTML report. Every colour stands beside a word that says the same. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #556072; --paper: #fff; --panel: #f4f6f9; --line: #d0d7e1; --link: #1f5fbf; --good: #17643a; --bad: #9c1c1c; --doubtful: #7d4400; --open: #2d5478; --mark: #fde9a9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a9b3c1; --paper: #14181e; --panel: #1d232b; --line: #3c4653; --link: #8ab4f8; --good: #7ad6a0; --bad: #ff9a9a; --doubtful: #f2bb69; --open: #9cc7f0; --mark: #5b4a0c; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; overflow: clip; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.25rem 0 .5rem; }
h3 { font-size: 1.05rem; line-height: 1.35; margin: 1.5rem 0 .35rem; }
h4 { font-size: 1rem; line-height: 1.4; margin: 1.1rem 0 .3rem; }
h1, h2, h3, h4, p, li, dt, dd, th, td, caption, summary, pre, code { overflow-wrap: anywhere; }
p { margin: .4rem 0; }
ul, ol { margin: .5rem 0; padding-left: 1.4rem; }
li { margin: .35rem 0; }
a { color: var(--link); }
code, pre { font: .9em/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; unicode-bidi: isolate; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .55rem .8rem; margin: .35rem 0; white-space: pre-wrap; }
pre code { font-size: 1em; }
mark { background: var(--mark); color: inherit; text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px; }
.soft { color: var(--soft); font-size: .9rem; }
.verdict { border: 1px solid var(--line); border-left: 6px solid var(--tone); border-radius: 6px; background: var(--panel); padding: .75rem 1rem; margin: 1rem 0; }
.verdict > :first-child { margin: 0; font-size: 1.3rem; line-height: 1.3; color: var(--tone); }
.verdict p:last-child { margin-bottom: 0; }
.good { --tone: var(--good); } .bad { --tone: var(--bad); } .doubtful { --tone: var(--doubtful); } .open { --tone: var(--open); }
.result { color: var(--tone); font-weight: 600; }
dl.facts { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .25rem .75rem; margin: .75rem 0; }
dl.facts dt { color: var(--soft); }
dl.facts dd { grid-column: 2; margin: 0; unicode-bidi: isolate; }
table { width: 100%; border-collapse: collapse; margin: .5rem 0 1rem; border: 1px solid var(--line); table-layout: fixed; }
caption { text-align: left; padding: .25rem 0 .4rem; color: var(--soft); }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem; border-top: 1px solid var(--line); }
thead th { background: var(--panel); font-weight: 600; }
tbody th { font-weight: 400; }
tbody th > strong:first-child { display: block; }
.word { width: 7.5rem; }
ol.findings { list-style: none; padding: 0; margin: 0; }
ol.findings > li { border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 6px; padding: .2rem 1rem .6rem; margin: .9rem 0; }
ol.findings h3, ol.findings h4 { margin: .6rem 0 .3rem; }
.tag { display: inline-block; border: 1px solid var(--tone); color: var(--tone); border-radius: 4px; padding: 0 .4rem; font-size: .8rem; line-height: 1.5; margin-right: .25rem; }
.evidence { margin: .6rem 0; }
.evidence p { color: var(--soft); font-size: .9rem; margin: 0; }
.mend { border-left: 3px solid var(--line); padding-left: .75rem; margin: .7rem 0; }
.record { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem; margin: .5rem 0; }
.record p { margin: 0; }
.record pre { margin: .35rem 0 0; }
.copy { user-select: all; -webkit-user-select: all; }
details { border: 1px solid var(--line); border-radius: 6px; padding: 0 .8rem; margin: .5rem 0; }
details[open] { padding-bottom: .6rem; }
summary { cursor: pointer; padding: .45rem 0; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
article { border-top: 3px solid var(--line); margin-top: 3rem; padding-top: 1rem; }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
@media (max-width: 34rem) {
  main { padding: 1.1rem .9rem 2.5rem; }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dl.facts dd { grid-column: 1; margin: 0 0 .45rem; }
  table { font-size: .9rem; }
  .word { width: 6.1rem; }
  th, td { padding: .4rem .35rem; }
  td .result { font-size: .8rem; }
  ol.findings > li { padding: .2rem .75rem .5rem; }
  pre { padding: .45rem .55rem; }
}
@media print {
  :root { --ink: #000; --soft: #333; --paper: #fff; --panel: #fff; --line: #888; --link: #000; --good: #000; --bad: #000; --doubtful: #000; --open: #000; --mark: #fff; }
  @page { margin: 16mm 14mm; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; overflow: visible; }
  h1, h2, h3, h4, caption, summary, .evidence > p, .record > p, dt { break-after: avoid; }
  tr, .verdict, .record, dl.facts > div, p { break-inside: avoid; }
  thead { display: table-header-group; }
  article { break-before: page; border: 0; margin: 0; padding: 0; }
  .toc + article { break-before: auto; }
  details { border: 0; padding: 0; }
  details::details-content { content-visibility: visible; block-size: auto; display: block; }
  summary { list-style: none; font-weight: 600; }
  .back { display: none; }
}
`;
