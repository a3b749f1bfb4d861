/** When a slope sped up, in series made for it: creep, a bump, a step, gaps, noise, one reading a day. */
import { describe, expect, test } from 'vitest';
import { accelerationsIn } from '#dashboards/api/trend/accelerations.ts';
import { HOUR_MS } from '#model/time.ts';
import { FROM, said, stretch, wiggle } from './made.ts';

describe('accelerations of a slope', () => {
  test('that creeps evenly with noise, slow or fast, are none', () => {
    for (const rate of [0, 0.5, 5, 50]) {
      const found = said(
        accelerationsIn(
          stretch(60 * 24, (at) => Math.round(rate * at + 20 * wiggle(at))),
          100,
          3,
        ),
      );
      expect([rate, found.episodes]).toEqual([rate, []]);
    }
  });

  test('of 20 mm in two days tell begin, peak, end and how much it moved', () => {
    // Half a cosine from hour 720 to 768: 2,000 steps of 0.01 mm, at most 15.7 mm/d in the middle.
    const bump = (at: number) =>
      at < 720 ? 0 : at > 768 ? 2_000 : 1_000 * (1 - Math.cos(((at - 720) / 48) * Math.PI));
    const found = said(
      accelerationsIn(
        stretch(60 * 24, (at) => Math.round(bump(at) + 3 * wiggle(at))),
        100,
        3,
      ),
    );
    expect(found.episodes).toHaveLength(1);
    const [one] = found.episodes;
    const hour = (ms: number | null | undefined) => Math.round(((ms ?? 0) - FROM) / HOUR_MS);
    expect(one).toMatchObject({ kind: 'acceleration', endedByGap: false });
    expect(one?.movedMm).toBeCloseTo(20, 0);
    expect(one?.peakMmPerD).toBeGreaterThan(14);
    expect(one?.peakMmPerD).toBeLessThan(16);
    // A trailing window sees the begin, the middle and the end a little late.
    expect(hour(one?.startMs)).toBeGreaterThan(720);
    expect(hour(one?.startMs)).toBeLessThan(732);
    expect(hour(one?.peakMs)).toBeGreaterThan(744);
    expect(hour(one?.peakMs)).toBeLessThan(758);
    expect(hour(one?.endMs)).toBeGreaterThan(762);
    expect(hour(one?.endMs)).toBeLessThan(785);
  });

  test('of a block that slips 8 mm within an hour are a step, at its hour', () => {
    const found = said(
      accelerationsIn(
        stretch(40 * 24, (at) => Math.round((at < 500 ? 0 : 800) + 3 * wiggle(at))),
        100,
        3,
      ),
    );
    expect(found.episodes).toHaveLength(1);
    expect(found.episodes[0]).toMatchObject({ kind: 'step', startMs: FROM + 501 * HOUR_MS });
    expect(found.episodes[0]?.movedMm).toBeCloseTo(8, 0);
  });

  test('are not made of a gap: 30 mm between the last reading before it and the first one after', () => {
    const torn = (at: number) => (at > 400 && at < 460 ? null : Math.round((at < 430 ? 0 : 3_000) + 3 * wiggle(at)));
    expect(said(accelerationsIn(stretch(40 * 24, torn), 100, 3)).episodes).toEqual([]);
  });

  test('stand above the noise: a sensor five times as noisy hides what a quiet one shows', () => {
    const slow = (noise: number) => (at: number) =>
      Math.round((at < 480 ? 0 : at < 504 ? (at - 480) * 10 : 240) + noise * wiggle(at));
    const quiet = said(accelerationsIn(stretch(40 * 24, slow(2)), 100, 3));
    const noisy = said(accelerationsIn(stretch(40 * 24, slow(60)), 100, 3));
    expect(quiet.episodes).toHaveLength(1);
    expect(noisy.episodes).toHaveLength(0);
    expect(noisy.floorMmPerD).toBeGreaterThan(quiet.floorMmPerD);
  });

  test('are found in one reading a day, over four days', () => {
    const day = (at: number) =>
      at % 24 === 0 ? Math.round((at < 1_200 ? 0 : Math.min(at - 1_200, 240) * 20) + wiggle(at)) : null;
    const found = said(accelerationsIn(stretch(120 * 24, day), 100, 3));
    expect(found).toMatchObject({ windowH: 96 });
    expect(found.episodes).toHaveLength(1);
    expect(found.episodes[0]?.peakMmPerD).toBeCloseTo(4.8, 0);
  });

  test('are not said of too little', () => {
    expect(
      accelerationsIn(
        stretch(48, () => null),
        100,
        3,
      ).said,
    ).toBe(false);
    expect(
      accelerationsIn(
        stretch(4, (at) => at),
        100,
        3,
      ).said,
    ).toBe(false);
  });
});
