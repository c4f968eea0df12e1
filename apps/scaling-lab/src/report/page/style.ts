/** The page's style sheet, light or dark like the reader's system. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#f7f6f3;--card:#fff;--ink:#1d2126;--soft:#59626d;--line:#e2e0da;--out:#d1495b;--reach:#e3a72f;--older:#7b5cd6;--keep:#2f8f6b;--moves:#d1495b;--stays:#b9c2c9;--accent:#1f5fa8;--out-text:#a3202c;--reach-text:#7a4d00;--older-text:#6244bd;--keep-text:#17603c}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1c2127;--ink:#e8e9eb;--soft:#a3acb7;--line:#2e353d;--out:#ec6a7a;--reach:#e8b54a;--older:#a78bfa;--keep:#55c398;--moves:#ec6a7a;--stays:#4a545e;--accent:#82b8f2;--out-text:#ff9da6;--reach-text:#f0c063;--older-text:#bda8ff;--keep-text:#7fdcb2}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1180px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:34px;line-height:1.15;letter-spacing:-.02em;margin:0 0 8px}
h2{font-size:23px;letter-spacing:-.01em;margin:0}
h3{font-size:15px;margin:0 0 6px}
h4{font-size:12px;font-weight:600;color:var(--soft);margin:0 0 6px}
a{color:inherit;text-decoration-color:var(--line);text-underline-offset:3px}
a:hover{text-decoration-color:currentColor}
small{font-size:12px;color:var(--soft)}
.lead{max-width:72ch;color:var(--soft);margin:0 0 4px}
.run{font-size:13px;color:var(--soft);margin:0 0 26px}
.objections{border-left:3px solid var(--out);padding:4px 14px;margin:0 0 24px}
.legend{display:flex;flex-wrap:wrap;gap:6px 20px;font-size:13px;color:var(--soft);margin:14px 0 0;padding:0;list-style:none}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.matrix{border-collapse:separate;border-spacing:3px;width:100%}
.matrix th{font-weight:600;font-size:13px;text-align:left;padding:6px 8px}
.matrix thead th{color:var(--soft);vertical-align:bottom}
.matrix thead th:not(:first-child){text-align:center}
.matrix tbody th{white-space:nowrap}
.matrix tbody th span{font-weight:400;color:var(--soft)}
.matrix td{text-align:center;padding:8px 6px;border-radius:7px;background:color-mix(in srgb,var(--out) calc(8% + var(--share)*32%),var(--card))}
.matrix td.fine{background:color-mix(in srgb,var(--keep) 16%,var(--card))}
.matrix td.fine b{color:var(--keep-text)}
.matrix td.absent{background:none;color:var(--soft);font-size:12px}
.matrix td b{display:block;font-size:17px;line-height:1.25}
.matrix td small{display:block;line-height:1.35;color:inherit}
.matrix td small[class]{font-weight:600;color:inherit}
section{margin-top:52px;border-top:1px solid var(--line);padding-top:24px}
.does{color:var(--soft);margin:2px 0 18px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,430px),1fr));gap:16px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px;min-width:0}
svg{display:block;max-width:100%}
.timeline{width:100%;height:auto}
.grid{stroke:var(--line)}
.tick,.node text{fill:var(--soft);font-size:12px}
.node text{font-size:12px}
rect.answered{fill:var(--keep);fill-opacity:.13}rect.logged-out{fill:var(--out)}rect.unreachable{fill:var(--reach)}rect.older{fill:var(--older)}
.mark line{stroke:var(--ink);stroke-opacity:.45;stroke-dasharray:2 3}
.mark circle{fill:var(--ink)}.mark text{fill:var(--card);font-size:9px;font-weight:700}
.marks{margin:4px 0 12px;padding:0;list-style:none;counter-reset:mark;font-size:12px;color:var(--soft);display:flex;flex-wrap:wrap;gap:2px 14px}
.marks li{counter-increment:mark}
.marks li::before{content:counter(mark) ' ';font-weight:700;color:var(--ink)}
.below{display:flex;gap:20px;justify-content:space-between;align-items:flex-end;flex-wrap:wrap}
.facts{display:flex;gap:20px;flex-wrap:wrap;flex:1 1 220px}
.facts dl{margin:0;flex:1 1 200px}
.facts dl>div{display:flex;justify-content:space-between;gap:12px;border-bottom:1px solid var(--line);padding:2px 0;font-size:13px}
.facts dl>div:last-child{border:0}
dt{color:var(--soft)}dd{margin:0;font-weight:600;text-align:right}
dd small{font-weight:400}
.logged-out-text,.revived-text{color:var(--out-text)}.unreachable-text{color:var(--reach-text)}.older-text{color:var(--older-text)}
figure{margin:0}
figcaption{font-size:12px;color:var(--soft);margin-top:4px}
.items .was{fill:var(--stays)}.items .is{fill:var(--accent)}
.flows{display:flex;flex-wrap:wrap;gap:10px 44px;margin:0 0 20px}
.flows h4{flex:1 0 100%}
.flow{flex:0 1 320px}
.flow svg{width:100%;height:auto}
.flow figcaption b{color:var(--ink);display:block}
.stays{fill:var(--stays);fill-opacity:.45}.moves{fill:var(--moves);fill-opacity:.55}
.node rect{fill:var(--ink);fill-opacity:.7}
footer{margin-top:56px;border-top:1px solid var(--line);padding-top:18px;font-size:13px;color:var(--soft);max-width:80ch}
.shown{color:var(--ink);font-size:18px;margin-bottom:12px}
.strategies{display:grid;gap:4px 24px;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));font-size:13px;margin:20px 0}
.strategies div{display:flex;gap:8px}.strategies dt{color:var(--ink);font-weight:600;flex:none}.strategies dd{color:var(--soft);font-weight:400;text-align:left}
@media (max-width:860px){
main{padding:24px 16px 48px}h1{font-size:28px}
.matrix,.matrix tbody,.matrix tr,.matrix tbody th{display:block}
.matrix thead{display:none}
.matrix tr{margin-top:16px}
.matrix td{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 12px;text-align:right;padding:6px 12px;margin-top:3px}
.matrix td::before{content:attr(data-strategy);text-align:left;font-weight:600;grid-row:span 4;font-size:14px}
.matrix td small,.matrix td b{grid-column:2}
.matrix td.absent{padding:2px 12px}}
@media print{body{background:#fff}.card,.flow{break-inside:avoid}}
`;
