/** Every model of the catalogue is played, and the edge's own reader gets what the simulator was told to show. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseDeviceProfile } from '#cli/load/devices.ts';
import { startEdge } from '#edge/main.ts';
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import type { BusConfig } from '#model/edge-config.ts';
import { toSteps } from '#model/quantity.ts';
import type { Reading } from '#model/reading.ts';
import { formatLint } from '#model/result.ts';
import type { SimulatedUnit } from '#simulators/config.ts';
import { startSimulators } from '#simulators/main.ts';
import { rawOf } from '#simulators/registers.ts';
import { edgeConfig, testContext as edgeContext, startCentre } from '#test/edge/support.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';
import { config, line } from '#test/simulators/support/devices.ts';
import { needs } from '#test/support/needs.ts';

const devices = new URL('../../devices/', import.meta.url);
const profiles: readonly DeviceProfile[] = readdirSync(devices)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => {
    const parsed = parseDeviceProfile(file, readFileSync(new URL(file, devices), 'utf8'));
    if (!parsed.ok) throw new Error(parsed.error.map(formatLint).join('\n'));
    return parsed.value;
  });

/** A value that the register holds exactly, this far into its plausible range; a counter counts so many steps. */
function valueFor(spec: RegisterSpec, share: number): number {
  if (spec.counter !== null) return Math.round(20 * share) * spec.scale;
  const { min, max } = spec.plausible;
  const low = Math.max(min, -500);
  const wanted = low + (Math.min(max, low + 1_000) - low) * share;
  const raw = rawOf(spec, wanted);
  if (spec.type.startsWith('float')) return Number(raw.toPrecision(5)) * spec.scale + spec.offset;
  const field = spec.bits === undefined ? raw : (raw & spec.bits.mask) >>> spec.bits.shift;
  const meant = spec.codes?.find(([known]) => known === field)?.[1];
  return (meant ?? field / 10 ** (spec.decimals?.usual ?? 0)) * spec.scale + spec.offset;
}

/** What each register shows: before the begin, and after it. */
const shown = profiles.flatMap((profile, index) =>
  profile.registers.map((spec) => ({
    unitId: index + 1,
    profile,
    spec,
    sensorId: `${profile.id}-${spec.key}`.slice(0, 64),
    first: spec.counter === null ? valueFor(spec, 0.31) : 0,
    second: valueFor(spec, 0.83),
  })),
);
const units: readonly SimulatedUnit[] = profiles.map((profile, index) => ({
  unitId: index + 1,
  kind: 'profile',
  profile,
  registers: shown
    .filter(({ unitId }) => unitId === index + 1)
    .map(({ spec, first, second }) => ({
      register: spec.key,
      behaviour: {
        kind: 'timeline',
        interpolate: 'hold',
        noise: 0,
        points: [
          { atMs: 0, value: first },
          { atMs: 1, value: second },
        ],
      },
    })),
}));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

async function play(kind: 'tcp' | 'pty') {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const wire =
    kind === 'tcp'
      ? ({ kind: 'modbus-tcp', host: '127.0.0.1', port: 0 } as const)
      : ({ kind: 'pty', edgePath: join(folder.path, 'a.edge'), baudRate: 115_200 } as const);
  const service = await startSimulators(config(join(folder.path, 'sim'), [line('a', wire, { units })]), testContext());
  cleanups.push(() => service.stop());
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const [address] = service.lines;
  if (address === undefined) throw new Error('no line');
  const asked = {
    id: 'a',
    pollMs: 200,
    units: profiles.map(({ id }, index) => ({
      unitId: index + 1,
      profile: id,
      sensors: shown
        .filter(({ unitId }) => unitId === index + 1)
        .map(({ sensorId, spec }) => ({ sensorId, register: spec.key })),
    })),
  };
  const bus: BusConfig =
    address.kind === 'modbus-rtu'
      ? { ...asked, kind: 'modbus-rtu', path: address.path, baudRate: 115_200, parity: 'none' }
      : { ...asked, kind: 'modbus-tcp', host: address.host, port: address.port };
  const edge = await startEdge(
    {
      ...edgeConfig(folder.path, centre.port, [bus]),
      profiles: Object.fromEntries(profiles.map((profile) => [profile.id, profile])),
    },
    edgeContext(),
  );
  cleanups.push(() => edge.stop());
  return { service, centre };
}

/** Steps of the quantity that are not as told; a float may be one step off. */
function wrongly(spec: RegisterSpec, told: number, read: Reading | undefined): string | undefined {
  if (read === undefined || read.quality === 'bad') return read === undefined ? 'nothing' : `bad: ${read.reason}`;
  const off = Math.abs(read.value - toSteps(spec.quantity, told));
  return off <= (spec.type.startsWith('float') ? 1 : 0) ? undefined : `${read.value}`;
}

describe('the catalogue, simulated', () => {
  it(`shows ${shown.length} registers of ${profiles.length} models, two values each`, () => {
    expect(profiles.length).toBeGreaterThanOrEqual(12);
    expect(new Set(shown.map(({ sensorId }) => sensorId)).size).toBe(shown.length);
    expect(new Set(shown.map(({ spec }) => spec.functionCode)).size).toBe(4);
  });

  it.each([['tcp', true] as const, ['pty', needs('socat')] as const])(
    'is read over %s as it was told, first and after it has changed',
    async (kind, canRun) => {
      if (!canRun) return;
      const { service, centre } = await play(kind);
      const last = (sensorId: string) => centre.readings(sensorId).at(-1);
      const objections = (told: 'first' | 'second') =>
        shown.flatMap(({ sensorId, spec, ...values }) => {
          if (spec.counter !== null) return [];
          const wrong = wrongly(spec, values[told], last(sensorId));
          return wrong === undefined
            ? []
            : [`${sensorId}: told ${toSteps(spec.quantity, values[told])}, read ${wrong}`];
        });
      const settled = (told: 'first' | 'second') =>
        until(`the ${told} values`, () => objections(told).length === 0, 20_000).catch(() => undefined);
      await until('a reading of each', () => shown.every(({ sensorId }) => last(sensorId) !== undefined), 20_000);
      await settled('first');
      expect(objections('first')).toEqual([]);
      service.begin();
      await settled('second');
      expect(objections('second')).toEqual([]);
      const counters = shown.filter(({ spec }) => spec.counter !== null);
      const counted = ({ sensorId }: { readonly sensorId: string }) =>
        centre.readings(sensorId).reduce((sum, reading) => sum + (reading.quality === 'bad' ? 0 : reading.value), 0);
      expect(counters.map((one) => [one.sensorId, counted(one)])).toEqual(
        counters.map(({ sensorId, spec, second }) => [sensorId, toSteps(spec.quantity, second)]),
      );
      expect(counters.length).toBeGreaterThan(0);
    },
    60_000,
  );
});
