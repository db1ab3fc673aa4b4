#include "http/api_documents.hpp"

namespace td {

std::string_view docs_style() {
  return R"css(:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --ink: #1d2330; --soft: #5b6475; --line: #dfe2e8; --panel: #ffffff; --link: #1b5fc1;
  --code: #f1f3f6; --get: #1b6e4b; --post: #1b5fc1; --put: #8a5a00; --patch: #6b3fa0; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12151b; --ink: #e4e8ef; --soft: #9aa4b5; --line: #2a303b; --panel: #181c24; --link: #82b1ff;
    --code: #1f242e; --get: #6fd3a5; --post: #82b1ff; --put: #f0c36d; --patch: #c9a5f7; --delete: #ff8a80;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--paper); color: var(--ink); display: grid;
  grid-template-columns: minmax(15rem, 19rem) minmax(0, 1fr);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif;
}
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem 1rem 2rem;
  border-right: 1px solid var(--line); background: var(--panel); font-size: .875rem;
}
nav h2 { font-size: .75rem; letter-spacing: .06em; text-transform: uppercase; margin: 1.1rem 0 .3rem; }
nav h2 a { color: var(--soft); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .15rem .4rem; border-radius: 4px; overflow-wrap: anywhere; color: var(--ink); }
nav li a:hover { background: var(--code); text-decoration: none; }
nav .verb { color: var(--soft); font: 600 .6875rem ui-monospace, monospace; }
main { padding: 2rem clamp(1rem, 4vw, 3.5rem) 5rem; max-width: 62rem; }
h1 { font-size: 1.75rem; margin: 0 0 .5rem; }
h1 small { color: var(--soft); font-weight: 400; font-size: 1rem; }
section > h2 { margin: 2.5rem 0 1rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
article { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem; margin: 0 0 1rem; }
article:target, tr:target { outline: 2px solid var(--link); outline-offset: 2px; }
h3 { margin: 0 0 .25rem; font-size: 1.0625rem; overflow-wrap: anywhere; }
article p { margin: .25rem 0 .75rem; }
h3 .verb { font: 700 .8125rem ui-monospace, monospace; margin-right: .3rem; }
.GET { color: var(--get); } .POST { color: var(--post); } .PUT { color: var(--put); }
.PATCH { color: var(--patch); } .DELETE { color: var(--delete); }
dl { display: flex; flex-wrap: wrap; gap: .25rem .5rem; margin: 0 0 .75rem; font-size: .875rem; }
dt { color: var(--soft); } dd { margin: 0 1rem 0 0; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; margin: 0 0 .75rem; display: block; overflow-x: auto; }
th { text-align: left; color: var(--soft); font-weight: 600; }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .875em; }
td code, p code { background: var(--code); border-radius: 4px; padding: .05rem .3rem; }
pre { background: var(--code); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; margin: 0 0 .75rem; line-height: 1.45; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; border-radius: 2px; }
.codes { font-size: .8125rem; color: var(--soft); }
@media (max-width: 52rem) {
  body { display: block; }
  nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); }
}
@media print { nav { display: none; } body { display: block; } article { break-inside: avoid; } }
)css";
}

}  // namespace td
