import { describe, expect, it } from 'vitest';
import { type Latency, LEAST_PATIENCE_MS, noteLatency, patienceMs } from './latency.ts';

const after = (answers: readonly number[]): Latency | undefined =>
  answers.reduce<Latency | undefined>((latency, ms) => noteLatency(latency, ms), undefined);
const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

describe('how long a unit is waited for', () => {
  it('a unit that has never answered gets its whole time', () => {
    expect(patienceMs(undefined, 0, 800)).toBe(800);
  });
  it('a quick one is given up early, but never before the floor', () => {
    expect(patienceMs(after(times(20, 22)), 0, 800)).toBe(LEAST_PATIENCE_MS);
  });
  it('one that failed gets its whole time, so that a slow unit is not called dead', () => {
    expect(patienceMs(after(times(20, 22)), 1, 800)).toBe(800);
  });
  it('a slow one is waited for longer than it has taken, and one that turns slow soon is', () => {
    expect(patienceMs(after(times(20, 300)), 0, 800)).toBeGreaterThan(300);
    expect(patienceMs(after([...times(20, 22), 400]), 0, 800)).toBeGreaterThan(400);
  });
  it('never beyond the profile', () => {
    expect(patienceMs(after(times(3, 700)), 0, 800)).toBeLessThanOrEqual(800);
  });
});
