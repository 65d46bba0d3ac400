namespace Back2Code.Lab.Reports;

/// <summary>The style sheet of <c>report.html</c>. Colours keep a contrast of at least 4.5 to 1 for text in both schemes; series differ by dash as well as by colour.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --paper: #ffffff; --sheet: #f6f7f9; --ink: #16202c; --soft: #566372; --rule: #dde2e8; --accent: #1f5fbf;
          --ok: #3f7fd9; --failed: #d1352b; --p50: #1f6fd1; --p95: #a85b00; --p99: #b3261e; --fault: #d1352b; --fired: #7a3db8; --resolved: #1a7f4b;
          --good: #1a7f4b; --good-soft: #e3f4ea; --bad: #b3261e; --bad-soft: #fdeae8; --flat-soft: #e9edf2; }
        @media (prefers-color-scheme: dark) { :root { --paper: #10151c; --sheet: #19212b; --ink: #e6ebf1; --soft: #9aa7b5; --rule: #2b3642; --accent: #7fb2ff;
          --ok: #4f8fe6; --failed: #ff6b60; --p50: #6cb0ff; --p95: #f0a64a; --p99: #ff8278; --fault: #ff6b60; --fired: #c79bff; --resolved: #57d08d;
          --good: #57d08d; --good-soft: #15301f; --bad: #ff8278; --bad-soft: #3a1a18; --flat-soft: #232d38; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 1040px; margin: 0 auto; padding: 32px 20px 64px; }
        header .kicker { color: var(--soft); font-size: 14px; margin: 0 0 4px; }
        h1 { font-size: 30px; line-height: 1.2; margin: 0 0 12px; letter-spacing: -0.01em; }
        h2 { font-size: 20px; margin: 40px 0 10px; padding-top: 14px; border-top: 1px solid var(--rule); }
        h3 { font-size: 16px; margin: 22px 0 6px; }
        p { margin: 8px 0; max-width: 74ch; }
        .lead { color: var(--soft); white-space: pre-line; }
        .badge { display: inline-block; padding: 2px 12px; border-radius: 999px; font-weight: 600; font-size: 14px; background: var(--flat-soft); }
        .badge.good { background: var(--good-soft); color: var(--good); }
        .badge.bad { background: var(--bad-soft); color: var(--bad); }
        .verdict { display: flex; flex-wrap: wrap; gap: 12px; align-items: baseline; margin: 0 0 10px; }
        .reason { border-left: 4px solid var(--bad); background: var(--bad-soft); padding: 10px 14px; border-radius: 0 6px 6px 0; max-width: none; overflow-wrap: anywhere; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 12px; margin: 18px 0 0; padding: 0; list-style: none; }
        .facts li { background: var(--sheet); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px; border-top: 3px solid var(--rule); }
        .facts li.good { border-top-color: var(--good); } .facts li.bad { border-top-color: var(--bad); }
        .facts .name { color: var(--soft); font-size: 13px; display: block; } .facts .value { font-size: 20px; font-weight: 650; font-variant-numeric: tabular-nums; display: block; overflow-wrap: anywhere; }
        .facts .note { color: var(--soft); font-size: 13px; display: block; }
        table { border-collapse: collapse; width: 100%; font-size: 15px; } th, td { text-align: left; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
        th { color: var(--soft); font-weight: 600; font-size: 13px; } td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 16px; }
        .scroll { overflow-x: auto; } .met { color: var(--good); font-weight: 600; } .missed { color: var(--bad); font-weight: 700; } small, .small { color: var(--soft); font-size: 13px; }
        .dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 8px; background: var(--soft); }
        .dot.fault { background: var(--fault); } .dot.users { background: var(--p95); } .dot.signal { background: var(--fired); } .dot.recovery { background: var(--resolved); }
        code { font: 14px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--sheet); padding: 1px 5px; border-radius: 4px; overflow-wrap: anywhere; }
        figure { margin: 16px 0 24px; } figcaption { font-weight: 600; margin-bottom: 4px; }
        .chart { width: 100%; height: auto; background: var(--sheet); border: 1px solid var(--rule); border-radius: 10px; display: block; }
        .chart text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--soft); } .chart .legend { fill: var(--ink); }
        .chart .grid { stroke: var(--rule); } .chart .axis { stroke: var(--soft); } .chart .band { fill: var(--fault); opacity: 0.13; } .chart .mark-label.fault { fill: var(--fault); }
        .chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; } .chart .swatch { stroke-width: 10; }
        .chart .line.p50 { stroke: var(--p50); } .chart .line.p95 { stroke: var(--p95); stroke-dasharray: 7 3; } .chart .line.p99 { stroke: var(--p99); stroke-dasharray: 2 3; }
        .chart .bar.ok { fill: var(--ok); } .chart .bar.failed { fill: var(--failed); } .chart .swatch.ok { stroke: var(--ok); } .chart .swatch.failed { stroke: var(--failed); }
        .chart .mark { stroke-width: 1.5; stroke-dasharray: 4 3; } .chart .mark.fault { stroke: var(--fault); } .chart .mark.fired { stroke: var(--fired); } .chart .mark.resolved, .chart .mark.recovered { stroke: var(--resolved); }
        .chart .mark-label { font-weight: 600; } .chart .mark-label.fired { fill: var(--fired); } .chart .mark-label.resolved, .chart .mark-label.recovered { fill: var(--resolved); }
        .chart .dot-mark { stroke: var(--p50); stroke-width: 1.5; } .chart .dot-mark.pareto { fill: var(--p50); } .chart .dot-mark.beaten { fill: none; stroke: var(--soft); }
        details { margin: 10px 0; } summary { cursor: pointer; color: var(--accent); }
        .question { background: var(--sheet); border: 1px solid var(--rule); border-radius: 10px; padding: 4px 18px 12px; margin: 12px 0; }
        footer { margin-top: 48px; color: var(--soft); font-size: 13px; }
        @media print { body { font-size: 12px; } .chart, figure, .question, tr { break-inside: avoid; } }
        """;
}
