/**
 * How the page looks: one scale of type (12, 14, 16, 20, 32 and 44 pixels), steps of 4 pixels, eight colours for
 * nodes, and three for states. Every text has a contrast of 4.5 to 1 at least, in light and dark.
 */
export const STYLE = `
:root{color-scheme:light dark;
--paper:#f5f4f0;--card:#fff;--ink:#1a1e23;--soft:#59626d;--line:#dedbd3;--track:#e8e5dd;--on:#fff;
--good:#1d7348;--warn:#8a5600;--bad:#b3261e;--accent:#1f5fa8;
--n1:#2563a8;--n2:#99560a;--n3:#1f7a4d;--n4:#7446b0;--n5:#b0375b;--n6:#0f7079;--n7:#66660f;--n8:#52607a;
--calm:#8b95a1;--calmer:#c3c9d0}
@media (prefers-color-scheme:dark){:root{
--paper:#101317;--card:#181c22;--ink:#e8eaed;--soft:#a3acb7;--line:#2b323b;--track:#262d35;--on:#0f1318;
--good:#6fcf9b;--warn:#f0b45a;--bad:#ff8d83;--accent:#82b8f2;
--n1:#7db4f0;--n2:#f0b45a;--n3:#6fcf9b;--n4:#bf9bf2;--n5:#f08aa6;--n6:#62c9d4;--n7:#cfcf6a;--n8:#a9b6cc;
--calm:#7d8894;--calmer:#4b5560}}
.n1{--c:var(--n1)}.n2{--c:var(--n2)}.n3{--c:var(--n3)}.n4{--c:var(--n4)}.n5{--c:var(--n5)}.n6{--c:var(--n6)}.n7{--c:var(--n7)}.n8{--c:var(--n8)}
*{box-sizing:border-box;margin:0}
body{background:var(--paper);color:var(--ink);font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
body>header{display:flex;align-items:center;justify-content:space-between;gap:8px 24px;flex-wrap:wrap;max-width:1560px;margin:0 auto;padding:20px 32px 0}
.brand{display:flex;align-items:center;gap:12px;color:var(--soft);min-width:0}
.brand span{overflow-wrap:anywhere}
.brand b{white-space:nowrap;color:var(--ink);font-size:16px}
.brand svg{width:24px;height:24px;flex:none}
.brand circle{fill:none;stroke-width:5}
.live{display:flex;align-items:center;gap:8px;color:var(--soft)}
.live::before{content:'';width:8px;height:8px;border-radius:50%;background:var(--good)}
.live.lost{color:var(--bad);font-weight:600}.live.lost::before{background:var(--bad);border-radius:0}
main{max-width:1560px;margin:0 auto;padding:24px 32px 64px;display:grid;gap:24px;grid-template-columns:minmax(0,1fr)}
section{min-width:0}
h1{font-size:32px;line-height:1.2;letter-spacing:-.02em;font-weight:650;text-wrap:balance}
h1.trouble{color:var(--bad)}
#headline p{color:var(--soft);font-size:16px;margin-top:8px;max-width:80ch}
h2{font-size:16px;font-weight:650;margin-bottom:4px}
h3{font-size:14px;font-weight:600;min-width:0;overflow-wrap:anywhere}
ul,ol{list-style:none;padding:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:16px;padding:20px 24px 24px}
.explains,.none{color:var(--soft);font-size:14px;margin-top:8px}
.error{color:var(--bad);margin-top:8px;overflow-wrap:anywhere}
.figure{color:var(--soft)}.figure b{color:var(--ink);font-weight:650}
button{font:inherit;color:inherit;background:var(--card);cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.badge{display:inline-grid;place-items:center;min-width:24px;height:24px;padding:0 5px;border-radius:12px;background:var(--c);color:var(--on);font-size:14px;font-weight:650;line-height:1}
#ring{text-align:center}#ring h2,#ring .explains{text-align:left}
.ring{width:100%;max-width:560px;height:auto;margin:0 auto;display:block}
.ring circle{fill:none;transition:stroke-dasharray .6s,stroke-dashoffset .6s}
.ring .track{stroke:var(--track)}
.ring .arc,.ring .origin{stroke:var(--c)}
.ring .origin.gone{stroke:var(--calm)}
.ring .stripes{stroke:url(#hatch)}
.hatch{fill:var(--card);fill-opacity:.5}
.ring .disc{fill:var(--c)}
.ring text{font-size:16px;fill:var(--soft)}.ring text:not(.left,.right){text-anchor:middle}
.ring .label text{fill:var(--on);font-weight:650;font-size:17px}
.ring .right{text-anchor:start}.ring .left{text-anchor:end}
.ring .label .share{fill:var(--ink);font-size:16px;font-weight:600}
.ring .from{fill:var(--on);font-size:13px;font-weight:650}
.ring .total{font-size:52px;font-weight:650;letter-spacing:-.02em;fill:var(--ink)}
.ring .unit{font-size:17px}.ring .strong{fill:var(--ink);font-weight:650}
.nodes{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));margin-top:12px}
.node{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--c);border-radius:12px;padding:12px 16px 16px;min-width:0}
.node.is-down{border-top-style:dashed}
.node.is-gone{border-top-style:dotted}
.node header{display:flex;align-items:center;gap:8px;flex-wrap:wrap}
.node h3{flex:1}
.point-out{border:0;background:none;padding:4px;margin:-4px;border-radius:16px;display:grid}
.point-out[aria-pressed=true] .badge{box-shadow:0 0 0 2px var(--card),0 0 0 4px var(--c)}
.state{display:inline-flex;align-items:center;gap:6px;font-weight:600;color:var(--good)}
.state.down{color:var(--bad)}.state.leaving{color:var(--warn)}.state.gone{color:var(--soft)}
.state svg,.story svg{width:10px;height:10px;fill:currentColor;flex:none}
.holds{display:grid;grid-template-columns:1fr auto;gap:0 12px;align-items:baseline;margin:10px 0 8px;color:var(--soft)}
.holds b{color:var(--ink);font-weight:650}.holds p:first-child b{font-size:20px}
.chart{display:block;width:100%;overflow:hidden}
.chart.level{height:6px;border-radius:3px;grid-column:1/-1;margin-top:4px}
.level .track{fill:var(--track)}.level .fill{fill:var(--c,var(--accent));transition:width .6s}
.level.unknown .fill{fill-opacity:.45}
.spark{height:36px;border-bottom:1px solid var(--line)}
.under{fill:var(--c);fill-opacity:.14}.line{fill:none;stroke:var(--c);stroke-width:1.5;vector-effect:non-scaling-stroke}
dl{display:grid;grid-template-columns:1fr 1fr;gap:2px 16px;margin-top:8px}
dl div{display:flex;justify-content:space-between;gap:8px;min-width:0}
dt{color:var(--soft)}dd{font-weight:600;text-align:right}
.warns dd{color:var(--warn)}
.areas{height:180px;margin-top:12px;border-bottom:1px solid var(--line)}
.area{fill:var(--c);fill-opacity:.82;stroke:var(--card);stroke-width:1;vector-effect:non-scaling-stroke}
.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:12px;margin-top:4px}
.key{display:flex;flex-wrap:wrap;gap:8px 16px;margin-top:12px;color:var(--soft)}
.key b:not(.badge){color:var(--ink);font-weight:650}
.key i{display:inline-block;width:12px;height:12px;border-radius:3px;background:var(--c);margin-right:6px;vertical-align:-1px}
.strips{display:grid;gap:8px;margin-top:12px}
.strips li{display:grid;grid-template-columns:auto minmax(0,1fr);gap:0 12px;align-items:end}
.strips span{grid-column:2;color:var(--soft);font-size:12px}
.bars{height:36px;border-bottom:1px solid var(--line)}
.bar{fill:var(--c)}
.c-expired,.c-destroyed,.c-revoked{--c:var(--calmer)}.c-not-there,.c-unknown{--c:var(--calm)}
.c-evicted{--c:var(--n2)}.c-node-restarted{--c:var(--n5)}.c-node-lost{--c:var(--bad)}.c-flushed{--c:var(--n4)}.c-other-cluster,.c-foreign{--c:var(--n6)}
.moves{display:grid;gap:20px;margin-top:12px}.arrived{margin-top:8px;font-variant-numeric:tabular-nums}
.what{display:flex;flex-wrap:wrap;align-items:center;gap:4px 6px;font-weight:600}
.steps{display:grid;grid-template-columns:repeat(3,1fr);gap:4px;margin:8px 0;font-size:12px;color:var(--soft)}
.steps li{border-top:4px solid var(--track);padding-top:4px}
.steps .done{border-color:var(--good)}.steps .done::before{content:'✓ '}
.steps .now{border-color:var(--accent);color:var(--ink);font-weight:650}
.story{display:grid;gap:12px;margin-top:12px;max-height:420px;overflow:auto}
.story li{display:grid;grid-template-columns:auto 10px minmax(0,1fr);gap:0 10px;align-items:start}
.story svg{margin-top:6px}
.story time{color:var(--soft)}
.story .explains{margin-top:0}
.story .what{overflow-wrap:anywhere}
.story .cost svg,.story .cost .what>b:not(.badge){color:var(--bad)}.story .gain svg{color:var(--good)}.story .change svg{color:var(--accent)}
noscript{display:block;max-width:1560px;margin:0 auto;padding:0 32px 40px}
#said{position:fixed;inset:auto 16px 16px;width:fit-content;max-width:calc(100% - 32px);margin:0 auto;padding:8px 16px;border-radius:8px;background:var(--ink);color:var(--paper);overflow-wrap:anywhere}
#said:empty{display:none}
@media (min-width:1100px){
main{grid-template-columns:repeat(12,minmax(0,1fr))}
main>section{grid-column:1/-1}
main{grid-template-rows:auto auto 1fr}
#ring{grid-column:span 5;grid-row:span 2;align-self:start;position:sticky;top:24px}#nodes{grid-column:span 7}
#moves{grid-column:span 3}#story{grid-column:span 4}
#requests,#misses{grid-column:span 6}}
@media (min-width:1500px){#ring{grid-column:span 4}#nodes{grid-column:span 8}#moves,#story{grid-column:span 4}.nodes.pairs{grid-template-columns:1fr 1fr}}
@media (max-width:560px){
body>header,main{padding-left:16px;padding-right:16px}
main{gap:16px;padding-top:16px}
h1{font-size:24px}
.card{padding:16px;border-radius:12px}}
@media (prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media (forced-colors:active){.badge,.arc,.origin,.disc,.area,.bar,.fill,.key i{forced-color-adjust:none}}
`;
