import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { openCallReader } from '#alerts/io/calls/reader.ts';
import { verifyLedger } from '#alerts/io/verify.ts';
import { T0, transition } from '#alerts/testing/sample.ts';
import type { Delivery } from '#model/alert.ts';
import type { DeskCommand } from '#model/command.ts';
import { openLogWriter } from '#model/io/append-log.ts';
import type { Transition } from '#model/transition.ts';
import { type Gateway, startGateway } from '#simulators/receivers/io/gateway.ts';
import { commandsPath, transitionsPath, until } from '../alerts/support.ts';
import type { ChildOrder } from './crash-child.ts';

const children = new Set<ChildProcess>();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const close of closing.splice(0).reverse()) await close();
});

function run(order: ChildOrder): ChildProcess {
  const script = fileURLToPath(new URL('crash-child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

const WAITING = new Set<Delivery['state']>(['queued', 'claimed', 'unknown']);
/** Five minutes of calls in as many seconds. */
const SPEED = 60;

async function scene() {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-call-crash-'));
  closing.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const sms = await startGateway();
  const voice = await startGateway();
  closing.push(sms.stop, voice.stop);
  const log = openLogWriter<Transition>(transitionsPath(dataDir));
  const commands = openLogWriter<DeskCommand>(commandsPath(dataDir));
  const reader = openAlertReader(dataDir);
  const calls = openCallReader(dataDir);
  closing.push(log.close, commands.close, reader.close, calls.close);
  const order = { dataDir, sms: sms.url, voice: voice.url, startMs: T0, speed: SPEED, anchorMs: Date.now() };
  return { dataDir, sms, voice, log, commands, reader, calls, order };
}

/** What came of a channel's rows, held against what its gateway kept. */
function account(gateway: Gateway, rows: readonly Delivery[]) {
  const keys = gateway.keys();
  const sent = rows.filter(({ state }) => state === 'sent');
  const again = gateway.received().filter((one) => one.again);
  return {
    rows: rows.length,
    lost: sent.filter(({ key }) => !keys.has(key)).length,
    repeats: again.length,
    unmarked: again.filter(({ repeated }) => !repeated).length,
    /** Nothing is at the gateway that is not in the books. */
    foreign: [...keys.keys()].filter((key) => !rows.some((row) => row.key === key)).length,
  };
}

it('killed between claim, accept and record, call-and-confirm loses nothing and repeats only what nobody knows, as 重发', async () => {
  const { dataDir, sms, voice, log, commands, reader, calls, order } = await scene();
  const alerts = () => reader.list({ gridCodes: ['331004'] }, 1_000, null).items;
  const rows = () =>
    reader
      .list({ gridCodes: ['331004'], open: false }, 1_000, null)
      .items.concat(alerts())
      .flatMap(({ id }) => reader.deliveries(id));
  const kills = { 'delivery.claimed': 0, 'delivery.sent': 0 };
  const points = ['P1', 'P2', 'P3', 'P4'] as const;
  for (let round = 0; round < 6; round++) {
    const to = round % 3 === 2 ? 'red' : 'orange';
    const point = points[round % 4] ?? 'P1';
    const entry = transition({ n: round + 1, to, point, hazard: round < 4 ? 'landslide' : 'flood' });
    log.append([{ key: entry.id, entry }]);
    const place = round % 2 === 0 ? 'delivery.claimed' : 'delivery.sent';
    const child = run({ ...order, place, nth: 2 + round });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (signal === 'SIGKILL') kills[place]++;
  }
  expect(kills).toEqual({ 'delivery.claimed': 3, 'delivery.sent': 3 });
  run({ ...order, place: null, nth: 0 });
  await until('all alerts', () => alerts().filter(({ hazard }) => hazard !== 'unanswered').length === 6);
  // Somebody reaches the third tries, so that the whole way was gone.
  await until('third tries', () => rows().some(({ key }) => key.split('/')[3] === '3'), 30_000);
  for (const { id } of alerts()) {
    const said = { id: `c-${id}`, by: 'c-disp', atMs: Date.now(), from: 'console', note: '演练结束' };
    commands.append([{ key: said.id, entry: { ...said, alertId: id, action: 'falseAlarm' } }]);
  }
  await until('the end', () => alerts().length === 0 && !rows().some(({ state }) => WAITING.has(state)), 30_000);
  const all = rows();
  const books = {
    sms: account(
      sms,
      all.filter(({ channel }) => channel === 'sms'),
    ),
    voice: account(
      voice,
      all.filter(({ channel }) => channel === 'voice'),
    ),
  };
  const unknown = reader.eventsAfter(0, 100_000).filter(({ facts }) => facts['state'] === 'unknown').length;
  console.info(`crash books ${JSON.stringify({ ...books, unknown })}`);
  for (const book of Object.values(books)) expect(book).toMatchObject({ lost: 0, unmarked: 0, foreign: 0 });
  expect(unknown).toBeGreaterThanOrEqual(6);
  const repeats = books.sms.repeats + books.voice.repeats;
  expect(repeats).toBeGreaterThan(0); // Kills after a send were repeated, or the test tests nothing.
  expect(repeats).toBeLessThanOrEqual(unknown);
  // No try of anybody was left out or made twice.
  for (const call of calls.list({ gridCodes: ['331004'] }, 1_000, null).items) {
    const own = all.filter(
      ({ key }) => key.startsWith(`${call.alertId}/${call.round}/`) && key.includes(`/${call.personId}/`),
    );
    const tries = new Set(own.map(({ key }) => Number(key.split('/')[3])).filter((attempt) => attempt > 0));
    expect([call.key, Math.max(0, ...tries) <= call.tries]).toEqual([call.key, true]);
  }
  expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
  expect(verifyLedger(dataDir)).toMatchObject({ ok: true });
}, 240_000);
