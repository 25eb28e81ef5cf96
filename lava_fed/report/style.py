"""The style sheet: system fonts, colours that colour-blind readers can tell apart, day, night and print."""

from __future__ import annotations

_DAY = """
  --page: #ffffff; --panel: #f5f7f9; --ink: #16202b; --soft: #53606e; --hair: #dde3e9; --paper: #eef1f4;
  --global: #0060a8; --band: #0060a8; --alone: #b8480b; --pooled: #00795a; --up: #0060a8; --down: #6a8fb0;
  --hidden: #33414f; --input: #7a8794; --cell: #0060a8; --bright: #ffffff;
  --g0: #0060a8; --g1: #b8480b; --g2: #00795a; --g3: #9c4f80; --g4: #846600; --g5: #1f7a99;
  --g6: #33414f; --g7: #c2263f;
"""
_NIGHT = """
  --page: #10161d; --panel: #18212b; --ink: #e8edf2; --soft: #9fadbb; --hair: #2b3743; --paper: #1d2732;
  --global: #63b8f5; --band: #63b8f5; --alone: #f09a5a; --pooled: #45c9a0; --up: #63b8f5; --down: #547a9c;
  --hidden: #c9d3dd; --input: #7f8e9d; --cell: #4aa3e0; --bright: #08121c;
  --g0: #63b8f5; --g1: #f09a5a; --g2: #45c9a0; --g3: #dd9cc3; --g4: #e0c040; --g5: #7fd3ec;
  --g6: #c9d3dd; --g7: #ff8b9a;
"""
# Blue, vermilion and bluish green after Okabe and Ito, "Color Universal Design" (2008), darkened on the white
# page and lightened on the dark one until text in them has a contrast of at least 4.5 to 1.

_GROUPS = "\n".join(
    f"svg .curve.group-{n} {{ stroke: var(--g{n}); }} "
    f"svg .dot.group-{n}, svg .name.group-{n} {{ fill: var(--g{n}); }} "
    f"svg .area.group-{n} {{ fill: var(--g{n}); fill-opacity: .13; }}"
    for n in range(8)
)

STYLE = f"""
:root {{ color-scheme: light dark; {_DAY} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_NIGHT} }} }}
* {{ box-sizing: border-box; }}
html {{ -webkit-text-size-adjust: 100%; }}
body {{
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}}
main {{ max-width: 1120px; margin: 0 auto; padding: 44px 24px 64px; }}
.eyebrow {{ margin: 0; color: var(--soft); font-size: 14px; overflow-wrap: anywhere; }}
h1 {{ margin: 6px 0 10px; font-size: clamp(26px, 4.6vw, 42px); line-height: 1.14; letter-spacing: -0.02em;
  font-weight: 680; text-wrap: balance; overflow-wrap: anywhere; }}
h2 {{ margin: 52px 0 4px; font-size: 22px; line-height: 1.25; letter-spacing: -0.01em; font-weight: 650; }}
h3 {{ margin: 0 0 2px; font-size: 16px; line-height: 1.35; font-weight: 640; overflow-wrap: anywhere; }}
p {{ margin: 0 0 12px; max-width: 68ch; }}
.lede {{ font-size: 18px; color: var(--soft); text-wrap: pretty; }}
.numbers {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 0; margin: 30px 0 8px;
  border-block: 1px solid var(--hair); }}
.numbers div {{ padding: 18px 20px 16px 0; display: flex; flex-direction: column; }}
.numbers dt {{ order: 2; color: var(--soft); font-size: 14px; line-height: 1.4; }}
.numbers dd {{ order: 1; margin: 0; font-size: 38px; font-weight: 660; letter-spacing: -0.025em; line-height: 1.15;
  font-variant-numeric: tabular-nums; }}
.numbers .global {{ color: var(--global); }} .numbers .alone {{ color: var(--alone); }}
.numbers .pooled {{ color: var(--pooled); }}
figure {{ margin: 22px 0 0; min-width: 0; break-inside: avoid; }}
figcaption {{ margin-top: 8px; color: var(--soft); font-size: 14px; line-height: 1.5; max-width: 72ch; }}
.grid {{ display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px 44px; }}
svg {{ display: block; width: 100%; height: auto; overflow: visible; margin-top: 8px; }}
svg.narrow {{ display: none; }}
svg text {{ font-family: inherit; font-size: 12.5px; fill: var(--ink); font-variant-numeric: tabular-nums; }}
svg .tick {{ fill: var(--soft); font-size: 12px; }} svg .axis {{ fill: var(--soft); font-size: 12px; }}
svg .strong {{ font-weight: 700; font-size: 12px; }}
svg .grid {{ stroke: var(--hair); stroke-width: 1; }} svg .base {{ stroke: var(--soft); stroke-width: 1; }}
svg .band {{ fill: var(--band); fill-opacity: .16; }}
svg .curve {{ fill: none; stroke-width: 2.6; stroke-linejoin: round; stroke-linecap: round; }}
svg .curve.global {{ stroke: var(--global); }} svg .dot.global {{ fill: var(--global); }}
svg .baseline {{ fill: none; stroke-width: 1.8; stroke-linejoin: round; }}
svg .baseline.alone {{ stroke: var(--alone); stroke-dasharray: 2 4; stroke-linecap: round; }}
svg .baseline.pooled {{ stroke: var(--pooled); stroke-dasharray: 8 5; }}
svg .name {{ font-weight: 620; }} svg .name.global {{ fill: var(--global); }}
svg .name.alone {{ fill: var(--alone); }} svg .name.pooled {{ fill: var(--pooled); }}
svg .name.band-name {{ fill: var(--soft); font-weight: 400; }}
svg .up {{ fill: var(--up); }} svg .down {{ fill: var(--down); }} svg .events {{ fill: var(--hidden); }}
svg .compute, svg .fate-answered {{ fill: var(--global); }} svg .learning {{ fill: var(--pooled); }}
svg .radio, svg .fate-failed {{ fill: var(--alone); }} svg .fate-silent {{ fill: var(--input); }}
svg .fate-refused {{ fill: var(--hidden); }} svg .fate-stale {{ fill: var(--down); }}
{_GROUPS}
svg .bar.before {{ fill: var(--input); }} svg .bar.after {{ fill: var(--global); }}
svg .name.before {{ fill: var(--soft); }} svg .name.after {{ fill: var(--global); }}
svg .paper {{ fill: var(--paper); }} svg .cell {{ fill: var(--cell); }}
svg .cell-text {{ font-size: 11px; }} svg .cell-text.bright {{ fill: var(--bright); font-weight: 600; }}
svg .spike {{ fill: none; }} svg .spike.output {{ stroke: var(--global); }}
svg .spike.hidden {{ stroke: var(--hidden); }} svg .spike.input {{ stroke: var(--input); }}
.scroll {{ overflow-x: auto; margin: 6px 0 0; }}
table {{ border-collapse: collapse; font-size: 14px; line-height: 1.4; font-variant-numeric: tabular-nums; }}
.part {{ margin: 18px 0 26px; }}
th, td {{ padding: 5px 16px 5px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--hair);
  white-space: nowrap; }}
th {{ color: var(--soft); font-weight: 500; vertical-align: bottom; white-space: normal; line-height: 1.25; }}
.right {{ text-align: right; }} tr > :last-child {{ padding-right: 0; }}
.origin {{ display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 22px;
  font-size: 14px; margin: 14px 0; }}
.origin dt {{ color: var(--soft); }}
.origin dd {{ margin: 0; overflow-wrap: anywhere; white-space: pre-wrap;
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 13px; }}
@media (max-width: 720px) {{
  main {{ padding: 26px 16px 44px; }}
  .grid {{ grid-template-columns: minmax(0, 1fr); }}
  svg.wide {{ display: none; }} svg.narrow {{ display: block; }}
  .lede {{ font-size: 17px; }} h2 {{ margin-top: 42px; }}
  .numbers {{ grid-template-columns: 1fr; }}
  .numbers div {{ padding: 12px 0 10px; border-bottom: 1px solid var(--hair); }}
  .numbers div:last-child {{ border: 0; }}
  .origin {{ grid-template-columns: minmax(0, 1fr); gap: 0; }} .origin dd {{ margin-bottom: 8px; }}
}}
@media print {{
  :root {{ {_DAY} }}
  @page {{ margin: 16mm 14mm; }}
  body {{ font-size: 10.5pt; }} main {{ padding: 0; max-width: none; }}
  .grid {{ grid-template-columns: repeat(2, minmax(0, 1fr)); }}
  svg.wide {{ display: none; }} svg.narrow {{ display: block; max-width: 125mm; }}
  .numbers {{ grid-template-columns: repeat(4, 1fr); }} .numbers dd {{ font-size: 22pt; }}
  h1 {{ font-size: 24pt; }} h2 {{ margin-top: 26px; font-size: 15pt; }} .lede {{ font-size: 12pt; }}
  .part {{ break-inside: avoid; }}
  h2, h3 {{ break-after: avoid; }} tr, .numbers, .numbers div {{ break-inside: avoid; }}
  .scroll {{ overflow: visible; }} table {{ font-size: 8pt; }} .origin dd {{ font-size: 8pt; }}
  th, td {{ padding-right: 9px; }}
  * {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
}}
"""
