import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { openReadable } from '#model/io/sqlite.ts';
import { edgeConfig, registersReply, startCentre, startProgram, startScriptedUnit, tempDir, until } from './support.ts';

const KILLS = 6;
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
    await until('batches arrive', () => centre.batches.length >= before + 4);
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
}, 60_000);
