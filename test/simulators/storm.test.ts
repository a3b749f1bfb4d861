/** Every fault of an answer and of a line at once, against the real edge: whatever is read as good is what the unit said. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startEdge } from '#edge/main.ts';
import type { BusConfig } from '#model/edge-config.ts';
import { toSteps } from '#model/quantity.ts';
import { formatLint } from '#model/result.ts';
import type { LineConfig, LineWire } from '#simulators/config.ts';
import { startSimulators } from '#simulators/main.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { edgeConfig, testContext as edgeContext, startCentre } from '#test/edge/support.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';
import { config, crackMeter, line } from '#test/simulators/support/devices.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const UNITS = [1, 2, 3, 4, 5, 6];
/** Each unit has a value of its own, so that an answer that is taken for another's is found out. */
const mmOf = (unitId: number): number => unitId * 100 + 0.5;
const units: LineConfig['units'] = UNITS.map((unitId) => ({
  unitId,
  kind: 'profile',
  profile: { ...crackMeter, timeoutMs: 250 },
  registers: [{ register: 'displacement', behaviour: { kind: 'constant', value: mmOf(unitId), noise: 0 } }],
}));

const STORM = `
seed: 11
faults:
  - { bus: a, unit: 1, fault: late, delayMs: 350, share: 0.15 }
  - { bus: a, unit: 2, fault: wrongUnit, share: 0.15 }
  - { bus: a, unit: 5, fault: split, pieces: 3, pauseMs: 8, share: 0.3 }
  - { bus: a, unit: 5, fault: busy, share: 0.2 }
  - { bus: a, unit: 6, fault: silent, share: 0.3 }
  - { bus: a, fault: unplug, atS: 2, durationS: 0.3, everyS: 3 }
`;

const BROKEN_FRAMES = `
  - { bus: a, unit: 3, fault: badCrc, share: 0.15 }
  - { bus: a, unit: 3, fault: truncated, share: 0.15 }
  - { bus: a, unit: 4, fault: noise, where: both, count: 3, share: 0.15 }
`;
/** Modbus TCP has no checksum: bytes that come by chance may complete an answer that was cut, and nobody could know. */
const ON_A_LINE = `${BROKEN_FRAMES.trimEnd()}
  - { bus: a, fault: echo, atS: 1, durationS: 1, everyS: 3 }
  - { bus: a, fault: babble, pauseMs: 170, count: 5 }
`;

describe('a storm of faults', () => {
  it.each<[wire: 'rtu-tcp' | 'modbus-tcp', more: string]>([
    ['rtu-tcp', ON_A_LINE],
    ['modbus-tcp', BROKEN_FRAMES],
  ])(
    'over %s gives every unit good readings, and no good reading is wrong',
    async (kind, more) => {
      const folder = tempFolder();
      cleanups.push(folder.remove);
      const scenario = parseScenario('storm.yaml', STORM.trimEnd() + more);
      if (!scenario.ok) throw new Error(scenario.error.map(formatLint).join('\n'));
      const faults = scenario.value.faults.map(({ timed }) => timed);
      const wire: LineWire = { kind, host: '127.0.0.1', port: 0 };
      const service = await startSimulators(
        { ...config(join(folder.path, 'sim'), [line('a', wire, { units, faults })]), seed: 11, startAfterMs: 0 },
        testContext(),
      );
      cleanups.push(() => service.stop());
      const [address] = service.lines;
      if (address === undefined || address.kind === 'modbus-rtu') throw new Error('no TCP line');
      const centre = await startCentre();
      cleanups.push(() => centre.stop());
      const bus: BusConfig = {
        id: 'a',
        kind: kind === 'modbus-tcp' ? kind : 'modbus-rtu-tcp',
        host: address.host,
        port: address.port,
        pollMs: 50,
        units: UNITS.map((unitId) => ({
          unitId,
          profile: 'crack',
          sensors: [{ sensorId: `crack-${unitId}`, register: 'displacement' }],
        })),
      };
      const edge = await startEdge(
        { ...edgeConfig(folder.path, centre.port, [bus]), profiles: { crack: { ...crackMeter, timeoutMs: 250 } } },
        edgeContext(),
      );
      cleanups.push(() => edge.stop());
      const good = (unitId: number) =>
        centre.readings(`crack-${unitId}`).flatMap((reading) => (reading.quality === 'good' ? [reading.value] : []));
      const bad = () =>
        new Set(
          UNITS.flatMap((unitId) =>
            centre.readings(`crack-${unitId}`).flatMap((one) => (one.quality === 'bad' ? [one.reason] : [])),
          ),
        );
      const missing = () => [
        ...UNITS.filter((unitId) => good(unitId).length < 3).map(
          (unitId) => `${good(unitId).length} of unit ${unitId}`,
        ),
        ...(bad().size === 0 ? ['nothing went wrong'] : []),
      ];
      await until('good readings of every unit and faults of every kind', () => missing().length === 0, 25_000).catch(
        () => undefined,
      );
      expect(missing()).toEqual([]);
      for (const unitId of UNITS)
        expect([...new Set(good(unitId))], `unit ${unitId}`).toEqual([toSteps('displacement', mmOf(unitId))]);
    },
    40_000,
  );
});
