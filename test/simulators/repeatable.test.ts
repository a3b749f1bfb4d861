/** The same seed, scenario and questions give the same answers and the same served log, byte for byte, on virtual time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSteppedClock } from '#model/io/clock.ts';
import type { Behaviour } from '#simulators/behaviour.ts';
import { type LineConfig, servedLogName } from '#simulators/config.ts';
import type { TimedFault } from '#simulators/fault.ts';
import { openScene } from '#simulators/io/scene.ts';
import { openLineResponder } from '#simulators/io/simulated-line.ts';
import { sealFrame } from '#simulators/modbus/crc16.ts';
import { piecesOf } from '#simulators/reply-fault.ts';
import { type FaultEntry, scenarioFaultOf } from '#simulators/scenario-faults.ts';
import { tempFolder, testContext } from '#test/simulators/support/context.ts';
import { crackMeter, line, rainGauge, sirenBoard } from '#test/simulators/support/devices.ts';

const BEGIN = 1_800_000_000_000;
const rain: Behaviour = {
  kind: 'tipping',
  perTip: 0.2,
  intensity: [
    { atMs: 0, perHour: 60 },
    { atMs: 40_000, perHour: 400 },
  ],
};
const crack: Behaviour = { kind: 'sine', mean: 5, amplitude: 3, periodMs: 50_000, noise: 0.5 };
const units: LineConfig['units'] = [
  {
    unitId: 1,
    kind: 'profile',
    profile: rainGauge,
    registers: [{ register: 'accumulated', behaviour: rain }],
  },
  { unitId: 2, kind: 'profile', profile: crackMeter, registers: [{ register: 'displacement', behaviour: crack }] },
  { unitId: 4, kind: 'profile', profile: sirenBoard, registers: [] },
];

const seconds = fc.integer({ min: 0, max: 40 });
const place = {
  bus: fc.constant('a'),
  unit: fc.constantFrom(1, 2, 4),
  atS: seconds,
  durationS: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
};
const reply = { ...place, share: fc.constantFrom(1, 0.5, 0.1) };
const kind = <K extends string>(fault: K) => fc.constant(fault);
const faults: fc.Arbitrary<FaultEntry> = fc.oneof(
  fc.record({ ...reply, fault: kind('silent') }),
  fc.record({ ...reply, fault: kind('late'), delayMs: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ ...reply, fault: kind('slow'), minMs: fc.constant(5), maxMs: fc.integer({ min: 5, max: 900 }) }),
  fc.record({ ...reply, fault: fc.constantFrom('wrongUnit', 'badCrc', 'truncated', 'busy') }),
  fc.record({
    ...reply,
    fault: kind('noise'),
    where: fc.constantFrom('before', 'after', 'both'),
    count: fc.integer({ min: 1, max: 20 }),
    hex: fc.constant(null),
  }),
  fc.record({ ...reply, fault: kind('split'), pieces: fc.constant(3), pauseMs: fc.constant(4) }),
  fc.record({ ...place, fault: fc.constantFrom('frozenBlock', 'stuck', 'noValue') }),
  fc.record({ ...place, fault: kind('drift'), perHour: fc.integer({ min: -90, max: 90 }) }),
  fc.record({ bus: fc.constant('a'), unit: fc.constant(1), atS: seconds, fault: kind('counterReset'), to: fc.nat(9) }),
  fc.record({ bus: fc.constant('a'), unit: fc.constant(1), atS: seconds, fault: kind('counterRollOver') }),
) as fc.Arbitrary<FaultEntry>;

type Question = { readonly afterMs: number; readonly unitId: number; readonly what: number };
const questions = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 4_000 }), unitId: fc.constantFrom(1, 2, 4), what: fc.nat(3) }),
  { minLength: 20, maxLength: 60 },
);
const PDUS: { readonly [unitId: number]: readonly Uint8Array[] } = {
  1: [Uint8Array.of(3, 0, 0, 0, 2)],
  2: [Uint8Array.of(3, 0, 0, 0, 2), Uint8Array.of(3, 0, 1, 0, 1)],
  4: [
    Uint8Array.of(1, 0, 0, 0, 2),
    Uint8Array.of(5, 0, 0, 0xff, 0),
    Uint8Array.of(5, 0, 0, 0, 0),
    Uint8Array.of(2, 0, 4, 0, 1),
  ],
};

/** Asks the questions on a stepped clock; everything that a master would get, with when, and the served log. */
function play(seed: number, timed: readonly TimedFault[], asked: readonly Question[]): string {
  const folder = tempFolder();
  const clock = openSteppedClock(BEGIN);
  const ctx = testContext(clock);
  const scene = openScene({ path: join(folder.path, 'state.json'), seed, ctx });
  const dressed = line('a', { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 }, { units, faults: timed });
  const { responder, close } = openLineResponder({ line: dressed, dataDir: folder.path, seed, scene, ctx });
  const wire: string[] = [];
  try {
    clock.advanceTo(BEGIN + 5_000);
    for (const { afterMs, unitId, what } of asked) {
      clock.advanceTo(clock.nowMs() + afterMs);
      if (clock.nowMs() > BEGIN + 10_000) scene.begin(false);
      const pdus = PDUS[unitId] ?? [];
      const sending = responder.respond(unitId, pdus[what % pdus.length] ?? new Uint8Array(0));
      if (sending === null) wire.push('-');
      else {
        const sealed = sealFrame(sending.unitId, sending.pdu);
        for (const { bytes, afterMs: later } of piecesOf(sealed, sealed.length - 1, sending))
          wire.push(`${sending.delayMs + later}:${Buffer.from(bytes).toString('hex')}`);
      }
    }
    return `${wire.join('\n')}\n\n${readFileSync(join(folder.path, servedLogName('a')), 'utf8')}`;
  } finally {
    close();
    scene.close();
    folder.remove();
  }
}

describe('a scenario', () => {
  it('plays the same again, byte for byte, whatever faults it has', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(faults, { minLength: 1, maxLength: 8 }), questions, (seed, entries, asked) => {
        const timed = entries.map((entry) => scenarioFaultOf(entry).timed);
        expect(play(seed, timed, asked)).toBe(play(seed, timed, asked));
      }),
      { numRuns: 80 },
    );
  });

  it('plays another noise from another seed', () => {
    const asked = Array.from({ length: 20 }, () => ({ afterMs: 1_000, unitId: 2, what: 0 }));
    expect(play(1, [], asked)).not.toBe(play(2, [], asked));
  });

  it('makes the same noise again, and another from another seed', () => {
    const asked = Array.from({ length: 20 }, () => ({ afterMs: 1_000, unitId: 2, what: 0 }));
    const noisy = { bus: 'a', fault: 'noise', where: 'both', count: 9, hex: null, atS: 0, share: 1 } as const;
    const wire = (seed: number) => play(seed, [scenarioFaultOf(noisy).timed], asked).split('\n\n')[0];
    expect(wire(1)).toBe(wire(1));
    expect(wire(1)).not.toBe(wire(2));
  });

  it('keeps what a counter has counted when its past was looked at, also when the scenario begins again', () => {
    const folder = tempFolder();
    const clock = openSteppedClock(BEGIN);
    const ctx = testContext(clock);
    const scene = openScene({ path: join(folder.path, 'state.json'), seed: 1, ctx });
    scene.begin(false);
    const at = (ms: number) => scene.valueOf('a/1/accumulated', rain, BEGIN + ms) ?? Number.NaN;
    expect(at(0)).toBe(0);
    clock.advanceTo(BEGIN + 60_000);
    const counted = at(60_000);
    expect(counted).toBeGreaterThan(1);
    expect(at(0)).toBe(0);
    scene.begin(true);
    expect(at(60_000)).toBeCloseTo(counted, 9);
    scene.close();
    folder.remove();
  });

  it('never lets a counter fall but at its reset and its roll-over, also while a block is frozen and read again', () => {
    const asked = Array.from({ length: 90 }, () => ({ afterMs: 1_000, unitId: 1, what: 0 }));
    const entries = [
      { bus: 'a', unit: 1, atS: 30, durationS: 10, fault: 'frozenBlock' },
      { bus: 'a', unit: 1, atS: 60, fault: 'counterRollOver' },
    ] as const;
    const timed = entries.map((entry) => scenarioFaultOf(entry).timed);
    const log = play(3, timed, asked).split('\n\n')[1] ?? '';
    const shown = log
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { values: [number, number] }).values)
      .map(([high, low]) => high * 65_536 + low);
    const falls = shown.filter((value, index) => index > 0 && value < (shown[index - 1] ?? 0));
    expect(shown).toHaveLength(90);
    expect(falls).toHaveLength(1);
    expect(falls[0]).toBeLessThan(10);
  });
});
