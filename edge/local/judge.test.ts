import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, encodeBatch } from '../../model/batch.ts';
import type { CompiledRuleSet } from '../../model/rule-set.ts';
import { createJudge, restoreJudge } from './judge.ts';

const limit = (level: 'orange' | 'red', at: number) => ({
  level,
  limit: at,
  deadband: 100,
  onDelayMs: 0,
  offDelayMs: 0,
});
const title = { zh: '位移', en: 'opening' };
const rules: CompiledRuleSet = {
  version: 'rules-1',
  tickMs: 5_000,
  inventory: [
    { sensorId: 'crack', pointId: 'p', edgeId: 'e', quantity: 'displacement', staleAfterMs: 60_000 },
    { sensorId: 'rain', pointId: 'p', edgeId: 'e', quantity: 'rain', staleAfterMs: 600_000 },
  ],
  rules: [
    {
      ...{ rule: 'opening@1', title, hazard: 'landslide', pointId: 'p', sensorId: 'crack' },
      measure: { kind: 'value' },
      limits: [limit('orange', 4_000), limit('red', 8_000)],
    },
    {
      ...{ rule: 'rain@1', title, hazard: 'rainstorm', pointId: 'p', sensorId: 'rain' },
      measure: { kind: 'rollingSum', windowMs: 3_600_000, bucketMs: 300_000 },
      limits: [limit('red', 50_000)],
    },
  ],
  silence: { staleLevel: 'blue', gatewayLostLevel: 'yellow', gatewayLostAfterMs: 60_000 },
};

type Moment = { readonly atMs: number; readonly monoMs?: number; readonly bootId?: string; readonly unsure?: boolean };
type Values = { readonly crack?: number | null; readonly rain?: number };

function batch(seq: number, { atMs, monoMs = atMs, bootId = 'boot', unsure = false }: Moment, values: Values): string {
  const timeQuality = unsure ? 'unsure' : 'synced';
  const base = { measuredAtMs: atMs, timeQuality, flags: [] } as const;
  const all: Batch = {
    ...{
      edgeId: 'e',
      epoch: 'x',
      seq,
      bootId,
      monoMs,
      writtenAtMs: atMs,
      timeQuality,
      inventoryVersion: 'i',
      events: [],
    },
    readings: [
      ...(values.crack === undefined
        ? []
        : values.crack === null
          ? [{ ...base, sensorId: 'crack', quality: 'bad' as const, reason: 'timeout' as const }]
          : [{ ...base, sensorId: 'crack', quality: 'good' as const, value: values.crack }]),
      ...(values.rain === undefined
        ? []
        : [{ ...base, sensorId: 'rain', quality: 'good' as const, value: values.rain }]),
    ],
  };
  return encodeBatch(all);
}

const T0 = Date.parse('2026-06-03T14:00:00Z');
const begun = () => {
  const judge = createJudge('e');
  judge.adopt(rules, 0, T0);
  return judge;
};
const said = (conditions: readonly { readonly condition: string; readonly to: string; readonly late: boolean }[]) =>
  conditions.map(({ condition, to, late }) => `${condition} ${to}${late ? ' late' : ''}`);

describe('the engine at the edge', () => {
  it('says what rises and what is over, and keeps what stands', () => {
    const judge = begun();
    expect(said(judge.judge(1, batch(1, { atMs: T0 }, { crack: 100 })))).toEqual([]);
    const [red] = judge.judge(2, batch(2, { atMs: T0 + 1_000 }, { crack: 8_200 }));
    expect(red).toMatchObject({ rule: 'opening@1', pointId: 'p', from: 'none', to: 'red', atMs: T0 + 1_000 });
    expect([...judge.active().values()]).toEqual([red]);
    expect(said(judge.judge(3, batch(3, { atMs: T0 + 2_000 }, { crack: 0 })))).toEqual(['cleared none']);
    expect(judge.active().size).toBe(0);
  });

  it('keeps a level whose data stop, says so, and says nothing about silence itself', () => {
    const judge = begun();
    judge.judge(1, batch(1, { atMs: T0 }, { crack: 8_200, rain: 0 }));
    const lines: string[] = [];
    for (let seq = 2; seq < 20; seq++)
      lines.push(...said(judge.judge(seq, batch(seq, { atMs: T0 + seq * 10_000 }, { crack: null, rain: 0 }))));
    expect(lines).toEqual(['dataLost red']);
    expect(said([...judge.active().values()])).toEqual(['dataLost red']);
  });

  const CLOCKS: readonly (readonly [string, Moment, Moment])[] = [
    ['set back from 2059', { atMs: T0 + 1e12, monoMs: 1_000, unsure: true }, { atMs: T0, monoMs: 2_000 }],
    ['set forward from 1970', { atMs: 5_000, monoMs: 1_000, unsure: true }, { atMs: T0, monoMs: 2_000 }],
    [
      'stepped back by a day while it counted as right',
      { atMs: T0 + 864e5, monoMs: 1_000 },
      { atMs: T0, monoMs: 2_000 },
    ],
    [
      'in 2059 before a restart and right after it',
      { atMs: T0 + 1e12, monoMs: 1e6 },
      { atMs: T0, monoMs: 5, bootId: 'b2' },
    ],
  ];
  it.each(CLOCKS)('judges live when the clock was %s, and tells the time of the wall clock', (_, before, after) => {
    const judge = begun();
    judge.judge(1, batch(1, before, { crack: 100, rain: 30_000 }));
    const [red, rain] = judge.judge(2, batch(2, after, { crack: 8_200, rain: 30_000 }));
    expect(red).toMatchObject({ to: 'red', late: false, atMs: T0 });
    // Within one boot the windows go on; after a restart nobody knows how long it was.
    if (after.bootId === undefined) expect(rain).toMatchObject({ rule: 'rain@1', to: 'red', late: false });
  });

  it('says that the time is that of receipt when the clock was never set', () => {
    const judge = begun();
    const [red] = judge.judge(1, batch(1, { atMs: 5_000, unsure: true }, { crack: 8_200 }));
    expect(red?.reason.zh).toContain('时钟未校准');
  });

  it('closes what a new rule set does not know any more', () => {
    const judge = begun();
    judge.judge(1, batch(1, { atMs: T0 }, { crack: 8_200 }));
    const closed = judge.adopt({ ...rules, version: 'rules-2', rules: rules.rules.slice(1) }, 1, T0 + 1_000);
    expect(said(closed)).toEqual(['closed none']);
    expect(judge.active().size).toBe(0);
  });

  it('refuses a snapshot that is none', () => {
    expect(restoreJudge('e', new Uint8Array(3))).toBeUndefined();
    expect(restoreJudge('e', Uint8Array.of(9, 0, 0, 0, 1))).toBeUndefined();
  });

  it('goes on from a snapshot at any batch as if nothing had been', () => {
    const values = fc.record({
      stepMs: fc.integer({ min: 1, max: 90_000 }),
      crack: fc.option(fc.integer({ min: 0, max: 10_000 })),
      rain: fc.integer({ min: 0, max: 20_000 }),
      jumpMs: fc.constantFrom(0, 0, 0, 0, -1e12, 1e12),
    });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 40 }), fc.nat(), (rows, cut) => {
        let monoMs = 0;
        let shiftMs = 0;
        const bodies = rows.map(({ stepMs, crack, rain, jumpMs }, index) => {
          monoMs += stepMs;
          shiftMs += jumpMs;
          return batch(index + 1, { atMs: T0 + monoMs + shiftMs, monoMs }, { crack, rain });
        });
        const at = cut % bodies.length;
        const whole = begun();
        const parted = begun();
        for (const [index, body] of bodies.slice(0, at).entries()) parted.judge(index + 1, body);
        const restored = restoreJudge('e', parted.snapshot());
        for (const [index, body] of bodies.entries()) {
          const expected = whole.judge(index + 1, body);
          expect(expected.every(({ late }) => !late)).toBe(true);
          if (index >= at) expect(restored?.judge(index + 1, body)).toEqual(expected);
        }
        expect([...(restored?.active() ?? [])]).toEqual([...whole.active()]);
      }),
      { numRuns: 200 },
    );
  });
});
