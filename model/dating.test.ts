import { describe, expect, test } from 'vitest';
import { AHEAD_MS, dateBatch, dateReading } from './dating.ts';

const RECEIVED = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;
const Y2059 = Date.UTC(2059, 0, 1);
const of = (timeQuality: 'synced' | 'unsure', writtenAtMs: number) => ({ timeQuality, writtenAtMs, monoMs: 90_000 });

describe('the instant of a batch', () => {
  test.each([
    ['written now', of('synced', RECEIVED), RECEIVED, false],
    ['three days in the outbox', of('synced', RECEIVED - 72 * 60 * MINUTE), RECEIVED - 72 * 60 * MINUTE, false],
    ['a clock a little ahead', of('synced', RECEIVED + 2 * MINUTE), RECEIVED + 2 * MINUTE, false],
    ['a clock ahead as far as is believed', of('synced', RECEIVED + AHEAD_MS), RECEIVED + AHEAD_MS, false],
    ['a clock further ahead', of('synced', RECEIVED + AHEAD_MS + 1), RECEIVED, true],
    ['a clock in 2059 that calls itself right', of('synced', Y2059), RECEIVED, true],
    ['a clock in 1970', of('unsure', 5_000), RECEIVED, true],
    ['a clock in 2059 that doubts itself', of('unsure', Y2059), RECEIVED, true],
  ] as const)('%s', (_name, batch, baseMs, unsure) => {
    expect(dateBatch(batch, RECEIVED)).toEqual({ baseMs, unsure });
  });

  test('is the boot and the monotonic instant once the boot is known, also where the clock lied', () => {
    const bootMs = RECEIVED - 5 * MINUTE;
    for (const batch of [of('unsure', 5_000), of('synced', Y2059)])
      expect(dateReading(batch, -1_000, RECEIVED, bootMs)).toEqual({ atMs: bootMs + 89_000, unsure: false });
  });
});
