/** Whose count a base is: a sensor that a new configuration reads elsewhere begins anew, also across a restart. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clockPolicy } from '#edge/acquire/clock-watch.ts';
import { Outbox } from '#edge/io/outbox.ts';
import { openRecorder } from '#edge/io/recorder.ts';
import { decodeBatch } from '#model/batch.ts';
import type { RegisterSpec } from '#model/device-profile.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import { edgeConfig, loadProfiles, tempDir, testContext } from './support.ts';

const START = Date.UTC(2026, 5, 1);
let folder: ReturnType<typeof tempDir>;
beforeEach(() => {
  folder = tempDir();
});
afterEach(() => folder.remove());

const counter = (): RegisterSpec => {
  const spec = loadProfiles()['sl651-rain-gauge']?.registers[0];
  if (spec === undefined) throw new Error('the profile is missing');
  return spec;
};

function open() {
  const ctx = testContext(openSteppedClock(START));
  const config = edgeConfig(folder.path, 1, []);
  const outbox = new Outbox({ dataDir: config.dataDir, log: ctx.log, metrics: ctx.metrics });
  const recorder = openRecorder(config, ctx, outbox, clockPolicy({ kind: 'real' }));
  const read = (raw: number, place: string | undefined, spec = counter()) => {
    const words = [raw >>> 16, raw & 0xffff];
    const at = place === undefined ? {} : { place };
    const outcome = { kind: 'words', sensorId: 'rain', spec, ...at, measuredAtMs: START, words } as const;
    recorder.record({ busId: 'a', outcomes: [outcome], events: [], units: [] });
    const batch = decodeBatch(outbox.read(outbox.nextSeq - 1)?.body ?? '');
    return batch.ok ? batch.value.readings[0] : undefined;
  };
  return { read, dataDir: config.dataDir, close: () => outbox.close(START) };
}

describe('the base of a counter', () => {
  it('is not that of another unit: its count is no rain', () => {
    const { read, close } = open();
    read(100, 'a/1');
    expect(read(110, 'a/1')).toMatchObject({ value: 1_000, flags: [] });
    expect(read(5_000, 'a/2')).toMatchObject({ value: 0, flags: ['first'] });
    expect(read(5_010, 'a/2')).toMatchObject({ value: 1_000, flags: [] });
    close();
  });

  it('is not that of another register or scale, also when the process began anew between', () => {
    const before = open();
    before.read(100, 'a/1');
    before.close();
    const after = open();
    expect(after.read(900, 'a/1', { ...counter(), address: 77 })).toMatchObject({ value: 0, flags: ['first'] });
    expect(after.read(950, 'a/1', { ...counter(), address: 77, scale: 0.5 })).toMatchObject({ flags: ['first'] });
    after.close();
    const last = open();
    expect(last.read(951, 'a/1', { ...counter(), address: 77, scale: 0.5 })).toMatchObject({ value: 500, flags: [] });
    last.close();
  });

  it('outlives an update of the software, whose files did not say whose it was', () => {
    const before = open();
    before.read(100, undefined);
    before.close();
    const name = readdirSync(before.dataDir).find((entry) => entry.endsWith('.sqlite')) ?? '';
    const db = new DatabaseSync(join(before.dataDir, name));
    db.exec('ALTER TABLE base DROP COLUMN ofWhat');
    db.close();
    const after = open();
    expect(after.read(130, 'a/1')).toMatchObject({ value: 3_000, flags: [] });
    after.close();
  });
});
