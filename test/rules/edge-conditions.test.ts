/** What the engine makes of conditions and acts that an edge judged by itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EdgeCondition, EdgeEvent } from '#model/edge-event.ts';
import type { JournalRow } from '#model/journal.ts';
import type { LevelOrNone } from '#model/level.ts';
import { isAct } from '#model/transition.ts';
import { createEngine, type Engine, restoreEngine } from '#rules/engine.ts';
import { limits, MINUTE, rowMaker, rule, setOf, T0, tell } from '#test/rules/rows.ts';

const crack = rule('slope@1', 's1', { kind: 'value' }, limits({ orange: 400, red: 800 }));
const SET = setOf(
  [
    { id: 's1', quantity: 'displacement' },
    { id: 's9', quantity: 'displacement', edgeId: 'e9' },
  ],
  [crack],
);

const condition = (
  atMs: number,
  to: LevelOrNone,
  given: Partial<EdgeCondition> & { readonly sensorId?: string } = {},
): EdgeCondition => ({
  rule: 'slope@1',
  hazard: 'landslide',
  pointId: 'p1',
  from: 'none',
  to,
  condition: to === 'none' ? 'cleared' : 'active',
  atMs,
  late: false,
  reason: { zh: `位移达到${to}`, en: `reached ${to}` },
  evidence: {
    sensorId: given.sensorId ?? 's1',
    quantity: 'displacement',
    measure: 'value',
    windowMs: null,
    value: 900,
    limit: 800,
    limits: [],
    coverage: null,
  },
  ...given,
});
const said = (one: EdgeCondition): EdgeEvent => ({ kind: 'condition', condition: one });
const statement = (atMs: number, active: readonly EdgeCondition[]): EdgeEvent => ({
  kind: 'conditions',
  atMs,
  active,
});

function county() {
  const rows = rowMaker();
  const engine = createEngine(3);
  engine.apply(rows.rules(SET));
  engine.apply(rows.edge(T0, 'online'));
  const hear = (atMs: number, ...events: readonly EdgeEvent[]) => tell(engine, [rows.batch([], atMs, { events })]);
  let backlog = 0;
  /** Written before everything else that is heard, and heard after it. */
  const hearLate = (atMs: number, ...events: readonly EdgeEvent[]) =>
    tell(engine, [rows.batch([], atMs, { events, seq: ++backlog })]);
  return { rows, engine, hear, hearLate };
}

describe("an edge's own conditions", () => {
  it('are kept beside the centre\u2019s, and an edge\u2019s clear leaves the centre\u2019s standing', () => {
    const { rows, engine } = county();
    const both = rows.batch([{ id: 's1', atMs: T0 + MINUTE, value: 900 }], T0 + MINUTE, {
      events: [said(condition(T0 + MINUTE, 'red'))],
    });
    const raised = engine.apply(both);
    expect(raised.map(({ site, to }) => `${site} ${to}`)).toEqual(['centre red', 'edge red']);
    expect(new Set(raised.map(({ id }) => id)).size).toBe(2);
    const over = engine.apply(rows.batch([], T0 + 2 * MINUTE, { events: [said(condition(T0 + 2 * MINUTE, 'none'))] }));
    expect(over.map(({ site, from, to }) => `${site} ${from}→${to}`)).toEqual(['edge red→none']);
  });

  it('are raised now when they are still active after an outage, with the time of the edge and how long ago', () => {
    const { rows, engine, hearLate } = county();
    const red = condition(T0 + 5 * MINUTE, 'red');
    const [heard] = engine.apply(rows.batch([], T0 + 60 * MINUTE, { events: [statement(T0 + 60 * MINUTE, [red])] }));
    expect(heard).toMatchObject({ to: 'red', late: false, site: 'edge', atMs: T0 + 5 * MINUTE });
    expect(heard?.decidedAtMs).toBe(T0 + 60 * MINUTE);
    expect(heard?.reason.zh).toContain('55 分钟前');
    // Its backlog comes afterwards and says it again.
    expect(hearLate(T0 + 61 * MINUTE, said(red))).toEqual(['slope 5m none→red active late']);
  });

  it('are late findings when they were over before the edge was heard again', () => {
    const { hear, hearLate } = county();
    expect(hear(T0 + 60 * MINUTE, statement(T0 + 60 * MINUTE, []))).toEqual([]);
    expect(
      hearLate(
        T0 + 61 * MINUTE,
        said(condition(T0 + 5 * MINUTE, 'red')),
        said(condition(T0 + 20 * MINUTE, 'none', { from: 'red' })),
      ),
    ).toEqual(['slope 5m none→red active late']);
  });

  it('end by a statement that does not name them any more, and a repeated statement changes nothing', () => {
    const { hear } = county();
    expect(hear(T0 + MINUTE, said(condition(T0 + MINUTE, 'orange')))).toEqual(['slope 1m none→orange active']);
    const again = statement(T0 + 9 * MINUTE, []);
    expect(hear(T0 + 9 * MINUTE, again)).toEqual(['slope 9m orange→none cleared']);
    expect(hear(T0 + 10 * MINUTE, again)).toEqual([]);
  });

  it('never go back by an older change that comes later', () => {
    const { hear, hearLate } = county();
    hear(T0 + 9 * MINUTE, said(condition(T0 + 8 * MINUTE, 'none')));
    expect(hearLate(T0 + 9 * MINUTE, said(condition(T0 + 5 * MINUTE, 'red')))).toEqual([
      'slope 5m none→red active late',
    ]);
  });

  it('stand as lost while their gateway is, and are active again when it says so', () => {
    const { rows, engine, hear } = county();
    engine.apply(rows.edge(T0, 'online', 'e9'));
    const red = condition(T0 + MINUTE, 'red');
    hear(T0 + MINUTE, said(red));
    const lost = tell(engine, [
      rows.edge(T0 + 2 * MINUTE, 'lost'),
      rows.tick(T0 + 5 * MINUTE),
      rows.tick(T0 + 6 * MINUTE),
    ]);
    expect(lost).toEqual(['gateway-lost 5m none→yellow active', 'slope 5m red→red dataLost']);
    expect(tell(engine, [rows.edge(T0 + 7 * MINUTE, 'online')])).toEqual(['gateway-lost 7m yellow→none cleared']);
    expect(hear(T0 + 7 * MINUTE, statement(T0 + 7 * MINUTE, [red]))).toEqual(['slope 1m red→red active']);
  });

  it('of points that are not its own are refused and counted', () => {
    const { engine, hear } = county();
    expect(hear(T0 + MINUTE, said(condition(T0 + MINUTE, 'red', { sensorId: 's9' })))).toEqual([]);
    expect(hear(T0 + MINUTE, said(condition(T0 + MINUTE, 'red', { pointId: 'elsewhere' })))).toEqual([]);
    expect(hear(T0 + MINUTE, statement(T0 + MINUTE, [condition(T0, 'red', { sensorId: 's9' })]))).toEqual([]);
    expect(engine.counters().foreign).toBe(3);
  });

  it('about silence are the centre\u2019s business', () => {
    const { hear } = county();
    const silent = condition(T0 + MINUTE, 'blue');
    const event = said({ ...silent, evidence: { ...silent.evidence, measure: 'silence' } });
    expect(hear(T0 + MINUTE, event)).toEqual([]);
  });

  it('close when the edge reads that sensor no more', () => {
    const { rows, engine, hear } = county();
    hear(T0 + MINUTE, said(condition(T0 + MINUTE, 'red')));
    const moved = setOf([{ id: 's1', quantity: 'displacement', edgeId: 'e9' }], [crack], 'v2');
    expect(tell(engine, [rows.rules(moved, T0 + 2 * MINUTE)])).toEqual(['slope 2m red→none closed']);
  });

  it('close under an origin that is not theirs any more', () => {
    const { rows, engine, hear } = county();
    hear(T0 + MINUTE, said(condition(T0 + MINUTE, 'red')));
    const drill = rows.batch([], T0 + 2 * MINUTE, { origin: 'drill' });
    const [closed] = engine.apply(drill);
    expect(closed).toMatchObject({ condition: 'closed', origin: 'live', site: 'edge' });
  });

  it('of a box without a clock are dated by their receipt', () => {
    const { rows, engine } = county();
    const y2059 = Date.UTC(2059, 9, 11);
    const batch = (body: string) => body.replace(/"t":\d+/, `"t":${y2059}`);
    const row = rows.batch([], T0 + 5 * MINUTE, { unsure: true, events: [said(condition(y2059 - 1_000, 'red'))] });
    if (row.kind !== 'batch') throw new Error('not a batch');
    const [heard] = engine.apply({ ...row, body: batch(row.body) });
    expect(heard).toMatchObject({ to: 'red', late: false, atMs: T0 + 5 * MINUTE - 1_000 });
  });
});

describe('whatever the clock of the box says,', () => {
  /** A batch whose box believes that it is `wallMs`, received at `atMs`. */
  const claimed = (row: JournalRow, wallMs: number): JournalRow =>
    row.kind === 'batch' ? { ...row, body: row.body.replace(/"t":-?\d+/, `"t":${wallMs}`) } : row;
  const Y2059 = Date.UTC(2059, 9, 11);

  it('what was over before a box without a clock was heard again is a late finding', () => {
    const { rows, engine } = county();
    const unsure = { unsure: true } as const;
    const now = T0 + 60 * MINUTE;
    tell(engine, [claimed(rows.batch([], now, { ...unsure, events: [statement(60_000, [])] }), 60_000)]);
    const events = [said(condition(20_000, 'red')), said(condition(30_000, 'none', { from: 'red' }))];
    const backlog = claimed(rows.batch([], now + MINUTE, { ...unsure, events, seq: 7 }), 31_000);
    expect(tell(engine, [backlog])).toEqual(['slope 61m none→red active late']);
  });

  it('a box whose clock was an hour ahead, and was set back, still raises', () => {
    const { hear } = county();
    hear(T0 + MINUTE, statement(T0 + 61 * MINUTE, []));
    expect(hear(T0 + 5 * MINUTE, said(condition(T0 + 5 * MINUTE, 'red')))).toEqual(['slope 5m none→red active']);
    expect(hear(T0 + 6 * MINUTE, said(condition(T0 + 6 * MINUTE, 'none')))).toEqual(['slope 6m red→none cleared']);
  });

  it('what the year 2059 says is dated by its receipt, and what the right year says later counts', () => {
    const { rows, engine, hear } = county();
    const ahead = rows.batch([], T0 + MINUTE, { events: [said(condition(Y2059, 'red'))] });
    expect(tell(engine, [claimed(ahead, Y2059)])).toEqual(['slope 1m none→red active']);
    expect(hear(T0 + 9 * MINUTE, said(condition(T0 + 9 * MINUTE, 'none')))).toEqual(['slope 9m red→none cleared']);
  });
});

describe('an outbox that was made anew', () => {
  const fresh = (seq: number) => ({ epoch: 'b', seq });
  it('leaves what was judged before in doubt, until the box says how it is', () => {
    const { rows, engine, hear } = county();
    hear(T0 + MINUTE, said(condition(T0 + MINUTE, 'red')));
    expect(tell(engine, [rows.batch([], T0 + 2 * MINUTE, fresh(1))])).toEqual(['slope 2m red→red dataLost']);
    const all = statement(T0 + 3 * MINUTE, []);
    expect(tell(engine, [rows.batch([], T0 + 3 * MINUTE, { ...fresh(2), events: [all] })])).toEqual([
      'slope 3m red→none cleared',
    ]);
  });
  it('is heard from its first batch on, and what comes out of the old one yet is past', () => {
    const { rows, engine, hear } = county();
    hear(T0 + MINUTE, statement(T0 + MINUTE, []));
    const red = said(condition(T0 + 2 * MINUTE, 'red'));
    expect(tell(engine, [rows.batch([], T0 + 2 * MINUTE, { ...fresh(1), events: [red] })])).toEqual([
      'slope 2m none→red active',
    ]);
    expect(hear(T0 + 3 * MINUTE, statement(T0 + 3 * MINUTE, []))).toEqual([]);
    expect(hear(T0 + 3 * MINUTE, said(condition(T0, 'orange')))).toEqual(['slope 0m none→orange active late']);
  });
});

describe('batches that were made into one while the disk was full', () => {
  it('stand where they stood, before the statement, however high the number of what they were made into', () => {
    const { rows, engine, hear } = county();
    hear(T0 + 60 * MINUTE, statement(T0 + 60 * MINUTE, []));
    const events = [said(condition(T0 + 5 * MINUTE, 'red')), said(condition(T0 + 6 * MINUTE, 'none'))];
    const made = rows.batch([], T0 + 61 * MINUTE, { events, replaces: [[1, 40]] });
    expect(tell(engine, [made])).toEqual(['slope 5m none→red active late']);
  });
});

describe('what an edge did', () => {
  const act = (atMs: number, what: 'on' | 'off' | 'failed' | 'muted'): EdgeEvent => ({
    kind: 'act',
    atMs,
    output: 'siren-1',
    act: what,
    pointId: 'p1',
    level: 'red',
    reason: { zh: '红色', en: 'red' },
  });

  it('is passed on for the record with its instant, once a row', () => {
    const { rows, engine } = county();
    engine.apply(rows.batch([], T0 + MINUTE, { events: [act(T0 + MINUTE, 'on'), act(T0 + MINUTE, 'muted')] }));
    const acts = engine.notes().filter(isAct);
    expect(acts.map((note) => note.act)).toEqual(['on', 'muted']);
    expect(acts[0]).toMatchObject({ edgeId: 'e1', pointId: 'p1', atMs: T0 + MINUTE, late: false });
    expect(new Set(acts.map(({ id }) => id)).size).toBe(2);
    engine.apply(rows.tick(T0 + MINUTE));
    expect(engine.notes()).toEqual([]);
  });

  it('last stands with the point for which it was done, though what switches off names none', () => {
    const { rows, engine } = county();
    const off: EdgeEvent = { ...act(T0 + 2 * MINUTE, 'off'), pointId: null } as EdgeEvent;
    engine.apply(rows.batch([], T0 + 2 * MINUTE, { events: [act(T0 + MINUTE, 'on'), off] }));
    expect(
      engine
        .notes()
        .filter(isAct)
        .map(({ act: what, pointId }) => `${what} ${pointId}`),
    ).toEqual(['on p1', 'off p1']);
  });

  it('and did not manage is a fault of its own until it works', () => {
    const { hear } = county();
    expect(hear(T0 + MINUTE, act(T0 + MINUTE, 'failed'), act(T0 + MINUTE, 'failed'))).toEqual([
      'output-failed 1m none→orange active',
    ]);
    expect(hear(T0 + 2 * MINUTE, act(T0 + 2 * MINUTE, 'muted'))).toEqual([]);
    expect(hear(T0 + 3 * MINUTE, act(T0 + 3 * MINUTE, 'on'))).toEqual(['output-failed 3m orange→none cleared']);
  });
});

describe('an output that failed while the uplink was cut', () => {
  const act = (atMs: number, what: 'on' | 'off' | 'failed'): EdgeEvent => ({
    ...{ kind: 'act', atMs, output: 'siren-1', act: what, pointId: 'p1', level: 'red' },
    reason: { zh: '继电器板无应答', en: 'the relay board does not answer' },
  });
  const cut = () => {
    const made = county();
    made.hear(T0 + 60 * MINUTE, statement(T0 + 60 * MINUTE, []));
    // Sensors and gateways that are silent are another matter.
    const tick = (minute: number) =>
      tell(made.engine, [made.rows.tick(T0 + minute * MINUTE)]).filter((line) => line.startsWith('output-failed'));
    return { ...made, tick };
  };

  it('is told a minute after the backlog has said so, and once', () => {
    const { hearLate, tick } = cut();
    expect(hearLate(T0 + 61 * MINUTE, act(T0 + 5 * MINUTE, 'on'), act(T0 + 5 * MINUTE, 'failed'))).toEqual([]);
    expect(tick(61.5)).toEqual([]);
    expect(tick(62)).toEqual(['output-failed 5m none→orange active']);
    expect(tick(63)).toEqual([]);
  });
  it('and worked again before the end of it, is in the record and nothing else', () => {
    const { hearLate, engine, tick } = cut();
    hearLate(T0 + 61 * MINUTE, act(T0 + 5 * MINUTE, 'failed'));
    hearLate(T0 + 61 * MINUTE, act(T0 + 9 * MINUTE, 'off'));
    expect(engine.notes()[0]).toMatchObject({ act: 'off', late: true });
    expect(tick(65)).toEqual([]);
  });
  it('works when the newest word says so, though an older one comes later', () => {
    const { hear, hearLate, tick } = cut();
    hear(T0 + 61 * MINUTE, act(T0 + 61 * MINUTE, 'on'));
    hearLate(T0 + 61 * MINUTE, act(T0 + 5 * MINUTE, 'failed'));
    expect(tick(65)).toEqual([]);
  });
});

describe('data that come back after a gateway was lost', () => {
  const slow = rule('slope@1', 's1', { kind: 'value' }, limits({ orange: 400 }, { offDelayMs: 10 * MINUTE }));
  function lostAtOrange() {
    const rows = rowMaker();
    const engine = createEngine(3);
    const see = (minute: number, value: number) =>
      tell(engine, [rows.batch([{ id: 's1', atMs: T0 + minute * MINUTE, value }])]);
    engine.apply(rows.rules(setOf([{ id: 's1', quantity: 'displacement' }], [slow])));
    engine.apply(rows.edge(T0, 'online'));
    see(1, 450);
    engine.apply(rows.edge(T0 + 2 * MINUTE, 'lost'));
    tell(engine, [rows.tick(T0 + 20 * MINUTE)]);
    engine.apply(rows.edge(T0 + 21 * MINUTE, 'online'));
    return see;
  }
  it('below every limit call nobody: the condition is over when its off-delay is', () => {
    const see = lostAtOrange();
    expect([see(22, 50), see(27, 50), see(32, 50)]).toEqual([[], [], ['slope 32m orange→none cleared']]);
  });
  it('at the level are told at once, and so they are when they rise again within the off-delay', () => {
    expect(lostAtOrange()(22, 450)).toEqual(['slope 22m orange→orange active']);
    const see = lostAtOrange();
    expect([see(22, 50), see(23, 450), see(24, 450)]).toEqual([[], ['slope 23m orange→orange active'], []]);
  });
});

describe('a snapshot between any two rows', () => {
  it('goes on as if nothing had happened', () => {
    const level = fc.constantFrom<LevelOrNone>('none', 'orange', 'red');
    const place = { seq: fc.integer({ min: 1, max: 20 }), epoch: fc.constantFrom('a', 'a', 'a', 'b') };
    const minute = fc.integer({ min: 0, max: 30 });
    const event = fc.oneof(
      fc.record({ kind: fc.constant('said' as const), minute, to: level, ...place }),
      fc.record({ kind: fc.constant('statement' as const), minute, to: level, ...place }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.nat(12), (events, cut) => {
        const rows = rowMaker();
        const all = [
          rows.rules(SET),
          rows.edge(T0, 'online'),
          ...events.map(({ kind, minute, to, seq, epoch }, index) => {
            const one = condition(T0 + minute * MINUTE, to);
            const what = kind === 'said' ? said(one) : statement(T0 + minute * MINUTE, to === 'none' ? [] : [one]);
            return rows.batch([], T0 + (31 + index) * MINUTE, { events: [what], seq, epoch });
          }),
        ];
        const whole = tell(createEngine(3), all);
        const first = createEngine(3);
        const told = tell(first, all.slice(0, cut));
        const second = restoreEngine(3, first.snapshot()) as Engine;
        expect([...told, ...tell(second, all.slice(cut))]).toEqual(whole);
      }),
    );
  });
});
