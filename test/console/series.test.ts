import { describe, expect, test } from 'vitest';
import type { ReadingJson } from '#dashboards/console/src/api.ts';
import { makeSeries } from '#dashboards/console/src/series.ts';

const MINUTE_MS = 60_000;
const reading = (minute: number, value?: number, quality: ReadingJson['quality'] = 'good'): ReadingJson => ({
  sensorId: 's',
  pointId: 'p',
  quantity: 'rain',
  unit: 'mm',
  measuredAt: '',
  measuredAtMs: minute * MINUTE_MS,
  quality: value === undefined ? 'bad' : quality,
  ...(value === undefined ? {} : { value }),
  flags: [],
});
const rain = (readings: readonly ReadingJson[], measure: Parameters<typeof makeSeries>[2], gapMinutes = 5) =>
  makeSeries(readings, 'rain', measure, gapMinutes * MINUTE_MS);

describe('the line of a chart', () => {
  test('breaks where data are missing, and where a reading has no value', () => {
    const { times, values } = rain([reading(0, 1), reading(1), reading(2, 2), reading(20, 3)], {
      kind: 'value',
      windowMs: 0,
    });
    expect(values).toEqual([1, null, 2, null, 3]);
    expect(times).toHaveLength(5);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  test('of a sum forgets what has left the window, without a binary fraction', () => {
    const readings = Array.from({ length: 10 }, (_, minute) => reading(minute, 0.1));
    const { values } = rain(readings, { kind: 'rollingSum', windowMs: 3 * MINUTE_MS });
    expect(values).toEqual([0.1, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]);
  });

  test('of a rate is the slope per hour', () => {
    const readings = Array.from({ length: 5 }, (_, minute) => reading(minute, minute * 0.5));
    const { values } = rain(readings, { kind: 'rate', windowMs: 10 * MINUTE_MS });
    expect(values[0]).toBeNull();
    expect(values[4]).toBeCloseTo(30, 6);
  });

  test('marks values that are to be doubted', () => {
    expect(rain([reading(0, 1), reading(1, 9, 'suspect')], { kind: 'value', windowMs: 0 }).suspect).toEqual([null, 9]);
  });
});
