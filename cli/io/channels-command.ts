/** `fengsui channels`: how the channels do, and a quiet test of one, given to the running centre. */
import type { Command } from 'commander';
import { callApi } from '#cli/io/api-client.ts';
import type { Settings } from '#cli/settings.ts';
import { formatTable } from '#cli/table.ts';
import type { ChannelConfig, ChannelHealth } from '#model/channel.ts';
import { ok, type Result } from '#model/result.ts';

const STATE: { readonly [S in ChannelHealth['state']]: string } = {
  untested: '未试',
  up: '正常',
  failing: '有误',
  down: '不可用',
};
const at = (atMs: number | null | undefined): string =>
  atMs === null || atMs === undefined ? '-' : new Date(atMs).toISOString().slice(0, 19);
const HEADINGS = ['channel', 'kind', 'state', 'since (UTC)', 'last ok', 'tested', 'falls back to', 'detail'];

type Shown = { readonly config: ChannelConfig; readonly health: ChannelHealth | undefined };

function rowOf({ config, health }: Shown): readonly string[] {
  const { id, kind } = config;
  if (config.kind === 'console') return [id, kind, STATE.up, '-', '-', '-', '-', ''];
  const { state = 'untested', detail = '' } = health ?? {};
  const [since, lastOk, tested] = [at(health?.sinceMs), at(health?.lastOkAtMs), at(health?.testedAtMs)];
  return [id, kind, STATE[state], since, lastOk, tested, config.fallback ?? '-', detail];
}

async function listChannels(settings: Settings, asJson: boolean): Promise<number> {
  const { openChannelReader } = await import('#alerts/io/channel-health/reader.ts');
  const { readCounty } = await import('#cli/load/io/read-county.ts');
  const county = readCounty(settings.countyDir, Date.now());
  if (!county.ok) {
    console.error(`The county in ${settings.countyDir} cannot be read: run fengsui check.`);
    return 1;
  }
  const reader = openChannelReader(settings.dataDir);
  const known = reader.list();
  reader.close();
  const shown = county.value.channels.map((config): Shown => {
    const health = known.find(({ channel, kind }) => channel === config.id && kind === config.kind);
    return { config, health };
  });
  if (asJson)
    console.log(
      JSON.stringify(
        shown.map(({ config: { id, kind }, health }) => ({
          id,
          kind,
          state: kind === 'console' ? 'up' : (health?.state ?? 'untested'),
          sinceMs: health?.sinceMs ?? null,
          lastOkAtMs: health?.lastOkAtMs ?? null,
          testedAtMs: health?.testedAtMs ?? null,
          failuresInARow: health?.failuresInARow ?? 0,
          detail: health?.detail ?? '',
        })),
      ),
    );
  else console.log(formatTable(HEADINGS, shown.map(rowOf)));
  return shown.some(({ health }) => health?.state === 'down') ? 1 : 0;
}

type Answer = {
  readonly id: string;
  readonly state: ChannelHealth['state'];
  readonly testedAt: string | null;
  readonly detail: string;
};

/** Longer than any channel's own time limit should be. */
const WAIT_MS = 60_000;
const ASK_EVERY_MS = 500;

async function stateOf(id: string): Promise<Result<Answer | undefined, string>> {
  const listed = await callApi('GET', '/api/v1/channels?limit=1000');
  if (!listed.ok) return listed;
  const { items } = listed.value.body as { readonly items: readonly Answer[] };
  return ok(items.find((one) => one.id === id));
}

/** The result is there when the channel was tried later than it had been before. */
async function testChannel(id: string): Promise<number> {
  const before = await stateOf(id);
  const given = before.ok ? await callApi('POST', `/api/v1/channels/${encodeURIComponent(id)}/test`, {}) : before;
  if (!before.ok || !given.ok) {
    console.error(given.ok ? '' : given.error);
    return 1;
  }
  const endMs = performance.now() + WAIT_MS;
  while (performance.now() < endMs) {
    const now = await stateOf(id);
    if (!now.ok) {
      console.error(now.error);
      return 1;
    }
    const { value } = now;
    if (value?.testedAt != null && value.testedAt !== before.value?.testedAt) {
      console.log(`${id}: ${STATE[value.state]} (${value.state}) ${value.detail}`);
      return value.state === 'up' ? 0 : 1;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  console.error(`${id}: no result within ${WAIT_MS / 1_000} s; a channel of this kind may be tried by sending only.`);
  return 1;
}

export function addChannelsCommand(program: Command, settings: () => Settings): void {
  const channels = program
    .command('channels')
    .description('how the channels do by which alerts leave (exit 1 when one is down)')
    .option('--json', 'JSON instead of a table', false)
    .action(async (options: { json: boolean }) => process.exit(await listChannels(settings(), options.json)));
  channels
    .command('test')
    .argument('<id>', 'a channel of channels.yaml')
    .description('try a channel now without reaching anybody (asks the running centre)')
    .action(async (id: string) => process.exit(await testChannel(id)));
}
