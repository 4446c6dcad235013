/** How the page looks. */
export const VIEWER_STYLES = `*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:flex;flex-direction:column;background:var(--back);color:var(--text);
  font:13px/1.45 ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif}
[hidden]{display:none!important}
header{display:flex;flex-wrap:wrap;gap:6px 20px;align-items:center;padding:10px 14px 8px;border-bottom:1px solid var(--line)}
h1{font-size:15px;font-weight:600;margin:0;flex:1 1 auto}
.tools{display:flex;gap:6px;align-items:center}
input,button{font:inherit;color:inherit;background:var(--back);border:1px solid var(--line);border-radius:6px;padding:3px 10px}
input{width:270px}
button{cursor:pointer;min-width:32px}
button:hover{background:var(--stripe)}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
#found{min-width:72px;color:var(--faint);font-variant-numeric:tabular-nums}
.legend{flex-basis:100%;display:flex;flex-wrap:wrap;gap:4px 16px;color:var(--faint);font-size:12px}
.legend span{display:inline-flex;align-items:center;gap:6px}
.legend i{width:14px;height:10px;border-radius:2px}
#map{flex:none;cursor:pointer;border-bottom:1px solid var(--line)}
#scroll{flex:1;min-height:0;overflow:hidden auto;position:relative}
#chart{position:sticky;top:0;display:block;cursor:default;touch-action:pan-y}
#details{flex:none;max-height:38%;overflow:auto;padding:10px 14px 12px;border-top:1px solid var(--line);background:var(--stripe)}
.title{display:flex;gap:10px;align-items:baseline}
.title strong{font-size:14px}
.title button{margin-left:auto}
.faint{color:var(--faint)}.bad{color:var(--bad)}.path{color:var(--path)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:8px 0 0}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
ul{margin:0;padding:0;list-style:none}
.link{border:0;padding:0;min-width:0;background:none;color:var(--accent)}
.link:hover{background:none;text-decoration:underline}
#tip{position:fixed;z-index:1;max-width:420px;padding:6px 10px;border-radius:6px;pointer-events:none;white-space:pre-wrap;
  overflow-wrap:anywhere;background:var(--text);color:var(--back);font-size:12px}
footer{flex:none;padding:5px 14px;color:var(--faint);font-size:12px;border-top:1px solid var(--line)}
kbd{font:inherit;padding:0 5px;border:1px solid var(--line);border-radius:4px}
`;
