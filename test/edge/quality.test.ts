/** What the edge makes of each simulated fault of a value, over a real wire: which flags, which reasons, nothing under a new stamp. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startEdge } from '#edge/main.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { BusConfig } from '#model/edge-config.ts';
import type { Reading } from '#model/reading.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import type { Fault } from '#simulators/fault.ts';
import { startSimulators } from '#simulators/main.ts';
import { type Centre, edgeConfig, testContext as edgeContext, startCentre, until } from '#test/edge/support.ts';
import { tempFolder, testContext } from '#test/simulators/support/context.ts';
import { config, crackMeter, line, rainGauge } from '#test/simulators/support/devices.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

type Rig = {
  readonly readings: () => readonly Reading[];
  readonly fault: (fault: Fault | null) => void;
  readonly centre: Centre;
};

/** One unit over Modbus TCP, asked every 100 ms. */
async function watched(profile: DeviceProfile, register: string, behaviour: Behaviour): Promise<Rig> {
  const folder = tempFolder();
  cleanups.push(folder.remove);
  const units = [{ unitId: 1, kind: 'profile', profile, registers: [{ register, behaviour }] }] as const;
  const service = await startSimulators(
    {
      ...config(join(folder.path, 'sim'), [line('a', { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 }, { units })]),
      startAfterMs: 0,
    },
    testContext(),
  );
  cleanups.push(() => service.stop());
  const [address] = service.lines;
  if (address === undefined || address.kind === 'modbus-rtu') throw new Error('no TCP line');
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const bus: BusConfig = {
    ...{ id: 'a', kind: 'modbus-tcp', host: address.host, port: address.port, pollMs: 100 },
    units: [{ unitId: 1, profile: 'watched', sensors: [{ sensorId: 'watched', register }] }],
  };
  const edge = await startEdge(
    { ...edgeConfig(folder.path, centre.port, [bus]), profiles: { watched: profile } },
    edgeContext(),
  );
  cleanups.push(() => edge.stop());
  return {
    centre,
    readings: () => centre.readings('watched'),
    fault: (fault) => service.setFault('a', 1, fault),
  };
}

const gauge = (given: Partial<DeviceProfile['registers'][number]>): DeviceProfile => ({
  ...crackMeter,
  registers: crackMeter.registers.map((spec) => ({ ...spec, ...given })),
});
const flagged = (readings: readonly Reading[], flag: Reading['flags'][number]) =>
  readings.filter(({ flags }) => flags.includes(flag));
const steady: Behaviour = { kind: 'constant', value: 12.5, noise: 0 };
const noisy: Behaviour = { kind: 'constant', value: 12.5, noise: 0.2 };

describe('a value with a fault', () => {
  it('that leaps is kept, marked as a spike and suspect; that stays there is believed from the next poll on', async () => {
    const { readings, fault } = await watched(gauge({ spike: 5 }), 'displacement', steady);
    await until('three good readings', () => readings().filter(({ quality }) => quality === 'good').length >= 3);
    fault({ kind: 'spike', by: 60 });
    await until('a believed value', () => readings().some((one) => one.quality === 'good' && one.value === 7_250));
    const [spike, ...others] = flagged(readings(), 'spike');
    expect(spike).toMatchObject({ quality: 'suspect', value: 7_250 });
    expect(others).toEqual([]);
  });

  it('that sticks is doubted after its device has stood still for too long, and believed when it moves', async () => {
    const { readings, fault } = await watched(gauge({ flatAfterMs: 1_000 }), 'displacement', noisy);
    await until('three good readings', () => readings().filter(({ quality }) => quality === 'good').length >= 3);
    expect(flagged(readings(), 'flat')).toEqual([]);
    fault({ kind: 'stuck' });
    await until('a doubted value', () => flagged(readings(), 'flat').length >= 2);
    expect(flagged(readings(), 'flat').every(({ quality }) => quality === 'suspect')).toBe(true);
    fault(null);
    await until('a believed value', () => readings().at(-1)?.quality === 'good');
  });

  it('outside of what is plausible is kept with its raw number', async () => {
    const { readings, fault } = await watched(
      gauge({ plausible: { min: 0, max: 100, maxPerMinute: null } }),
      'displacement',
      steady,
    );
    await until('a good reading', () => readings().some(({ quality }) => quality === 'good'));
    fault({ kind: 'spike', by: 500 });
    await until('a doubted value', () => flagged(readings(), 'range').length > 0);
    expect(flagged(readings(), 'range')[0]).toMatchObject({ quality: 'suspect', value: 51_250 });
    expect(flagged(readings(), 'range')[0]?.raw).toBeDefined();
  });

  it('of a counter that is set back counts from its new beginning, and says so', async () => {
    const { readings, fault } = await watched(
      { ...rainGauge, registers: rainGauge.registers.map((spec) => ({ ...spec, scale: 0.1 })) },
      'accumulated',
      { kind: 'constant', value: 500, noise: 0 },
    );
    await until('the first reading', () => flagged(readings(), 'first').length === 1);
    fault({ kind: 'counterReset', to: 2 });
    await until('the reset', () => flagged(readings(), 'reset').length > 0);
    expect(flagged(readings(), 'reset')[0]).toMatchObject({ value: 2_000, raw: 20 });
    const sum = readings().reduce((total, one) => total + (one.quality === 'bad' ? 0 : one.value), 0);
    expect(sum).toBe(2_000);
  });
});

describe('a block that is frozen', () => {
  it('gives no old value under a new time where the device has a sign of life, and values again when it lives', async () => {
    const alive = { functionCode: 3, address: 40, count: 1, withinMs: 1_000 } as const;
    const { readings, fault } = await watched({ ...crackMeter, alive }, 'displacement', noisy);
    await until('three good readings', () => readings().filter(({ quality }) => quality === 'good').length >= 3);
    fault({ kind: 'frozenBlock' });
    await until('a refused block', () => readings().at(-1)?.quality === 'bad');
    const refusedFrom = readings().length;
    await until('three more', () => readings().length >= refusedFrom + 3);
    for (const reading of readings().slice(refusedFrom - 1))
      expect(reading).toMatchObject({ quality: 'bad', reason: 'stale' });
    fault(null);
    await until('a value again', () => readings().at(-1)?.quality === 'good');
  });
});
