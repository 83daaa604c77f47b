/** Style of the preview. The grounds of the frames are fixed: they are what is shown, and do not follow the reader's theme. */

/** Of the picture in CSS pixels. */
export const sheetWidth = 1280;
export const sheetHeight = 1800;

/** `data` is the logo in base64; it stands in the page once. An SVG in `url()` runs nothing and loads nothing. */
export const previewStyle = (data: string): string => `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #556072; --paper: #fff; --panel: #f4f6f9; --line: #d0d7e1; --good: #17643a; --bad: #9c1c1c; --doubtful: #7d4400; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a9b3c1; --paper: #14181e; --panel: #1d232b; --line: #3c4653; --good: #7ad6a0; --bad: #ff9a9a; --doubtful: #f2bb69; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.25rem 0 .35rem; }
h1, h2, p, li, figcaption { overflow-wrap: anywhere; }
p { margin: .35rem 0; max-width: 46rem; }
code { font: .9em/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.soft, figcaption { color: var(--soft); font-size: .9rem; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
ul.points { padding-left: 1.2rem; margin: .5rem 0; max-width: 46rem; }
ul.points li { margin: .4rem 0; }
ul.points strong { color: var(--doubtful); } ul.points .error strong { color: var(--bad); }
.logo { display: block; flex: none; background: url("data:image/svg+xml;base64,${data}") center / contain no-repeat; }
.round { border-radius: 50%; } .rounded { border-radius: 22%; }
.grounds { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; margin-top: .75rem; }
.ground { border: 1px solid var(--line); border-radius: 8px; padding: 1rem; min-width: 0; }
.ground > p:first-child { margin: 0 0 .75rem; font-size: .9rem; }
.light { background: #fff; color: #1c2430; } .dark { background: #1f1f1f; color: #e8eaed; } .black { background: #000; color: #e8eaed; } .grey { background: #e9edf2; color: #1c2430; }
.row { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 1rem 1.25rem; }
figure { margin: 0; text-align: center; }
figure .logo { margin: 0 auto .35rem; }
.ground figcaption { color: inherit; opacity: .8; font-size: .8rem; }
.s24 { width: 24px; height: 24px; } .s32 { width: 32px; height: 32px; } .s40 { width: 40px; height: 40px; } .s48 { width: 48px; height: 48px; } .s64 { width: 64px; height: 64px; } .s96 { width: 96px; height: 96px; }
.mails { list-style: none; margin: 0; padding: 0; }
.mails li { display: flex; gap: .75rem; align-items: center; padding: .55rem 0; border-top: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
.mails li:first-child { border-top: 0; }
.mails div { min-width: 0; flex: 1; }
.mails p { margin: 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: .9rem; line-height: 1.4; }
.mails p + p { opacity: .75; }
.other { flex: none; display: grid; place-items: center; font-size: 1rem; color: #fff; background: #6b7785; }
.cut { position: relative; width: 256px; height: 256px; max-width: 100%; overflow: hidden; background: repeating-conic-gradient(#d9dde3 0 25%, #fff 0 50%) 0 0 / 16px 16px; }
.cut .logo { width: 256px; height: 256px; }
.cut i { position: absolute; inset: 0; opacity: .75; background: repeating-linear-gradient(45deg, #c81e3c 0 4px, #fff 4px 8px); mask: radial-gradient(circle closest-side, transparent calc(100% - 1px), #000 100%); }
footer { margin-top: 2.5rem; padding-top: .75rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
@media (max-width: 34rem) { main { padding: 1.1rem .9rem 2.5rem; } .row { gap: .9rem; } }
.sheet { --ink: #1c2430; --soft: #556072; --paper: #fff; --panel: #f4f6f9; --line: #d0d7e1; --good: #17643a; --bad: #9c1c1c; }
`;
