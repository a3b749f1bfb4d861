/** How a report looks; it goes into the file itself, so that the file can be sent and printed. */
export const REPORT_STYLE = `
body{margin:0;background:#f6f7f9;color:#1c2430;font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}
main{max-width:1040px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:24px}h2{font-size:18px;margin:0 0 8px}
section,.facts{background:#fff;border:1px solid #dfe3e8;border-radius:6px;padding:14px 16px;margin:14px 0;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;margin:6px 0}
th,td{text-align:left;padding:4px 8px;border-bottom:1px solid #e6e9ed;vertical-align:top}
th{font-weight:600}small{color:#667}summary{cursor:pointer;margin:8px 0}
svg{width:100%;height:auto;display:block;margin:4px 0}svg.roc{max-width:420px}
.title{font-size:13px;font-weight:600}.tick{font-size:11px;fill:#556}
.grid{stroke:#d8dde3;stroke-width:1}.frame{fill:none;stroke:#99a}
.line{fill:none;stroke:#1c2430;stroke-width:1.2}.bars{fill:none;stroke:#1f7a8c;stroke-width:1}
.dot{fill:#1c2430}.event{fill:#7a1fa2}.onset{stroke:#7a1fa2;stroke-dasharray:2 3}
@media print{body{background:#fff}section{break-inside:avoid}}
`;
