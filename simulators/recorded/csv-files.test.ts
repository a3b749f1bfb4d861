/** CSV files and folders as a person has them: months apart, any order of rows, faults of whole files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatLint } from '#model/result.ts';
import { parseInventory } from '#simulators/recorded/inventory.ts';
import { loadRecording } from '#simulators/recorded/io/load.ts';

describe('files and folders', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'fengsui-recorded-'));
    writeFileSync(
      join(dir, 'june.csv'),
      'time,sensor,value,quantity\n2022-06-30T23:00:00+08:00,a,1,rain\n2022-06-30T22:00:00+08:00,a,2,rain\n',
    );
    writeFileSync(
      join(dir, 'july.csv'),
      'sensor,time,value,quantity\na,2022-07-01T00:00:00+08:00,,rain\nb,2022-07-01T00:00:00+08:00,1,level',
    );
    writeFileSync(join(dir, 'README.md'), '# nothing to read\n');
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  it('puts the months of a folder together in the order of time and says what it left out', () => {
    const got = loadRecording(dir);
    if (!got.ok) throw new Error(got.error.map(formatLint).join('\n'));
    const { series, zone, notes } = got.value;
    expect(zone).toBe('Etc/GMT-8');
    expect(series.map(({ sensor, columns }) => [sensor.sensorId, columns.count])).toEqual([
      ['a', 3],
      ['b', 1],
    ]);
    const july = series[0];
    expect([...(july?.columns.values.subarray(0, 3) ?? [])]).toEqual([2_000, 1_000, 0]);
    expect([...(july?.columns.marks?.subarray(0, 3) ?? [])]).toEqual([0, 0, 3]);
    expect(july?.flags).toEqual([{ atMs: Date.parse('2022-06-30T22:00:00+08:00'), flag: 'clock-back' }]);
    expect(notes.map(({ message }) => message)).toContain('no recordings, left out: README.md');
  });

  it('reads a known format and a CSV with the same stamps as the same instants, in a named zone', () => {
    const stamps = ['2015-07-01 11:15', '2015-11-01 00:45', '2015-11-01 02:00', '2015-12-01 00:00'];
    const known = join(dir, 'w_rain.txt');
    const csv = join(dir, 'w.csv');
    writeFileSync(known, stamps.map((stamp) => `${stamp.replaceAll(/[-: ]/g, ' ')} 0.02\n`).join(''));
    writeFileSync(csv, `time,sensor,value\n${stamps.map((stamp) => `${stamp},w,0.508\n`).join('')}`);
    const instants = (path: string) => {
      const got = loadRecording(path, { zone: 'America/Los_Angeles' });
      return got.ok ? [...(got.value.series[0]?.columns.atMs.subarray(0, 4) ?? [])] : [];
    };
    expect(instants(known)).toEqual(instants(csv));
    expect(instants(csv)[0]).toBe(Date.parse('2015-07-01T11:15:00-07:00'));
    const own = loadRecording(known);
    rmSync(known);
    rmSync(csv);
    expect(own.ok && own.value.series[0]?.columns.atMs[0]).toBe(Date.parse('2015-07-01T11:15:00-08:00'));
  });

  it('knows the step of a gauge whose newest row is first', () => {
    const file = join(dir, 'newest.csv');
    writeFileSync(file, `time,sensor,value\n${[3, 2, 1, 0].map((h) => `2022-06-30T0${h}:00Z,n,${h}\n`).join('')}`);
    const got = loadRecording(file);
    rmSync(file);
    expect(got.ok && got.value.series[0]?.sensor.stepMs).toBe(3_600_000);
  });

  it('lets a meter count from its first value where the inventory says so', () => {
    const file = join(dir, 'meter.csv');
    writeFileSync(
      file,
      'time,sensor,value\n2022-06-30T00:00Z,m,\n2022-06-30T01:00Z,m,592.7\n2022-06-30T02:00Z,m,600\n',
    );
    const inventory = parseInventory('i.yaml', 'm: { quantity: displacement, zero: true }');
    const got = loadRecording(file, inventory.ok ? { inventory: inventory.value } : {});
    rmSync(file);
    expect(got.ok && [...(got.value.series[0]?.columns.values.subarray(1, 3) ?? [])]).toEqual([0, 730]);
  });

  it('reads lines longer than a block allows as a fault, and a missing path, a bad zone and an empty folder too', () => {
    writeFileSync(join(dir, 'long.txt'), `time,sensor,value\n${'x'.repeat(3_000_000)}`);
    const messages = (path: string, zone?: string) => {
      const got = loadRecording(path, zone === undefined ? {} : { zone });
      return got.ok ? 'accepted' : got.error.map(formatLint).join('\n');
    };
    expect(messages(join(dir, 'long.txt'))).toMatch(/a line is longer than 65536 characters/);
    rmSync(join(dir, 'long.txt'));
    expect(messages(join(dir, 'nothing'))).toMatch(/no such file or folder/);
    expect(messages(dir, 'Mars/Olympus')).toMatch(/there is no zone Mars\/Olympus/);
    expect(messages(join(dir, 'README.md'))).toMatch(/no known format begins so/);
  });
});
