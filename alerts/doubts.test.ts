import { describe, expect, it } from 'vitest';
import type { DoubtNote } from '#model/transition.ts';
import { indexRegistry } from './directory.ts';
import { recordDoubt } from './doubts.ts';
import type { Episode, World } from './episode.ts';
import { applyTransition } from './lifecycle.ts';
import { sampleRegistry, T0, transition } from './testing/sample.ts';

const world: World = {
  directory: indexRegistry(sampleRegistry()),
  nowMs: T0 + 600_000,
  newId: (from) => `id-${from.id}`,
};
const note = (given: Partial<DoubtNote> = {}): DoubtNote => ({
  ...{ kind: 'doubt', id: 'lone@1|S1|0:9:0', rule: 'lone@1', sensorId: 'S1', pointId: 'P1', doubted: true },
  ...{ origin: 'live', atMs: T0 + 600_000, decidedAtMs: T0 + 600_000, late: false, partition: 0, pos: 9 },
  reason: { zh: '1 小时雨量 31.2 mm，而 3 个邻站均不超过 0.5 mm', en: 'rainfall of 31.2 mm in 1 hour, alone' },
  ...given,
});
const raised = applyTransition(transition({ n: 1, to: 'red' }), { open: undefined, ended: undefined }, world).episode;
if (raised === null) throw new Error('nothing was raised');
const open: readonly Episode[] = [raised];

describe('a doubt about a sensor', () => {
  it('stands in the record of its point’s open alert, and calls nobody', () => {
    const [outcome, ...more] = recordDoubt(note(), open, world);
    expect(more).toEqual([]);
    expect(outcome).toMatchObject({ episode: { alert: { id: raised.alert.id, level: 'red' } }, notices: [] });
    expect(outcome?.events).toMatchObject([
      { alertId: raised.alert.id, kind: 'doubt', facts: { sensorId: 'S1', doubted: true, rule: 'lone@1' } },
    ]);
    expect(outcome?.events[0]?.text.zh).toBe(
      '传感器 S1 数据存疑，照常报警，须人工核实：1 小时雨量 31.2 mm，而 3 个邻站均不超过 0.5 mm',
    );
  });

  it('that is over is said in the engine’s words, with the instant of the data when it lies back', () => {
    const over = { doubted: false, atMs: T0 + 60_000, reason: { zh: '数据不再存疑', en: 'no longer doubted' } };
    const [outcome] = recordDoubt(note(over), open, world);
    expect(outcome?.events[0]?.text.zh).toBe('传感器 S1：数据不再存疑（2022-06-03 08:01:00 的数据）');
  });

  it('is kept on a record of its point when that has no open alert of the same origin', () => {
    for (const [given, alerts] of [
      [{}, []],
      [{ origin: 'drill' }, open],
    ] as const)
      expect(recordDoubt(note(given), alerts, world)).toMatchObject([
        { episode: null, events: [{ alertId: 'doubts-P1', kind: 'doubt' }], notices: [] },
      ]);
  });
});
