/** Style and script of the HTML page, which stand in the page itself. */

export const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #566173; --paper: #fff; --panel: #f4f6f9; --line: #d5dbe4; --link: #1f5fbf; --add: #1a6b3c; --change: #8a4b00; --delete: #a02020; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a3adbb; --paper: #14181e; --panel: #1d232b; --line: #38414d; --link: #8ab4f8; --add: #6fcf97; --change: #f0b35a; --delete: #ff8f8f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; line-height: 1.35; margin: 2.5rem 0 .5rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
ul { margin: .5rem 0; padding-left: 1.25rem; }
li { overflow-wrap: anywhere; margin: .25rem 0; }
code, pre { font: .9em/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
td code, li code, caption code, footer code { overflow-wrap: anywhere; white-space: break-spaces; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.hints { background: var(--panel); border-radius: 6px; padding: .25rem 1rem; margin: 1rem 0; font-size: .95rem; }
.note, .keep { border-left: 3px solid var(--line); padding-left: .75rem; }
table.record { width: 100%; border-collapse: collapse; table-layout: fixed; margin: 1rem 0 1.25rem; border: 1px solid var(--line); }
caption { text-align: left; font-weight: 600; padding: .25rem 0; overflow-wrap: anywhere; }
.verb { text-transform: uppercase; letter-spacing: .04em; font-size: .8rem; }
.verb.add { color: var(--add); } .verb.change { color: var(--change); } .verb.delete { color: var(--delete); }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem; border-top: 1px solid var(--line); }
th { width: 7rem; font-weight: 500; color: var(--soft); background: var(--panel); }
td { overflow-wrap: anywhere; }
tr[data-field="now"] code { color: var(--soft); }
.aside { color: var(--soft); font-size: .85rem; margin-left: .35rem; }
button.copy { font: inherit; font-size: .8rem; color: var(--link); background: none; border: 1px solid var(--line); border-radius: 4px; padding: 0 .5rem; margin-left: .5rem; cursor: pointer; user-select: none; }
button.copy:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
@media (max-width: 30rem) {
  main { padding: 1.25rem 1rem 3rem; }
  th { width: 5.5rem; padding: .45rem .5rem; }
  td { padding: .45rem .5rem; }
  .aside { display: block; margin-left: 0; }
}
@media print {
  :root { --ink: #000; --soft: #333; --paper: #fff; --panel: #fff; --line: #999; --add: #000; --change: #000; --delete: #000; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  h2, caption { break-after: avoid; }
  tr { break-inside: avoid; }
  button.copy { display: none; }
}
`;

/** Adds a copy button to names and values where the browser allows writing to the clipboard. */
export const copyScript = `
if (navigator.clipboard) {
  for (const row of document.querySelectorAll('tr[data-field="name"], tr[data-field="value"], tr[data-field="pieces"]')) {
    const code = row.querySelector('td > code');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', 'Copy ' + row.querySelector('th').textContent.toLowerCase());
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    code.after(button);
  }
}
`;
