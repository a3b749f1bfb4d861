import { describe, expect, it } from 'vitest';
import type { LevelOrNone } from '#model/level.ts';
import type { Transition } from '#model/transition.ts';
import { openLevelBook } from './levels.ts';
import type { LevelChange } from './result.ts';
import { scoreSkill } from './skill.ts';

const HOUR = 3_600_000;
const text = (name: string) => ({ zh: name, en: name });
const evidence: Transition['evidence'] = {
  ...{ sensorId: 's', quantity: 'rain', measure: 'rollingSum', windowMs: HOUR },
  ...{ value: 1, limit: 1, limits: [], coverage: 1 },
};

const change = (hour: number, level: LevelOrNone, subject = 'a', hazard = 'rainstorm'): LevelChange => ({
  ...{ atMs: hour * HOUR, level, from: 'none', reason: text('why'), subject, rule: 'r@1', evidence },
  hazard: hazard as LevelChange['hazard'],
});

const run = (changes: readonly LevelChange[]) => ({ changes, fromMs: 0, toMs: 1_000 * HOUR });
const event = (from: number, to: number, more: { readonly subject?: string; readonly hazard?: 'flood' } = {}) => ({
  ...{ fromMs: from * HOUR, toMs: to * HOUR },
  ...more,
});

describe('skill', () => {
  it('counts hits, misses and false alarms, and the lead of each hit', () => {
    const changes = [change(10, 'yellow'), change(20, 'none'), change(200, 'blue'), change(203, 'none')];
    const skill = scoreSkill(run(changes), { events: [event(12, 15), event(500, 501)] });
    expect(skill).toMatchObject({ hits: 1, misses: 1, falseAlarms: 1, pod: 0.5, far: 0.5, alarmHours: 13 });
    expect(skill.csi).toBeCloseTo(1 / 3);
    expect(skill.leadTimesMs).toEqual([2 * HOUR]);
    expect(skill.falseTime).toBeCloseTo(10 / 996);
  });

  it('takes what stands at the end of the data as a warning of what begins within a day after it', () => {
    const standing = [change(990, 'red')];
    const soon = scoreSkill(run(standing), { events: [event(1_010, 1_020)] });
    expect(soon).toMatchObject({ hits: 1, misses: 0, falseAlarms: 0, leadTimesMs: [20 * HOUR] });
    const ended = [change(990, 'red'), change(995, 'none')];
    expect(scoreSkill(run(ended), { events: [event(1_010, 1_020)] })).toMatchObject({ hits: 0, misses: 1 });
    expect(scoreSkill(run(standing), { events: [event(1_024, 1_025)] })).toMatchObject({ hits: 0, misses: 0 });
  });

  it('knows no score without truth, and no POD without an event', () => {
    const changes = [change(10, 'red'), change(11, 'none')];
    expect(scoreSkill(run(changes), undefined)).toMatchObject({ hits: null, misses: null, pod: null, alarmHours: 1 });
    expect(scoreSkill(run(changes), { events: [] })).toMatchObject({
      ...{ hits: 0, misses: 0, falseAlarms: 1, pod: null, far: 1, csi: 0 },
    });
  });

  it('counts a warning that had ended only within the lead window, and one that came late only within the tolerance', () => {
    const changes = [change(10, 'yellow'), change(12, 'none')];
    const before = { events: [event(15, 16)] };
    const after = { events: [event(5, 8)] };
    expect(scoreSkill(run(changes), before).hits).toBe(0);
    expect(scoreSkill(run(changes), before, { leadMs: 3 * HOUR })).toMatchObject({ hits: 1, falseAlarms: 0 });
    expect(scoreSkill(run(changes), after).hits).toBe(0);
    const late = scoreSkill(run(changes), after, { toleranceMs: 2 * HOUR });
    expect(late).toMatchObject({ hits: 1, falseAlarms: 0, leadTimesMs: [-5 * HOUR] });
  });

  it('takes warnings that lie less than a day apart as one period', () => {
    const changes = [change(10, 'blue'), change(11, 'none'), change(30, 'blue'), change(31, 'none')];
    expect(scoreSkill(run(changes), { events: [event(30, 31)] })).toMatchObject({ hits: 1, falseAlarms: 0 });
    expect(scoreSkill(run(changes), { events: [event(30, 31)] }, { mergeMs: HOUR })).toMatchObject({ falseAlarms: 1 });
  });

  it('looks at the warning level asked for', () => {
    const changes = [change(10, 'blue'), change(12, 'orange'), change(13, 'blue'), change(20, 'none')];
    expect(scoreSkill(run(changes), undefined, { warnLevel: 'orange' }).alarmHours).toBe(1);
    expect(scoreSkill(run(changes), undefined).alarmHours).toBe(10);
  });

  it('counts no hour twice where several points warn, and lets what still stands end with the recording', () => {
    const changes = [change(990, 'blue', 'a'), change(995, 'blue', 'b')];
    expect(scoreSkill(run(changes), undefined).alarmHours).toBe(10);
  });

  it('judges each subject for itself where the events name theirs, and only hazards that they are of', () => {
    const changes = [
      ...[change(10, 'red', 'a', 'flood'), change(11, 'none', 'a', 'flood')],
      ...[change(10, 'red', 'b', 'flood'), change(11, 'none', 'b', 'flood')],
      ...[change(300, 'red', 'a', 'fire'), change(301, 'none', 'a', 'fire')],
    ];
    const skill = scoreSkill(run(changes), { events: [event(10, 11, { subject: 'a', hazard: 'flood' })] });
    expect(skill).toMatchObject({ hits: 1, misses: 0, falseAlarms: 1 });
  });

  it('leaves out events that the recording does not reach', () => {
    expect(scoreSkill(run([]), { events: [event(-50, -40), event(10, 11)] })).toMatchObject({ misses: 1 });
  });
});

const transition = (rule: string, to: LevelOrNone, hour: number, from: LevelOrNone = 'none'): Transition => ({
  ...{ id: `${rule}${hour}${to}`, rule, subject: { kind: 'point', id: 'a' }, hazard: 'rainstorm' },
  ...{ site: 'centre', origin: 'replay', from, to, condition: to === 'none' ? 'cleared' : 'active' },
  ...{ atMs: hour, decidedAtMs: hour, late: false, reason: text(`${rule} ${to}`), evidence, partition: 0, pos: hour },
});

describe('the level of a subject and hazard', () => {
  it('is the maximum of its conditions, with the reason of the rule that decided', () => {
    const book = openLevelBook();
    const told = (all: readonly Transition[]) =>
      book.take(all).map(({ from, level, reason }) => `${from}→${level}: ${reason.en}`);
    expect(told([transition('h12', 'blue', 1)])).toEqual(['none→blue: h12 blue']);
    expect(told([transition('h3', 'orange', 2)])).toEqual(['blue→orange: h3 orange']);
    // A condition below the maximum changes nothing.
    expect(told([transition('h6', 'yellow', 3)])).toEqual([]);
    expect(told([transition('h3', 'none', 4, 'orange')])).toEqual(['orange→yellow: h3 none']);
    expect(told([transition('h6', 'none', 5), transition('h12', 'none', 5)])).toEqual(['yellow→none: h12 none']);
  });

  it('tells what one row brought as one change', () => {
    const book = openLevelBook();
    const changes = book.take([
      transition('h12', 'blue', 1),
      transition('h3', 'red', 1),
      transition('h6', 'yellow', 1),
    ]);
    expect(changes.map(({ from, level, rule }) => [from, level, rule])).toEqual([['none', 'red', 'h3']]);
  });
});
