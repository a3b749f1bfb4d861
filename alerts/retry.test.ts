import { expect, it } from 'vitest';
import { askedMs, DEFAULT_RETRY, decideNext, LONGEST_ASKED_MS } from './retry.ts';

const away = (afterMs: number | null) => ({ kind: 'away', detail: 'HTTP 503', afterMs }) as const;
const row = { attempts: 1, queuedAtMs: 0 };
const when = { nowMs: 1_000, jitter: 0 };

it('waits as long as the receiver asks', () => {
  expect(decideNext(away(120_000), row, when, DEFAULT_RETRY)).toEqual({ state: 'queued', dueAtMs: 121_000 });
});

it('is neither silenced nor made to give up by a receiver that asks for a year', () => {
  const year = away(31_536_000_000);
  expect(askedMs(year)).toBe(LONGEST_ASKED_MS);
  expect(decideNext(year, row, when, DEFAULT_RETRY)).toEqual({ state: 'queued', dueAtMs: 1_000 + LONGEST_ASKED_MS });
});
