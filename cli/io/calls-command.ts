/** `fengsui calls`: who is being asked, who answered, and who stands on the not-reached list (未叫醒名单). Only reads. */
import type { Command } from 'commander';
import { originMark } from '#cli/origin-mark.ts';
import type { Settings } from '#cli/settings.ts';
import { formatTable } from '#cli/table.ts';
import type { Call, CallState } from '#model/call.ts';
import type { Origin } from '#model/reading.ts';

type CallsOptions = {
  readonly notReached: boolean;
  readonly alert?: string;
  readonly person?: string;
  readonly grid?: string;
  readonly limit: string;
  readonly json: boolean;
};

const STATE: { readonly [S in CallState]: string } = {
  told: '已告知',
  asking: '叫应中',
  answered: '已应答',
  cannot: '不能处置',
  silent: '未叫醒',
  reached: '已叫醒',
  stopped: '不再呼叫',
};

const at = (atMs: number | null): string => (atMs === null ? '-' : new Date(atMs).toISOString().slice(0, 19));
const how = ({ by }: Call): string => (by === null ? '' : `${by.id} ${by.how} ${by.note}`.trim());

const rowOf = (call: Call, origin: Origin | undefined): readonly string[] => [
  `${originMark(origin)}${STATE[call.state]}`,
  `${call.name} (${call.personId})`,
  call.gridCode,
  `${call.tries}/${call.triesAtMost}`,
  at(call.askedAtMs),
  at(call.nextDueMs),
  call.standsInFor ?? '-',
  call.alertId,
  how(call),
];
const HEADINGS = ['state', 'person', 'grid', 'tries', 'asked (UTC)', 'next', 'for', 'alert', 'how'];

async function listCalls(settings: Settings, options: CallsOptions): Promise<number> {
  const { openCallReader } = await import('#alerts/io/calls/reader.ts');
  const { openAlertReader } = await import('#alerts/io/alert-reader.ts');
  const { readCounty } = await import('#cli/load/io/read-county.ts');
  const county = readCounty(settings.countyDir, Date.now());
  const root = options.grid ?? (county.ok ? county.value.county.code : undefined);
  if (root === undefined) {
    console.error(`The county in ${settings.countyDir} cannot be read: run fengsui check, or name --grid.`);
    return 1;
  }
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) {
    console.error('--limit must be a whole number from 1 on.');
    return 2;
  }
  const reader = openCallReader(settings.dataDir);
  const { items, next } = reader.list(
    {
      gridCodes: [root],
      notReached: options.notReached,
      ...(options.alert === undefined ? {} : { alertId: options.alert }),
      ...(options.person === undefined ? {} : { personId: options.person }),
    },
    limit,
    null,
  );
  reader.close();
  const alerts = openAlertReader(settings.dataDir);
  const rows = items.map((call) => rowOf(call, alerts.get(call.alertId)?.origin));
  alerts.close();
  if (options.json) console.log(JSON.stringify({ items, next }));
  else if (items.length === 0)
    console.log(options.notReached ? 'Nobody stands on the not-reached list.' : 'Nobody has been asked.');
  else console.log(formatTable(HEADINGS, rows));
  if (!options.json && next !== null) console.log(`… more: --limit ${limit * 10}`);
  return 0;
}

export function addCallsCommand(program: Command, settings: () => Settings): void {
  program
    .command('calls')
    .option('--not-reached', 'only those who stand on the not-reached list of open alerts', false)
    .option('--alert <id>', 'only of this alert')
    .option('--person <id>', 'only of this person')
    .option('--grid <code>', 'only alerts of this grid and what lies below it')
    .option('--limit <count>', 'at most so many, newest first', '100')
    .option('--json', 'JSON instead of a table', false)
    .description('who was asked (叫应), who answered, who was not reached')
    .action(async (options: CallsOptions) => process.exit(await listCalls(settings(), options)));
}
