import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { verifyLedger } from '#alerts/io/verify.ts';
import { type Move, POINTS, transition } from '#alerts/testing/sample.ts';
import { openLogWriter } from '#model/io/append-log.ts';
import { HAZARDS } from '#model/registry.ts';
import type { Transition } from '#model/transition.ts';
import type { ChildOrder } from './child.ts';
import { openReceiver, type Received, transitionsPath, until } from './support.ts';

const children = new Set<ChildProcess>();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const close of closing.splice(0).reverse()) await close();
});

function run(order: ChildOrder): ChildProcess {
  const script = fileURLToPath(new URL('child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Twenty alerts, no two of the same subject and hazard. */
const MOVES: readonly Move[] = POINTS.flatMap(({ id: point }) =>
  HAZARDS.slice(0, 5).map((hazard) => ({ point, hazard })),
).map((one, n) => ({ ...one, n: n + 1, to: 'red' }));

async function scene() {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-crash-'));
  closing.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const receiver = await openReceiver();
  closing.push(receiver.close);
  const log = openLogWriter<Transition>(transitionsPath(dataDir));
  closing.push(log.close);
  const reader = openAlertReader(dataDir);
  closing.push(reader.close);
  const alerts = () => reader.list({ gridCodes: ['331004'] }, 1_000, null).items;
  const hookRows = () =>
    alerts().flatMap((alert) => reader.deliveries(alert.id).filter((row) => row.channel === 'hook'));
  const sees = (...moves: readonly Move[]) =>
    log.append(moves.map((move) => transition(move)).map((entry) => ({ key: entry.id, entry })));
  return { dataDir, receiver, reader, alerts, hookRows, sees };
}

/** Every key arrived, and whatever arrived again said that it did. */
function checkReceived(received: readonly Received[], keys: readonly string[]): void {
  const byKey = Map.groupBy(received, (one) => one.key);
  expect([...byKey.keys()].sort()).toEqual([...keys].sort());
  for (const repeats of byKey.values())
    for (const again of repeats.slice(1)) {
      expect(again.headers['fengsui-repeat']).toBe('unknown');
      expect(again.body).toContain('【重发】');
    }
}

it('killed between claim and send and between send and record, it tells each alert, and marks what it repeats', async () => {
  const { dataDir, receiver, reader, alerts, hookRows, sees } = await scene();
  const kills = { 'delivery.claimed': 0, 'delivery.sent': 0 };
  for (let round = 0; round < 10; round++) {
    sees(...MOVES.slice(round * 2, round * 2 + 2));
    const place = round % 2 === 0 ? 'delivery.claimed' : 'delivery.sent';
    const child = run({ dataDir, url: receiver.url, place, nth: 1 + (round % 3 === 0 ? 1 : 0) });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (signal === 'SIGKILL') kills[place]++;
  }
  expect(kills).toEqual({ 'delivery.claimed': 5, 'delivery.sent': 5 });
  run({ dataDir, url: receiver.url, place: null, nth: 0 });
  await until('every delivery', () => hookRows().length === 20 && hookRows().every((row) => row.state === 'sent'));
  expect(alerts()).toHaveLength(20);
  expect(new Set(alerts().map((one) => `${one.subject.id} ${one.hazard}`)).size).toBe(20);
  checkReceived(
    receiver.received,
    hookRows().map((row) => row.key),
  );
  expect(receiver.received.length).toBeGreaterThan(20); // Kills after a send were repeated, or the test tests nothing.
  const unknown = reader.eventsAfter(0, 10_000).filter((event) => event.facts['state'] === 'unknown');
  expect(unknown.length).toBeGreaterThanOrEqual(10);
  expect(verifyLedger(dataDir)).toMatchObject({ ok: true });
}, 240_000);

it('killed at any moment while transitions pour in, every alert exists once and the ledger is whole', async () => {
  const { dataDir, receiver, alerts, hookRows, sees } = await scene();
  const seed = Number(process.env['FENGSUI_SEED'] ?? Date.now() % 100_000);
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  console.info(`crash seed ${seed}`);
  // Each alert goes up and down a few times; the last word is red.
  const levels = ['blue', 'orange', 'yellow', 'red'] as const;
  const story = levels.flatMap((to, turn) =>
    MOVES.map((move) => ({ ...move, n: move.n + turn * 100, from: levels[turn - 1] ?? 'none', to }) as const),
  );
  for (let kill = 0; kill < 6; kill++) {
    const child = run({ dataDir, url: receiver.url, place: null, nth: 0 });
    await once(child.stdout ?? child, 'data');
    sees(...story.slice((kill * story.length) / 8, ((kill + 1) * story.length) / 8));
    await new Promise((resolve) => setTimeout(resolve, random() * 40)); // The moment of the kill, not a wait for anything.
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  sees(...story.slice((6 * story.length) / 8));
  run({ dataDir, url: receiver.url, place: null, nth: 0 });
  await until('the last word', () => alerts().length === 20 && alerts().every((one) => one.level === 'red'));
  await until('every delivery', () => hookRows().length === 80 && hookRows().every((row) => row.state === 'sent'));
  checkReceived(
    receiver.received,
    hookRows().map((row) => row.key),
  );
  expect(verifyLedger(dataDir)).toMatchObject({ ok: true });
}, 240_000);
