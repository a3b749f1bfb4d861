/** `fengsui alert`: what a person does to an alert, through the console. */
import type { Command } from 'commander';
import { callApi } from '#cli/io/api-client.ts';

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

export function addAlertCommand(program: Command): void {
  const alert = program.command('alert').description('act on an alert through the running console');
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
