using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Monitoring.StatusPage;

/// <summary>The page's style sheet. Text has a contrast of at least 4.5 to 1 in both schemes.</summary>
internal static class StatusStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --paper: #fff; --sheet: #f6f7f9; --ink: #16202c; --soft: #566372; --rule: #dde2e8; --accent: #1f5fbf;
          --ok: #1a7f4b; --ok-soft: #e3f4ea; --warning: #8a5300; --warning-soft: #fdf1dc; --critical: #b3261e; --critical-soft: #fdeae8; --unknown: #5b4a8a; --unknown-soft: #eeeaf8; --flat-soft: #e9edf2; }
        @media (prefers-color-scheme: dark) { :root { --paper: #10151c; --sheet: #19212b; --ink: #e6ebf1; --soft: #9aa7b5; --rule: #2b3642; --accent: #7fb2ff;
          --ok: #57d08d; --ok-soft: #15301f; --warning: #f0b45a; --warning-soft: #35270f; --critical: #ff8278; --critical-soft: #3a1a18; --unknown: #b9a6f2; --unknown-soft: #262040; --flat-soft: #232d38; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 1040px; margin: 0 auto; padding: 28px 20px 56px; }
        header { border-radius: 14px; padding: 20px 24px; background: var(--flat-soft); border-left: 6px solid var(--soft); }
        header.ok { background: var(--ok-soft); border-color: var(--ok); } header.warning { background: var(--warning-soft); border-color: var(--warning); }
        header.critical { background: var(--critical-soft); border-color: var(--critical); } header.unknown { background: var(--unknown-soft); border-color: var(--unknown); }
        .kicker { margin: 0; font-size: 14px; } h1 { font-size: 30px; line-height: 1.2; margin: 2px 0 4px; letter-spacing: -0.01em; } .lead { margin: 0; }
        .mark { display: inline-block; width: 16px; height: 16px; border-radius: 50%; margin-right: 12px; background: var(--soft); }
        .ok .mark { background: var(--ok); } .warning .mark { background: var(--warning); } .critical .mark { background: var(--critical); } .unknown .mark { background: var(--unknown); }
        h2 { font-size: 20px; margin: 36px 0 10px; } a { color: var(--accent); } header a { color: inherit; }
        .cards { list-style: none; margin: 0; padding: 0; display: grid; gap: 12px; } .cards.grid { grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); }
        .cards li { background: var(--sheet); border: 1px solid var(--rule); border-left: 4px solid var(--soft); border-radius: 10px; padding: 12px 14px; overflow-wrap: anywhere; }
        .cards li.ok { border-left-color: var(--ok); } .cards li.warning { border-left-color: var(--warning); } .cards li.critical { border-left-color: var(--critical); } .cards li.unknown { border-left-color: var(--unknown); }
        .note { display: block; color: var(--soft); font-size: 13px; font-weight: 400; }
        .warn { background: var(--warning-soft); color: var(--warning); border-radius: 8px; padding: 8px 14px; }
        .badge { display: inline-block; padding: 1px 10px; border-radius: 999px; font-weight: 600; font-size: 13px; background: var(--flat-soft); white-space: nowrap; }
        .badge.ok { background: var(--ok-soft); color: var(--ok); } .badge.warning { background: var(--warning-soft); color: var(--warning); }
        .badge.critical { background: var(--critical-soft); color: var(--critical); } .badge.unknown { background: var(--unknown-soft); color: var(--unknown); }
        .badge.warning::before { content: "! "; } .badge.critical::before { content: "!! "; } .badge.unknown::before { content: "? "; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 15px; }
        th, td { text-align: left; padding: 8px 14px 8px 0; border-bottom: 1px solid var(--rule); vertical-align: top; } thead th { color: var(--soft); font-weight: 600; font-size: 13px; }
        tbody th { font-weight: 600; } td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .bar { vertical-align: middle; margin-right: 6px; } .bar .track { fill: var(--rule); } .bar .ok { fill: var(--ok); } .bar .warning { fill: var(--warning); } .bar .critical { fill: var(--critical); }
        code { font: 14px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; } footer { margin-top: 44px; color: var(--soft); font-size: 13px; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        @media print { header, .cards li, tr { break-inside: avoid; } }
        """;

    /// <summary>Names the style sheet in the page's policy, so that no other style has any effect.</summary>
    public static readonly string Hash = $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Css)))}'";
}
