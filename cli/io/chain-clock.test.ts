import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { settleClock } from '#cli/io/chain-clock.ts';
import { HOUR_MS, parseClockSpec } from '#model/time.ts';

const top = mkdtempSync(join(tmpdir(), 'fengsui-clock-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(top, 'data-'));
});

const nowMs = Date.UTC(2026, 6, 1);
const clock = (text: string) => parseClockSpec(text) ?? { kind: 'real' as const };
/** As a process leaves it. */
const beat = (atMs: number) => {
  mkdirSync(join(dir, 'run'), { recursive: true });
  writeFileSync(
    join(dir, 'run', 'ingest.json'),
    JSON.stringify({ name: 'ingest', pid: 1, atMs, state: 'ready', addresses: [] }),
  );
};
const YESTERYEAR = 'virtual:2025-06-01T00:00:00Z×60';

describe('the clock of a data folder', () => {
  it('goes on where it was when the same virtual clock is asked for again', () => {
    const first = settleClock(dir, clock(YESTERYEAR), nowMs);
    expect(first).toMatchObject({ ok: true, value: { anchorMs: nowMs } });
    beat(nowMs + HOUR_MS);
    expect(settleClock(dir, clock(YESTERYEAR), nowMs + 2 * HOUR_MS)).toEqual(first);
  });

  it('refuses a virtual clock that would begin before what the data have reached', () => {
    settleClock(dir, clock(YESTERYEAR), nowMs);
    beat(nowMs + HOUR_MS); // 60 hours of the chain's time
    const again = settleClock(dir, clock('virtual:2025-06-01T00:00:00Z×10'), nowMs + HOUR_MS);
    expect(again.ok ? '' : again.error).toMatch(/have reached 2025-06-03T12:00:00.000Z.*FENGSUI_DATA/);
    expect(settleClock(dir, clock('virtual:2025-06-04T00:00:00Z×10'), nowMs + HOUR_MS).ok).toBe(true);
  });

  it('refuses a virtual clock in the past over data of the real one, and the real one over a later virtual one', () => {
    expect(settleClock(dir, { kind: 'real' }, nowMs)).toEqual({ ok: true, value: { kind: 'real' } });
    beat(nowMs);
    expect(settleClock(dir, clock(YESTERYEAR), nowMs + 1).ok).toBe(false);
    expect(settleClock(dir, clock('virtual:2027-01-01T00:00:00Z×60'), nowMs + 1).ok).toBe(true);
    beat(nowMs + HOUR_MS);
    expect(settleClock(dir, { kind: 'real' }, nowMs + HOUR_MS).ok).toBe(false);
  });

  it('leaves a real clock that was set back alone', () => {
    settleClock(dir, { kind: 'real' }, nowMs);
    beat(nowMs);
    expect(settleClock(dir, { kind: 'real' }, nowMs - 1000 * HOUR_MS).ok).toBe(true);
  });

  it('takes an anchored clock as it is: whoever anchored it has looked', () => {
    const anchored = clock(`${YESTERYEAR}@${nowMs}`);
    beat(nowMs + HOUR_MS);
    expect(settleClock(dir, anchored, nowMs)).toEqual({ ok: true, value: anchored });
  });
});
