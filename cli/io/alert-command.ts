/** `fengsui alert`: what a person does to an alert, through the console. */
import type { Command } from 'commander';
import { callApi } from '#cli/io/api-client.ts';
import { originMark } from '#cli/origin-mark.ts';
import { formatTable } from '#cli/table.ts';
import type { Origin } from '#model/reading.ts';

const ACTIONS = {
  acknowledge: 'say that it has been received',
  handle: 'say that it is being handled',
  close: 'close it',
  'false-alarm': 'close it as a false alarm; needs a note',
  note: 'write a note on it',
  shelve: 'put it aside until an instant, or until it clears; needs a note',
  unshelve: 'take it back; people are asked again if it still stands',
  reset: 'reset it when it is latched and has cleared',
} as const;

async function act(action: string, id: string, body: object): Promise<number> {
  const answer = await callApi('POST', `/api/v1/alerts/${encodeURIComponent(id)}/${action}`, body);
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  const alert = answer.value.body as { readonly lifecycle?: string; readonly shelvedUntil?: string | null };
  const aside = alert.shelvedUntil == null ? '' : `, put aside until ${alert.shelvedUntil}`;
  console.log(
    answer.value.status === 202
      ? `${id}: written down, alerts takes it when it is back`
      : `${id}: ${alert.lifecycle}${aside}`,
  );
  return 0;
}

type Listed = {
  readonly id: string;
  readonly level: string;
  readonly hazard: string;
  readonly origin: Origin;
  readonly lifecycle: string;
  readonly condition: string;
  readonly gridCode: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly raisedAtMs: number;
};
type ListOptions = { readonly grid?: string; readonly all: boolean; readonly json: boolean };

const rowOf = (one: Listed): readonly string[] => [
  `${originMark(one.origin)}${one.level}`,
  one.hazard,
  `${one.subject.kind} ${one.subject.id}`,
  one.gridCode,
  `${one.lifecycle}, ${one.condition}`,
  `${new Date(one.raisedAtMs).toISOString().slice(0, 19)}Z`,
  one.id,
];

async function listAlerts({ grid, all, json }: ListOptions): Promise<number> {
  const query = new URLSearchParams({ state: all ? 'all' : 'open', limit: '200' });
  if (grid !== undefined) query.set('grid', grid);
  const answer = await callApi('GET', `/api/v1/alerts?${query}`);
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  const { items, next } = answer.value.body as { readonly items: readonly Listed[]; readonly next: string | null };
  if (json) console.log(JSON.stringify({ items, next }));
  else if (items.length === 0) console.log(all ? 'There are no alerts.' : 'No alert is open.');
  else console.log(formatTable(['level', 'hazard', 'subject', 'grid', 'state', 'raised', 'id'], items.map(rowOf)));
  if (!json && next !== null) console.log('… more: name a grid');
  return 0;
}

export function addAlertCommand(program: Command): void {
  const alert = program.command('alert').description('see the alerts and act on one through the running console');
  alert
    .command('list')
    .option('--grid <code>', 'only this grid and what lies below it')
    .option('--all', 'closed ones as well', false)
    .option('--json', "the API's answer", false)
    .description('open alerts, the gravest first')
    .action(async (options: ListOptions) => {
      process.exitCode = await listAlerts(options);
    });
  for (const [action, description] of Object.entries(ACTIONS)) {
    const command = alert
      .command(action)
      .argument('<id>', "the alert's id")
      .option('--note <text>', 'why, or what was found', '')
      .description(description);
    if (action === 'shelve')
      command.option('--until <time>', 'ISO 8601 with an offset; left out: until it has cleared');
    command.action(async (id: string, { note, until }: { note: string; until?: string }) => {
      process.exitCode = await act(action, id, until === undefined ? { note } : { note, until });
    });
  }
}
