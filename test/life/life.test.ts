import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONSOLE, sampleRegistry } from '#alerts/testing/sample.ts';
import type { Alert } from '#model/alert.ts';
import type { Policy } from '#model/policy.ts';
import type { Registry, Sensor } from '#model/registry.ts';
import { at, openRecord, QUIET_POLICY, type Record } from './record.ts';

const sensor = (id: string, pointId: string): [string, Sensor] => [
  id,
  { id, pointId, edgeId: 'edge-1', quantity: 'rain', name: { zh: id, en: id }, staleAfterMs: 10 * 60_000 },
];

const county = (policy: Partial<Policy> = {}): Registry => ({
  ...sampleRegistry([CONSOLE]),
  sensors: new Map([sensor('S1', 'P1'), sensor('S2', 'P2'), sensor('S3', 'P3')]),
  policy: { ...QUIET_POLICY, ...policy },
});

let record: Record;
const begin = (policy: Partial<Policy> = {}): void => {
  record.close();
  record = openRecord(county(policy));
};
const only = (): Alert => {
  const [alert, ...rest] = record.alerts();
  if (alert === undefined || rest.length > 0) throw new Error(`${rest.length + (alert ? 1 : 0)} alerts are open`);
  return alert;
};
beforeEach(() => {
  record = openRecord(county());
});
afterEach(() => record.close());

describe('an alert that is put aside', () => {
  it('calls nobody while it lasts, is judged and logged, and asks again when its time is over', () => {
    record.sees({ to: 'yellow' }, 0);
    const { id } = only();
    expect(record.does(1, id, 'shelve', { untilMs: at(60), note: '施工扰动' })?.ok).toBe(true);
    expect(only()).toMatchObject({
      shelvedUntilMs: at(60),
      shelving: { by: 'v1-head', untilCleared: false },
      round: 1,
    });
    record.sees({ from: 'yellow', to: 'none' }, 10);
    record.sees({ to: 'yellow' }, 20);
    expect(only()).toMatchObject({ condition: 'active', round: 1, shelvedUntilMs: at(60) });
    expect(record.kinds(id).filter((kind) => kind === 'conditionChanged')).toHaveLength(2);
    record.until(59);
    expect(only().round).toBe(1);
    record.until(60);
    expect(only()).toMatchObject({ shelvedUntilMs: null, round: 2, lifecycle: 'raised' });
    expect(only().shelving).toBeUndefined();
    expect(
      record
        .kinds(id)
        .filter((kind) => kind !== 'call')
        .slice(-2),
    ).toEqual(['unshelved', 'targeted']);
  });

  it('comes back by itself after a restart that slept through the end', () => {
    record.sees({ to: 'yellow' }, 0);
    record.does(1, only().id, 'shelve', { untilMs: at(30), note: '施工' });
    record.restart();
    record.until(90);
    expect(only()).toMatchObject({ shelvedUntilMs: null, round: 2 });
  });

  it('is heard again as soon as it worsens, with the people of the new level', () => {
    record.sees({ to: 'yellow' }, 0);
    const { id } = only();
    record.does(1, id, 'shelve', { untilMs: at(60), note: '施工' });
    record.sees({ from: 'yellow', to: 'red' }, 2);
    expect(only()).toMatchObject({ level: 'red', round: 2, shelvedUntilMs: null });
    expect(only().recipients.some(({ tier }) => tier === 1)).toBe(true);
    expect(record.nextDueMs()).toBeNull();
  });

  it('once: comes back when it has cleared, and the next time asks as ever', () => {
    record.sees({ to: 'yellow' }, 0);
    record.does(1, only().id, 'shelve', { note: '施工' });
    expect(only().shelving?.untilCleared).toBe(true);
    record.sees({ from: 'yellow', to: 'none' }, 5);
    expect(only()).toMatchObject({ shelvedUntilMs: null, round: 1, condition: 'cleared' });
    record.sees({ to: 'yellow' }, 6);
    expect(only().round).toBe(2);
  });

  it('is taken back by hand, and then asks if it is still there', () => {
    record.sees({ to: 'yellow' }, 0);
    const { id } = only();
    expect(record.does(1, id, 'unshelve')?.ok).toBe(false);
    record.does(2, id, 'shelve', { untilMs: at(60), note: '施工' });
    expect(record.does(3, id, 'unshelve')?.ok).toBe(true);
    expect(only()).toMatchObject({ shelvedUntilMs: null, round: 2 });
  });

  it.each([
    ['without a reason', { untilMs: at(30) }],
    ['for longer than the policy lets it', { untilMs: at(25 * 60), note: '施工' }],
    ['until an instant that is over', { untilMs: at(0), note: '施工' }],
  ])('is not possible %s', (_, more) => {
    record.sees({ to: 'yellow' }, 0);
    expect(record.does(1, only().id, 'shelve', more)?.ok).toBe(false);
    expect(only().shelvedUntilMs).toBeNull();
  });

  it('at orange needs somebody who answers for the grid', () => {
    record.sees({ to: 'orange' }, 0);
    const { id } = only();
    const shelving = { untilMs: at(30), note: '施工' };
    expect(record.does(1, id, 'shelve', { ...shelving, by: 'v1-member' })?.ok).toBe(false);
    expect(record.does(2, id, 'shelve', { ...shelving, by: 'v1-head' })?.ok).toBe(true);
  });

  it('is heard at the end of its time even when its data are lost, and not when it has cleared', () => {
    record.sees({ to: 'yellow' }, 0);
    record.does(1, only().id, 'shelve', { untilMs: at(30), note: '施工' });
    record.sees({ from: 'yellow', to: 'yellow', condition: 'dataLost' }, 5);
    record.until(30);
    expect(only()).toMatchObject({ condition: 'dataLost', round: 2 });
    record.does(31, only().id, 'shelve', { untilMs: at(40), note: '施工' });
    record.sees({ from: 'yellow', to: 'none' }, 35);
    record.until(50);
    expect(only()).toMatchObject({ condition: 'cleared', round: 2, shelvedUntilMs: null });
  });
});

describe('an alert that latches', () => {
  beforeEach(() => begin({ latch: [{ from: 'orange' }] }));

  it('stays after it has cleared until somebody resets it, also when it left by way of a milder level', () => {
    record.sees({ to: 'red' }, 0);
    record.sees({ from: 'red', to: 'blue' }, 1);
    record.sees({ from: 'blue', to: 'none' }, 2);
    const { id } = only();
    expect(only()).toMatchObject({ latched: true, condition: 'cleared', level: 'blue' });
    expect(record.does(3, id, 'close')?.message.en).toContain('reset');
    expect(record.does(4, id, 'reset', { by: 'v1-member' })?.ok).toBe(false);
    expect(record.does(5, id, 'reset')?.ok).toBe(true);
    expect(only().latched).toBeUndefined();
    expect(record.does(6, id, 'reset')?.ok).toBe(false);
    expect(record.does(7, id, 'close')?.ok).toBe(true);
  });

  it('cannot be reset while it is there again', () => {
    record.sees({ to: 'red' }, 0);
    record.sees({ from: 'red', to: 'none' }, 1);
    record.sees({ to: 'red' }, 2);
    expect(only()).toMatchObject({ latched: true, condition: 'active', round: 2 });
    expect(record.does(3, only().id, 'reset')?.ok).toBe(false);
  });

  it('does not at a level that the policy does not name', () => {
    record.sees({ to: 'yellow' }, 0);
    record.sees({ from: 'yellow', to: 'none' }, 1);
    expect(only().latched).toBeUndefined();
  });
});

describe('what a lost gateway explains', () => {
  const silent = (sensorId: string, point: string, minute: number, to: 'blue' | 'none' = 'blue') =>
    record.sees(
      { to, from: to === 'none' ? 'blue' : 'none', sensorId, point, hazard: 'equipment', measure: 'silence' },
      minute,
    );
  const gateway = (minute: number, to: 'yellow' | 'none' = 'yellow') =>
    record.sees(
      { to, from: to === 'none' ? 'yellow' : 'none', edge: 'edge-1', hazard: 'equipment', sensorId: null },
      minute,
    );
  const at1 = (point: string) => record.alerts().find(({ subject }) => subject.id === point);

  it('is that its sensors are silent: those alerts call nobody, and its own record says how many they are', () => {
    silent('S1', 'P1', 0);
    silent('S2', 'P2', 1);
    gateway(2);
    const parent = at1('edge-1');
    expect(at1('P1')).toMatchObject({ suppressedBy: parent?.id, round: 1 });
    expect(at1('P2')?.suppressedBy).toBe(parent?.id);
    const said = record.reader.events(parent?.id ?? '').filter(({ kind }) => kind === 'suppressed');
    expect(said.map(({ text }) => text.en)).toEqual([expect.stringContaining('2 alerts about silent sensors')]);
  });

  it('also covers a silence that is found after it', () => {
    gateway(0);
    silent('S1', 'P1', 1);
    expect(at1('P1')?.suppressedBy).toBe(at1('edge-1')?.id);
  });

  it('is never a hazard, nor a level whose data stopped, nor trouble of another kind', () => {
    gateway(0);
    record.sees({ to: 'orange', point: 'P1', sensorId: 'S1' }, 1);
    record.sees({ to: 'red', from: 'red', condition: 'dataLost', point: 'P2', sensorId: 'S2', measure: 'silence' }, 2);
    record.sees({ to: 'yellow', point: 'P3', sensorId: 'S3', hazard: 'equipment' }, 3);
    expect(['P1', 'P2', 'P3'].map((point) => at1(point)?.suppressedBy)).toEqual([undefined, undefined, undefined]);
  });

  it('ends when other trouble joins it: then people are asked', () => {
    gateway(0);
    silent('S1', 'P1', 1);
    const before = at1('P1')?.round ?? 0;
    record.sees({ to: 'yellow', point: 'P1', sensorId: 'S1', hazard: 'equipment', rule: 'battery@1' }, 2);
    expect(at1('P1')?.suppressedBy).toBeUndefined();
    expect(at1('P1')?.round).toBeGreaterThan(before);
  });

  it('ends with the gateway’s return: a sensor has its usual time to speak, and one that stays silent is asked about', () => {
    silent('S1', 'P1', 0);
    silent('S2', 'P2', 0);
    gateway(1);
    gateway(20, 'none');
    silent('S1', 'P1', 22, 'none');
    expect(at1('P1')).toMatchObject({ condition: 'cleared', round: 1 });
    expect(at1('P1')?.suppressedBy).toBeUndefined();
    expect(at1('P2')?.suppressedBy).toBeDefined();
    record.until(29);
    expect(at1('P2')).toMatchObject({ round: 1 });
    record.until(30);
    expect(at1('P2')).toMatchObject({ round: 2, condition: 'active' });
    expect(at1('P2')?.suppressedBy).toBeUndefined();
  });

  it('goes on when the gateway is lost again within that time', () => {
    silent('S1', 'P1', 0);
    gateway(1);
    gateway(20, 'none');
    gateway(25);
    record.until(90);
    expect(at1('P1')).toMatchObject({ round: 1, suppressedBy: at1('edge-1')?.id });
  });
});

describe('an alert that chatters', () => {
  it('is marked after six changes in ten minutes, said once, and calm after ten quiet ones', () => {
    const wavers = (changes: number): void => {
      for (let minute = 0; minute < changes; minute++)
        record.sees(minute % 2 === 0 ? { to: 'blue' } : { from: 'blue', to: 'none' }, minute);
    };
    wavers(5);
    expect(only().chattering).toBeUndefined();
    begin();
    wavers(8);
    const { id } = only();
    expect(only().chattering).toBe(true);
    const notes = () => record.reader.events(id).filter(({ facts }) => facts['chattering'] !== undefined);
    expect(notes()).toHaveLength(1);
    record.until(30);
    expect(only().chattering).toBeUndefined();
    expect(notes()).toHaveLength(2);
    expect(record.nextDueMs()).toBeNull();
  });
});
