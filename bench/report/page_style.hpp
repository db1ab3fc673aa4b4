#pragma once

namespace td::bench {

/// What a report looks like. System fonts only, so that nothing is fetched; 16 px text, 60 rem
/// wide; one accent for each tone, chosen for a contrast of 4.5 or more on both grounds (WCAG 2.2
/// AA).
inline constexpr const char* page_style = R"(
:root{color-scheme:light dark;--ground:#fff;--raised:#f7f8f9;--ink:#1c1d21;--soft:#62666d;
--line:#e6e7ea;--good:#117a48;--bad:#c0361e;--neutral:#5e6ad2;--good-ground:#ecf7f1;
--bad-ground:#fdf0ed;--neutral-ground:#f1f2fc}
@media screen and (prefers-color-scheme:dark){:root{--ground:#18191c;--raised:#1f2024;
--ink:#f0f1f3;--soft:#9a9ea6;--line:#2c2e33;--good:#4cc38a;--bad:#ff8b73;--neutral:#9ea6f5;
--good-ground:#15281f;--bad-ground:#33201c;--neutral-ground:#22243a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 -apple-system,
BlinkMacSystemFont,"Segoe UI",Inter,Roboto,"Helvetica Neue",Arial,sans-serif;
-webkit-font-smoothing:antialiased;font-variant-numeric:tabular-nums}
main{max-width:60rem;margin:0 auto;padding:4rem 1.5rem 6rem}
h1{font-size:2rem;line-height:1.2;font-weight:620;letter-spacing:-.022em;margin:0 0 1.5rem;
text-wrap:balance}
h2{font-size:1.125rem;line-height:1.35;font-weight:600;letter-spacing:-.012em;margin:3.25rem 0 .75rem}
p{margin:.75rem 0;max-width:44rem;color:var(--soft);text-wrap:pretty}
.verdict{display:flex;gap:.75rem;align-items:baseline;max-width:none;margin:0 0 2rem;
padding:1rem 1.25rem;border-radius:.625rem;font-size:1.1875rem;line-height:1.4;font-weight:560;
letter-spacing:-.012em}
.verdict svg{flex:none;width:1rem;height:1rem;position:relative;top:.1rem}
.verdict.good{color:var(--good);background:var(--good-ground)}
.verdict.bad{color:var(--bad);background:var(--bad-ground)}
.verdict.neutral{color:var(--neutral);background:var(--neutral-ground)}
.scroll{overflow-x:auto;margin:1rem 0;-webkit-overflow-scrolling:touch}
.scroll:focus-visible{outline:2px solid var(--neutral);outline-offset:4px;border-radius:.25rem}
table{border-collapse:collapse;width:100%;font-size:.875rem;line-height:1.4}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
th,td{padding:.5rem .75rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:500;color:var(--soft);vertical-align:bottom}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
td.n,th.n{text-align:right}
td.n{white-space:nowrap}
td:first-child:not(.n){min-width:7.5rem}
td.good{color:var(--good);font-weight:560}
td.bad{color:var(--bad);font-weight:560}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.375rem 1.5rem;margin:1rem 0;
font-size:.875rem;line-height:1.45}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
figure{margin:1.5rem 0;padding:1rem;border:1px solid var(--line);border-radius:.625rem;
break-inside:avoid}
figure .scroll{margin:0}
figure .td-plot{display:block;width:100%;min-width:34rem;height:auto}
pre{margin:1rem 0;padding:.875rem 1rem;overflow-x:auto;border-radius:.5rem;background:var(--raised);
border:1px solid var(--line);font:.8125rem/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,
"DejaVu Sans Mono",monospace;tab-size:4}
@media (max-width:40rem){main{padding:2rem 1rem 4rem}h1{font-size:1.5rem}
.verdict{font-size:1.0625rem;padding:.875rem 1rem}figure{padding:.75rem .5rem}
dl{grid-template-columns:1fr;gap:0}dt{margin-top:.625rem}}
@media print{body{font-size:11pt}main{max-width:none;padding:0}h2{break-after:avoid}
tr{break-inside:avoid}.scroll,pre{overflow:visible}pre{white-space:pre-wrap}
figure .td-plot{min-width:0}.verdict{border:1px solid currentcolor}}
)";

}  // namespace td::bench
