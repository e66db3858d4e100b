"""The colours of a diagram: light and dark, each text at least 4.5:1 on what it stands on."""

LIGHT = "--ink:#1a202c;--soft:#4a5568;--page:#fff;--box:#f7fafc;--inside:#edf2f7;--mark:#bfdbfe;--edge:#1d4ed8"
DARK = "--ink:#f1f5f9;--soft:#b6c2d1;--page:#12161c;--box:#1e2530;--inside:#181d26;--mark:#1e3a8a;--edge:#93c5fd"

STYLE = f"""
.statechart{{{LIGHT};color-scheme:light dark;max-width:none}}
@media (prefers-color-scheme:dark){{.statechart{{{DARK}}}}}
.statechart .page{{fill:var(--page)}}
.statechart text{{fill:var(--ink)}}
.statechart .title{{font-weight:600}}
.statechart .small{{fill:var(--soft)}}
.statechart .box{{fill:var(--box);stroke:var(--soft);stroke-width:1.25}}
.statechart .composite>.box{{fill:var(--inside)}}
.statechart .region>.box{{fill:none;stroke:none}}
.statechart .any>.box{{stroke-dasharray:4 3}}
.statechart .inner{{fill:none;stroke:var(--soft)}}
.statechart .current>.box{{fill:var(--mark);stroke:var(--edge);stroke-width:3.5}}
.statechart .current>.small{{fill:var(--ink)}}
.statechart .around>.box{{stroke:var(--edge);stroke-width:2.5}}
.statechart .region.around>.box{{stroke:none}}
.statechart .wire,.statechart .divider{{stroke:var(--soft);stroke-width:1.25}}
.statechart .head,.statechart .dot{{fill:var(--soft)}}
"""
