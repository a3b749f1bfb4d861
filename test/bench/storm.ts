/**
 * A storm over a prefecture: 10,000 points go to red within ten seconds, the people are called through a gateway that keeps
 * its keys, a platform is told of each. What counts: that everybody was told, nobody twice, and the first one at once.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alertsPath } from '#alerts/io/schema.ts';
import { openLogWriter } from '#model/io/append-log.ts';
import { openReadable } from '#model/io/sqlite.ts';
import type { Transition } from '#model/transition.ts';
import { startGateway } from '#simulators/receivers/io/gateway.ts';
import { startReceiver } from '#simulators/receivers/io/receiver.ts';
import { prefectureRegistry } from '#test/bench/prefecture.ts';
import type { BenchRow } from '#test/bench/row.ts';
import type { StormOrder } from '#test/bench/storm-stage.ts';

const POINTS = Number(process.env['FENGSUI_STORM'] ?? 10_000);
const SPREAD_MS = 10_000;
const TICK_MS = 50;
const DRAIN_LIMIT_MS = 900_000;

function redAt(pointId: string, n: number, atMs: number): Transition {
  const text = { zh: '24小时位移超过红色阈值', en: 'displacement of 24 h is over the red limit' };
  return {
    id: `storm@1|${pointId}|0:${n}:0`,
    rule: 'storm@1',
    subject: { kind: 'point', id: pointId },
    hazard: 'landslide',
    site: 'centre',
    origin: 'live',
    from: 'none',
    to: 'red',
    condition: 'active',
    atMs,
    decidedAtMs: atMs,
    late: false,
    reason: text,
    evidence: {
      sensorId: `${pointId}-s1`,
      quantity: 'displacement',
      measure: 'value',
      windowMs: null,
      value: 100,
      limit: 50,
      limits: [{ level: 'red', limit: 50 }],
      coverage: null,
    },
    partition: 0,
    pos: n,
  };
}
const alertIdOf = ({ id }: Transition): string => `a${createHash('sha256').update(id).digest('hex').slice(0, 20)}`;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

type Seen = { readonly key: string; readonly atMs: number };

/** Every call that has a channel is covered by a message that a receiver holds. */
function countLost(dataDir: string, keys: ReadonlySet<string>): number {
  const db = openReadable(alertsPath(dataDir));
  if (db === undefined) return POINTS;
  const rows = db.prepare(
    "SELECT key, alert_id AS alertId, round, person, channel FROM deliveries WHERE channel <> 'console'",
  );
  const covered = new Set<string>();
  let lost = 0;
  for (const row of rows.iterate() as Iterable<{ key: string; alertId: string; round: number; person: string }>)
    if (keys.has(row.key)) covered.add(`${row.alertId}/${row.round}/${row.person}`);
    else lost++;
  const covers = db.prepare('SELECT id, alert_id AS alertId, round, person FROM calls_covers');
  for (const row of covers.iterate() as Iterable<{ id: string; alertId: string; round: number; person: string }>)
    if (keys.has(row.id)) covered.add(`${row.alertId}/${row.round}/${row.person}`);
  const calls = db.prepare("SELECT alert_id AS alertId, round, person FROM calls WHERE channels <> '[]'");
  let asked = 0;
  for (const row of calls.iterate() as Iterable<{ alertId: string; round: number; person: string }>) {
    asked++;
    if (!covered.has(`${row.alertId}/${row.round}/${row.person}`)) lost++;
  }
  const alerts = (db.prepare('SELECT count(*) AS n FROM alerts').get() as { n: number }).n;
  console.log(`  ${alerts} alerts, ${asked} calls, ${keys.size} messages at the receivers`);
  db.close();
  return lost + (POINTS - alerts);
}

async function drained(dataDir: string): Promise<void> {
  const db = openReadable(alertsPath(dataDir));
  const open = db?.prepare("SELECT 1 FROM deliveries WHERE state IN ('queued', 'unknown', 'claimed') LIMIT 1");
  const head = db?.prepare('SELECT count(*) AS n FROM alerts');
  const endMs = performance.now() + DRAIN_LIMIT_MS;
  while ((head?.get() as { n: number } | undefined)?.n !== POINTS || open?.get() !== undefined) {
    if (performance.now() > endMs) break;
    await pause(200);
  }
  db?.close();
}

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

async function storm() {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-storm-'));
  const points = [...prefectureRegistry().points.keys()];
  const gateway = await startGateway();
  const told: Seen[] = [];
  const platform = await startReceiver(({ headers, atMs }) => {
    told.push({ key: String(headers['idempotency-key'] ?? ''), atMs });
    return { status: 200 };
  });
  const paths = { transitions: join(dataDir, 'rules', 'rules.sqlite'), commands: join(dataDir, 'console', 'c.sqlite') };
  const log = openLogWriter<Transition>(paths.transitions);
  const commands = openLogWriter<object>(paths.commands);
  const order: StormOrder = { dataDir, ...paths, sms: gateway.url, hook: `${platform.origin}/told` };
  const script = fileURLToPath(new URL('storm-stage.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const writtenMs = new Map<string, number>();
  const startMs = performance.now();
  for (let n = 0; n < POINTS; ) {
    const until = Math.min(POINTS, Math.ceil(((performance.now() - startMs + TICK_MS) / SPREAD_MS) * POINTS));
    const entries = [];
    for (; n < until; n++) entries.push(redAt(points[(n * 3) % points.length] ?? '', n + 1, Date.now()));
    for (const entry of entries) writtenMs.set(alertIdOf(entry), Date.now());
    if (entries.length > 0) log.append(entries.map((entry) => ({ key: entry.id, entry })));
    await pause(TICK_MS);
  }
  const firstWrittenMs = Math.min(...writtenMs.values());
  await drained(dataDir);
  const drainedMs = Date.now() - firstWrittenMs;
  child.stdin.write('stop\n');
  await once(child, 'exit');
  const people: readonly Seen[] = gateway.received();
  const seen = [...people, ...told];
  const repeated = seen.length - new Set(seen.map(({ key }) => key)).size;
  const lost = countLost(dataDir, new Set(seen.map(({ key }) => key)));
  // When somebody, and when each alert's first person, had it in hand.
  const firstOf = new Map<string, number>();
  for (const { key, atMs } of people) {
    const id = key.slice(0, key.indexOf('/'));
    firstOf.set(id, Math.min(firstOf.get(id) ?? Number.POSITIVE_INFINITY, atMs));
  }
  const delays = [...firstOf].map(([id, atMs]) => atMs - (writtenMs.get(id) ?? atMs)).sort((a, b) => a - b);
  console.log(
    `  ${people.length} messages to people, ${told.length} to the platform; all out after ${(drainedMs / 1_000).toFixed(1)} s;` +
      ` first person of an alert: median ${percentile(delays, 0.5)} ms, p99 ${percentile(delays, 0.99)} ms`,
  );
  const firstMs = Math.min(...people.map(({ atMs }) => atMs)) - firstWrittenMs;
  await gateway.stop();
  await platform.stop();
  log.close();
  commands.close();
  rmSync(dataDir, { recursive: true, force: true });
  return { lost, repeated, firstMs };
}

let run: ReturnType<typeof storm> | undefined;
const measured = () => {
  run ??= storm();
  return run;
};

export const rows: readonly BenchRow[] = [
  { name: 'storm.lost', unit: 'messages', budget: 0, better: 'lower', run: async () => (await measured()).lost },
  {
    name: 'storm.repeated',
    unit: 'messages',
    budget: 0,
    better: 'lower',
    run: async () => (await measured()).repeated,
  },
  { name: 'storm.first_ms', unit: 'ms', budget: 1_000, better: 'lower', run: async () => (await measured()).firstMs },
];
