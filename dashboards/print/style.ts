/** The printed pages' one style sheet; fonts are those of the machine, nothing is fetched from elsewhere. */
export const PRINT_CSS = `@page { size: A4 portrait; margin: 12mm; }
@page map { size: A4 landscape; margin: 8mm; }
* { box-sizing: border-box; }
html { font: 10.5pt/1.45 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #111; }
body { margin: 0 auto; max-width: 186mm; background: #fff; }
.sheet { break-after: page; position: relative; padding: 2mm 0; }
.sheet:last-child { break-after: auto; }
.sheet.map { page: map; width: 280mm; }
body:has(.sheet.map) { max-width: 281mm; }
.sheet.half { break-after: auto; break-inside: avoid; border: 0.5mm solid #111; padding: 4mm 5mm; margin: 0 0 6mm; }
header { display: flex; align-items: center; gap: 4mm; border-bottom: 0.5mm solid #b3261e; margin-bottom: 3mm; }
h1 { font-size: 16pt; margin: 0 0 1mm; overflow-wrap: anywhere; }
.half h1 { font-size: 13pt; }
h2 { font-size: 11.5pt; margin: 4mm 0 1.5mm; break-after: avoid; }
.drill { border: 0.7mm solid #b3261e; color: #b3261e; font-size: 15pt; padding: 0 3mm; white-space: nowrap; }
body.is-drill .sheet { outline: 1mm dashed #b3261e; outline-offset: -0.5mm; padding: 4mm; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { border: 0.2mm solid #555; padding: 0.8mm 1.5mm; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #f0f0f0; font-weight: 600; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
.facts th { width: 24mm; }
.narrow { width: 13mm; }
.wide { width: 52mm; }
.number { width: 17mm; }
.tel { width: 29mm; font-variant-numeric: tabular-nums; }
.level { width: 17mm; font-weight: 600; }
.level.red { background: #f6c9c5; } .level.orange { background: #fbdcb8; }
.level.yellow { background: #fbf3b0; } .level.blue { background: #cfe0f7; }
footer { margin-top: 2.5mm; font-size: 8pt; color: #444; }
.note { font-size: 9pt; color: #444; margin: 1.5mm 0; }
.map svg { width: 100%; height: auto; max-height: 168mm; display: block; }
.map footer { margin-top: 1mm; }
@media screen { body { padding: 6mm; max-width: 200mm; } body:has(.sheet.map) { max-width: 295mm; } }
@media print { th, .level { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
