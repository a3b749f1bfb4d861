import { describe, expect, it } from 'vitest';
import type { EdgeActNote } from '#model/transition.ts';
import { recordAct } from './acts.ts';
import { indexRegistry } from './directory.ts';
import type { Episode, World } from './episode.ts';
import { applyTransition } from './lifecycle.ts';
import { sampleRegistry, T0, transition } from './testing/sample.ts';

const world: World = {
  directory: indexRegistry(sampleRegistry()),
  nowMs: T0 + 600_000,
  newId: (from) => `id-${from.id}`,
};
const note = (given: Partial<EdgeActNote> = {}): EdgeActNote => ({
  ...{ kind: 'act', id: 'act|E1|siren|0:9:0', edgeId: 'E1', pointId: 'P1', output: 'siren', act: 'on', level: 'red' },
  ...{ origin: 'live', atMs: T0 + 600_000, decidedAtMs: T0 + 600_000, late: false, partition: 0, pos: 9 },
  reason: { zh: '位移 95.0 mm', en: 'displacement of 95.0 mm' },
  ...given,
});
const episode = (move: Parameters<typeof transition>[0]): Episode => {
  const raised = applyTransition(transition(move), { open: undefined, ended: undefined }, world).episode;
  if (raised === null) throw new Error('nothing was raised');
  return raised;
};
const red = episode({ n: 1, to: 'red' });

describe('what an edge did by itself', () => {
  it('stands in the record of its point’s open alert, by the edge, and asks nobody', () => {
    const [outcome, ...more] = recordAct(note(), [red], world);
    expect(more).toEqual([]);
    expect(outcome).toMatchObject({ episode: { alert: { id: red.alert.id, round: 1 } }, notices: [] });
    expect(outcome?.events).toMatchObject([{ alertId: red.alert.id, kind: 'edgeAct', by: 'E1', facts: { act: 'on' } }]);
    expect(outcome?.events[0]?.text).toEqual({
      zh: '边缘输出 siren 启动（红色）：位移 95.0 mm',
      en: 'edge output siren switched on (red): displacement of 95.0 mm',
    });
  });

  it('and was heard of later bears the instant at which it was done, in the county’s zone', () => {
    const [outcome] = recordAct(note({ atMs: T0 + 60_000, late: true }), [red], world);
    expect(outcome?.events[0]?.text.zh).toContain('（2022-06-03 08:01:00，事后上报）');
    expect(outcome?.events[0]?.text.en).toContain('(at 2022-06-03 08:01:00, reported afterwards)');
  });

  it('stands in every open alert of its point, and in none of another origin', () => {
    const smoke = episode({ n: 2, to: 'orange', hazard: 'fire', rule: 'smoke@1' });
    expect(recordAct(note(), [red, smoke], world)).toHaveLength(2);
    const drill = recordAct(note({ origin: 'drill' }), [red, smoke], world);
    expect(drill.map(({ episode: none, events }) => [none, events[0]?.alertId])).toEqual([[null, 'acts-E1']]);
  });

  it('is kept on a record of its box when its point has no open alert', () => {
    expect(recordAct(note({ pointId: null }), [], world)).toMatchObject([
      { episode: null, events: [{ alertId: 'acts-E1', kind: 'edgeAct' }], notices: [] },
    ]);
  });
});

describe('what an edge judged while nobody heard it', () => {
  const heard = (atMs: number, late: boolean) =>
    applyTransition(
      { ...transition({ n: 10, to: 'red', site: 'edge', late }), atMs },
      { open: undefined, ended: undefined },
      world,
    ).events[0];

  it('is told with the instant of its decision', () => {
    expect(heard(T0 + 60_000, false)?.text.zh).toContain('（判定时刻 2022-06-03 08:01:00）');
    expect(heard(T0 + 60_000, true)).toMatchObject({ kind: 'lateFinding' });
    expect(heard(T0 + 60_000, true)?.text.en).toContain('(decided at 2022-06-03 08:01:00)');
  });
  it('needs none when it was heard at once', () => {
    expect(heard(T0 + 590_000, false)?.text.zh).not.toContain('判定时刻');
  });
  it('is evidence of its own beside the centre’s, on one alert at the worse of both levels', () => {
    const open = episode({ n: 1, to: 'orange' });
    const joined = applyTransition(transition({ n: 2, to: 'red', site: 'edge' }), { open, ended: undefined }, world);
    expect(joined.episode?.alert).toMatchObject({ id: open.alert.id, level: 'red' });
    expect(joined.episode?.alert.conditions.map(({ site, level }) => `${site} ${level}`)).toEqual([
      'centre orange',
      'edge red',
    ]);
    const found = { open: joined.episode ?? undefined, ended: undefined };
    const cleared = applyTransition(transition({ n: 3, from: 'red', to: 'none', site: 'edge' }), found, world);
    expect(cleared.episode?.alert).toMatchObject({ level: 'orange', condition: 'active' });
  });
});
