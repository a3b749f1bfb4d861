import { describe, expect, test } from 'vitest';
import type { StationConfig } from '../../model/edge-config.ts';
import { judgeOutcome, type SensorMemory } from '../acquire/judge.ts';
import { elementQuantity } from './elements.ts';
import { judgeStamps } from './stamps.ts';
import { type LinkItem, type TakeContext, takeReport } from './take-report.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 5, 1);

/** A station whose notes and counters are kept between reports, as the outbox keeps them. */
function stationOf(...elements: readonly string[]) {
  const station: StationConfig = {
    ...{ station: '0012345678', centre: 1, password: '0000', reportMs: 3_600_000 },
    sensors: elements.map((element) => ({ sensorId: element, element })),
  };
  const notes = new Map<string, string>();
  const memory = new Map<string, SensorMemory>();
  return (items: readonly LinkItem[], change: Partial<TakeContext> = {}) => {
    const newest = Math.max(...items.map(({ observedAtMs }) => observedAtMs ?? START));
    const taken = takeReport('sl651', 'sl651/l/0012345678', station, items, {
      ...{ receivedAtMs: newest, ownClockSure: true, sendTimeMs: newest, note: (key) => notes.get(key) },
      ...change,
    });
    for (const { key, value } of taken.notes) notes.set(key, value);
    const readings = taken.outcomes.map((outcome) => {
      const judged = judgeOutcome(outcome, memory.get(outcome.sensorId) ?? {}, 'synced');
      memory.set(outcome.sensorId, judged.memory);
      return judged.reading;
    });
    const values = readings.map((reading) => (reading.quality === 'bad' ? reading.reason : reading.value));
    return { ...taken, readings, values };
  };
}

const item = (id: string, minutes: number, tenths: number): LinkItem => ({
  ...{ id, observedAtMs: START + minutes * MINUTE, kind: 'number', digits: tenths, decimals: 1 },
});

describe('rain', () => {
  test('since the day began (PJ) begins again at eight without a wrap, however long the station was silent', () => {
    const take = stationOf('20');
    expect(take([item('20', 0, 400)]).values).toEqual([0]);
    expect(take([item('20', 60, 450)]).values).toEqual([5_000]);
    // Three days later: a limit of 4 mm a minute would allow the whole width of the counter.
    const later = take([item('20', 4_320, 12)]);
    expect(later.values).toEqual([1_200]);
    expect(later.readings[0]?.flags).toEqual(['reset']);
  });

  test('accumulated (PT) that begins again with the year after weeks of silence is a reset, no cloudburst', () => {
    const take = stationOf('26');
    take([item('26', 0, 13_143)]);
    const later = take([item('26', 40_000, 50)]);
    expect(later.values).toEqual([5_000]);
    expect(later.readings[0]?.flags).toEqual(['reset']);
  });

  test('of ten minutes (PN10) is taken when its window does not overlap one that was taken', () => {
    const take = stationOf('23');
    expect(take([item('23', 10, 20)]).values).toEqual([2_000]);
    const overlap = take([item('23', 15, 30)]);
    expect([overlap.values, overlap.leftOut.overlap]).toEqual([[], 1]);
    expect(take([item('23', 20, 7)]).values).toEqual([700]);
  });

  test('of an hour in slots is taken once a slot, from whichever report', () => {
    const take = stationOf('F4');
    const hour = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => item('F4', from + at * 5, 1));
    expect(take(hour(5, 12)).values).toHaveLength(12);
    const half = take(hour(35, 12));
    expect([half.values.length, half.leftOut.repeated]).toEqual([6, 6]);
    // Late, and never seen before.
    expect(take(hour(-55, 12), { receivedAtMs: START + 200 * MINUTE }).values).toHaveLength(12);
  });

  test('beyond 4 mm a minute is kept and doubted', () => {
    const take = stationOf('26');
    take([item('26', 0, 100)]);
    const [reading] = take([item('26', 5, 400)]).readings;
    expect(reading).toMatchObject({ quality: 'suspect', value: 30_000, flags: ['rate'] });
  });

  test('with finer digits than the counter has is no value', () => {
    const fine: LinkItem = { id: '26', observedAtMs: START, kind: 'number', digits: 12_345, decimals: 2 };
    expect(stationOf('26')([fine]).values).toEqual(['decode']);
  });
});

describe('states', () => {
  const word = (text: string): LinkItem => ({ id: '45', observedAtMs: START, kind: 'text', text });
  test('are 1 when they are not at rest; door and pump rest at 1', () => {
    const take = stationOf('45-0', '45-1', '45-7', '45-10');
    expect(take([word('00000481')]).values).toEqual([1, 0, 0, 0]);
    expect(take([word('00000000')]).values).toEqual([0, 0, 1, 1]);
    expect(take([word('FFFFFFFF')]).values).toEqual(['sentinel', 'sentinel', 'sentinel', 'sentinel']);
  });
});

describe('stamps', () => {
  const at = (minutes: number) => START + minutes * MINUTE;
  const context = (sent: number | null, ownClockSure = true) => ({
    ...{ receivedAtMs: START, ownClockSure, sendTimeMs: sent === null ? null : at(sent) },
  });
  const dated = (observed: readonly (number | null)[], sent: number | null, sure = true) => {
    const stamps = judgeStamps(
      observed.map((one) => (one === null ? null : at(one))),
      context(sent, sure),
    );
    return observed.map((one) => (stamps.atMs(one === null ? null : at(one)) - START) / MINUTE);
  };
  test.each([
    ['are kept when they are of the past', [-60, -5], 0, [-60, -5]],
    ['may run ten minutes ahead', [9], 10, [9]],
    ['beyond are counted back from the receipt, all of a report alike', [5, 60], 61, [-56, -1]],
    ['of thirty years ago are as well', [-15_800_000], -15_799_990, [-10]],
    ['that lack are those of the report', [null, -5], -4, [-4, -5]],
    ['that lack everywhere are the receipt', [null], null, [0]],
    ['later than the sending are the receipt', [90_000], 80_000, [0]],
  ] as const)('%s', (_, observed, sent, expected) => expect(dated(observed, sent)).toEqual(expected));

  test('are not believed while our own clock is unsure, which the batch says itself', () => {
    expect(dated([-60, -5], -4, false)).toEqual([-56, -1]);
    const [reading] = stationOf('39')([item('39', -60, 5)], { ownClockSure: false }).readings;
    expect(reading?.flags).toEqual([]);
  });
});

test('an element has the quantity that its sensor must have', () => {
  const of = (element: string) => elementQuantity('sl651', element);
  expect(['26', 'F4', '39', '3B', '38', '0D', '45-1', '45-7', '58', 'F5'].map(of)).toEqual([
    ...['rain', 'rain', 'level', 'level', 'voltage', 'temperature', 'fault', 'contact', 'pressure', 'level'],
  ]);
  expect(['46', '45', '45-12', 'FF01', 'XX'].map(of)).toEqual([null, null, null, null, null]);
  expect(['rain-total', 'level-2', 'flow-1', 'rain', 'level-0'].map((one) => elementQuantity('sl427', one))).toEqual([
    ...['rain', 'level', 'flow', null, null],
  ]);
});
