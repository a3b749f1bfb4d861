/** `fengsui reports`: what is owed to the tier above and to departments, and until when. Reads the files, acts over HTTP. */
import type { Command } from 'commander';
import { callApi } from '#cli/io/api-client.ts';
import { originMark } from '#cli/origin-mark.ts';
import type { Settings } from '#cli/settings.ts';
import { formatTable } from '#cli/table.ts';
import type { Origin } from '#model/reading.ts';
import type { UpReport } from '#model/report.ts';

type ListOptions = { readonly grid?: string; readonly alert?: string; readonly all: boolean; readonly json: boolean };

const STATE: { readonly [S in UpReport['state']]: string } = {
  due: '待报',
  overdue: '超时',
  done: '已报',
  waived: '免报',
};
const KIND: { readonly [K in UpReport['kind']]: string } = {
  telephone: '电话',
  written: '书面',
  followUp: '续报',
  final: '终报',
  copy: '抄告',
};
const at = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;
const rowOf = (report: UpReport, origin: Origin | undefined): readonly string[] => [
  `${originMark(origin)}${STATE[report.state]}`,
  `${KIND[report.kind]}${report.n > 1 ? ` ${report.n}` : ''}`,
  report.name.zh,
  report.gridCode,
  report.to.zh,
  at(report.dueAtMs),
  report.id,
];

async function listReports(settings: Settings, { grid, alert, all, json }: ListOptions): Promise<number> {
  const { openAlertReader } = await import('#alerts/io/alert-reader.ts');
  const { readCounty } = await import('#cli/load/io/read-county.ts');
  const { openReportReader } = await import('#alerts/io/reports/reader.ts');
  const county = grid === undefined ? readCounty(settings.countyDir, Date.now()) : undefined;
  const root = grid ?? (county?.ok === true ? county.value.county.code : undefined);
  if (root === undefined) {
    console.error(`The county in ${settings.countyDir} cannot be read: run fengsui check, or name --grid.`);
    return 1;
  }
  const reader = openReportReader(settings.dataDir);
  const reports = reader.list({
    gridCodes: [root],
    ...(all ? {} : { open: true }),
    ...(alert === undefined ? {} : { alertId: alert }),
  });
  reader.close();
  const alerts = openAlertReader(settings.dataDir);
  const rows = reports.map((report) => rowOf(report, alerts.get(report.alertId)?.origin));
  alerts.close();
  if (json) console.log(JSON.stringify(reports));
  else if (reports.length === 0) console.log('No report is owed.');
  else console.log(formatTable(['state', 'kind', 'report', 'grid', 'to', 'due', 'id'], rows));
  return 0;
}

async function endReport(action: 'done' | 'waive', id: string, note: string): Promise<number> {
  const answer = await callApi('POST', `/api/v1/reports/${encodeURIComponent(id)}/${action}`, { note });
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  const { state } = answer.value.body as { readonly state?: string };
  console.log(answer.value.status === 202 ? `${id}: written down, alerts takes it when it is back` : `${id}: ${state}`);
  return 0;
}

export function addReportsCommand(program: Command, settings: () => Settings): void {
  const reports = program
    .command('reports')
    .option('--grid <code>', 'only this grid and what lies below it')
    .option('--alert <id>', 'only those of one alert')
    .option('--all', 'also those that are done or waived', false)
    .option('--json', 'as JSON', false)
    .description('reports upwards and copies (上报、抄告), the next due first')
    .action(async (options: ListOptions) => {
      process.exitCode = await listReports(settings(), options);
    });
  reports
    .command('done')
    .argument('<id>', 'as `fengsui reports` lists it')
    .option('--note <text>', 'what was said, to whom', '')
    .description('say that a report has been made (through the console)')
    .action(async (id: string, options: { note: string }) => {
      process.exitCode = await endReport('done', id, options.note);
    });
  reports
    .command('waive')
    .argument('<id>', 'as `fengsui reports` lists it')
    .requiredOption('--note <text>', 'why it need not be made')
    .description('say why a report need not be made (through the console)')
    .action(async (id: string, options: { note: string }) => {
      process.exitCode = await endReport('waive', id, options.note);
    });
}
