import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { openReadable } from '#model/io/sqlite.ts';
import { addRange, holesIn, type SeqRange } from '#model/seen.ts';
import { repeated } from '#test/support/repeated.ts';
import { decoded } from './outbox-support.ts';
import { edgeConfig, registersReply, startCentre, startProgram, startScriptedUnit, tempDir, until } from './support.ts';

/** An even number, so that the centre acks at the end. */
const KILLS = repeated(4);
const BOUND_KILLS = repeated(5);
const bin = fileURLToPath(new URL('../../edge/io/bin.ts', import.meta.url));

function unackedOnDisk(dataDir: string): number {
  const [name = ''] = readdirSync(dataDir).filter((entry) => entry.endsWith('.sqlite'));
  const db = openReadable(join(dataDir, name));
  try {
    const row = db?.prepare('SELECT count(*) AS n FROM batch WHERE ackedAtMs IS NULL').get();
    return (row as { n: number } | undefined)?.n ?? Number.POSITIVE_INFINITY;
  } finally {
    db?.close();
  }
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

it(`an edge that is killed ${KILLS} times under way loses no rain and repeats no batch with other bytes`, async () => {
  const folder = tempDir();
  cleanups.push(folder.remove);
  let served = 0;
  const unit = await startScriptedUnit((request, reply) => reply(registersReply(request, [0, ++served])));
  cleanups.push(() => unit.stop());
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const config = edgeConfig(folder.path, centre.port, [
    {
      id: 'a',
      kind: 'modbus-rtu-tcp',
      host: '127.0.0.1',
      port: unit.port,
      pollMs: 20,
      units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
    },
  ]);
  const file = join(folder.path, 'edge.json');
  writeFileSync(file, JSON.stringify(config));
  for (let kill = 0; kill <= KILLS; kill++) {
    // Every other round the centre keeps quiet, so that the next process finds a backlog.
    centre.state.acks = kill % 2 === 0;
    const before = centre.batches.length;
    const edge = await startProgram(process.execPath, [bin, 'run', 'edge', '--config', file], /uplink is connected/);
    cleanups.push(() => edge.stop('SIGKILL'));
    await until('batches arrive, its own among them', () => {
      const boots = new Set(centre.batches.map(({ bootId }) => bootId));
      return centre.batches.length >= before + 4 && boots.size > kill;
    });
    // The last process sends whatever its predecessors left; their own outbox tells when that is done.
    if (kill === KILLS) await until('the backlog is gone', () => unackedOnDisk(config.dataDir) <= 1);
    await edge.stop(kill === KILLS ? 'SIGTERM' : 'SIGKILL');
  }
  const seqs = [...new Set(centre.batches.map(({ seq }) => seq))].sort((a, b) => a - b);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  expect(new Set(centre.bodies).size).toBe(seqs.length);
  expect(new Set(centre.batches.map(({ bootId }) => bootId)).size).toBe(KILLS + 1);
  const rain = centre.readings('rain');
  expect(rain.filter((reading) => reading.flags.includes('first'))).toHaveLength(1);
  const sum = rain.reduce((total, reading) => total + (reading.quality === 'bad' ? 0 : reading.value), 0);
  expect(sum).toBe(((rain.at(-1)?.raw ?? 0) - (rain[0]?.raw ?? 0)) * 100);
}, 120_000);

it('an outbox at its bound that is killed again and again, thinning, sending or noting acks, counts every tip once', async () => {
  const folder = tempDir();
  cleanups.push(folder.remove);
  const driver = fileURLToPath(new URL('./kill-driver.ts', import.meta.url));
  const sent: string[] = [];
  const runOnce = async (round: number, isLast: boolean): Promise<void> => {
    const args = [driver, folder.path, String(round), isLast ? 'drain' : 'run'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    if (!isLast) {
      const commits = 90 + ((round * 37) % 60);
      await until('it has committed', () => said.split('\ncommitted').length > commits, 30_000);
      child.kill('SIGKILL');
    }
    await ended;
    // A line that was cut off was not sent: its end never left the process.
    sent.push(...said.split('\n').slice(0, -1));
  };
  for (let round = 0; round < BOUND_KILLS; round++) await runOnce(round, false);
  await runOnce(BOUND_KILLS, true);
  const batches = sent.filter((line) => line.startsWith('{')).map(decoded);
  const bySeq = Map.groupBy(batches, ({ seq }) => seq);
  for (const [, same] of bySeq) expect(new Set(same.map((one) => JSON.stringify(one))).size).toBe(1);
  const all = [...bySeq.values()].flatMap(([one]) => one ?? []);
  const stoodFor = all.flatMap(({ replaces = [] }) => replaces);
  expect(stoodFor.length).toBeGreaterThan(0);
  for (const { seq } of all) expect(stoodFor.some(([from, to]) => from <= seq && seq <= to)).toBe(false);
  const accounted = [...stoodFor, ...all.map(({ seq }) => [seq, seq] as SeqRange)].reduce(
    addRange,
    [] as readonly SeqRange[],
  );
  const last = Math.max(...all.map(({ seq }) => seq));
  expect(holesIn(accounted, [1, last])).toEqual([]);
  const rain = all.flatMap(({ readings }) => readings.filter(({ sensorId }) => sensorId === 'rain'));
  const tips = rain.reduce((sum, one) => sum + (one.quality === 'bad' ? 0 : one.value), 0);
  // At this bound thinning is enough: a number that is missing would be a loss.
  const told = all.flatMap(({ events }) => events.flatMap((event) => (event.kind === 'drop' ? [event.reason] : [])));
  expect(told).not.toContain('outbox is full');
  const final = Number(sent.find((line) => line.startsWith('RAW '))?.slice(4));
  expect(final).toBeGreaterThan(100);
  expect(tips).toBe(final);
}, 240_000);
