/** OPC UA Part 9, B.1.5: on-delay, deadband, off-delay, acknowledgement, re-alarm and latch in one figure, as one table. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONSOLE, POINTS, T0 as RECORD_T0, sampleRegistry } from '#alerts/testing/sample.ts';
import type { AlertCommand } from '#model/alert.ts';
import type { Transition } from '#model/transition.ts';
import { createEngine } from '#rules/engine.ts';
import { T0 as ENGINE_T0, limits, MINUTE, rowMaker, rule, setOf } from '#test/rules/rows.ts';
import { openRecord, QUIET_POLICY, type Record } from './record.ts';

const LIMITS = limits({ orange: 1_000 }, { deadband: 100, onDelayMs: 2 * MINUTE, offDelayMs: 3 * MINUTE });
const [P1] = POINTS;
const points = P1 === undefined ? POINTS : [...POINTS, { ...P1, id: 'p1' }];
const registry = {
  ...sampleRegistry([CONSOLE], points),
  policy: { ...QUIET_POLICY, latch: [{ from: 'orange' as const }], askAgainMs: 10 * MINUTE },
};

let record: Record;
beforeEach(() => {
  record = openRecord(registry);
});
afterEach(() => record.close());

/** The crack in tenths of a millimetre, minute by minute; a minute that is not named keeps the value before it. */
const VALUES: { readonly [minute: number]: number } = {
  ...{ 0: 900, 1: 1_000, 8: 950, 9: 1_020, 12: 890, 13: 950, 14: 880, 20: 1_100, 34: 800 },
};
const ACTS: { readonly [minute: number]: AlertCommand['action'] } = {
  ...{ 5: 'acknowledge', 18: 'close', 33: 'acknowledge', 39: 'reset', 40: 'close' },
};

/** `minute: condition level lifecycle round`, whenever it differs from the minute before. */
function play(): readonly string[] {
  const make = rowMaker();
  const engine = createEngine(3);
  const crack = { id: 'crack', quantity: 'displacement', staleAfterMs: 30 * MINUTE } as const;
  const judge = (row: Parameters<typeof engine.apply>[0]): readonly Transition[] => engine.apply(row) as Transition[];
  judge(make.rules(setOf([crack], [rule('r@1', 'crack', { kind: 'value' }, LIMITS)])));
  judge(make.edge(ENGINE_T0, 'online'));
  const lines: string[] = [];
  let value = 0;
  let last = '';
  for (let minute = 0; minute <= 41; minute++) {
    value = VALUES[minute] ?? value;
    const shift = RECORD_T0 - ENGINE_T0;
    const seen = judge(make.batch([{ id: 'crack', atMs: ENGINE_T0 + minute * MINUTE, value }]));
    for (const one of seen)
      record.takes({ ...one, atMs: one.atMs + shift, decidedAtMs: one.decidedAtMs + shift }, minute);
    record.until(minute);
    const open = record.alerts().find(({ hazard }) => hazard === 'landslide');
    const act = ACTS[minute];
    const done = act === undefined || open === undefined ? undefined : record.does(minute, open.id, act);
    const now = open === undefined ? undefined : record.reader.get(open.id);
    const state =
      now === undefined
        ? 'nothing'
        : `${now.condition} ${now.level} ${now.lifecycle} round ${now.round}${now.latched === true ? ' latched' : ''}`;
    const refused = done?.ok === false ? `, ${act} refused` : '';
    if (state !== last || refused !== '') lines.push(`${minute}: ${state}${refused}`);
    last = state;
  }
  return lines;
}

describe('the timeline of an alarm', () => {
  it('runs through delay, deadband, acknowledgement, latch, re-alarm and reset as the standard draws it', () => {
    expect(play()).toEqual([
      '0: nothing',
      // Over the limit since minute 1; the on-delay of two minutes is over at 3.
      '3: active orange raised round 1',
      '5: active orange acknowledged round 1',
      // 8: below the limit, within the deadband: it stands. 12: below the deadband. 13: back before the off-delay is over;
      // and ten minutes after it was asked about it still stands, so it is asked about anew, acknowledged or not.
      '13: active orange raised round 2',
      // 14 to 17: below the deadband for three minutes: it has cleared, and stays latched.
      '17: cleared orange raised round 2 latched',
      '18: cleared orange raised round 2 latched, close refused',
      // 20: over the limit again, and two minutes later people are asked, then once more after ten.
      '22: active orange raised round 3 latched',
      '32: active orange raised round 4 latched',
      '33: active orange acknowledged round 4 latched',
      // 34: below the deadband, cleared after the off-delay; only the reset lets it be closed.
      '37: cleared orange acknowledged round 4 latched',
      '39: cleared orange acknowledged round 4',
      '40: cleared orange closed round 4',
      '41: nothing',
    ]);
  });
});
