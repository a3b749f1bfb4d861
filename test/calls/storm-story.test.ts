import { afterEach, describe, expect, it, vi } from 'vitest';
import { T0 } from '#alerts/testing/sample.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { type CallDesk, callCounty, openCallDesk } from './desk.ts';

// Each commit is on disk before the story goes on.
vi.setConfig({ testTimeout: 60_000 });

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function desk(county = callCounty()): CallDesk {
  const opened = openCallDesk(county);
  closing.push(opened.close);
  return opened;
}

describe('a storm', () => {
  const points = ['P1', 'P2', 'P3', 'P4'] as const;
  const hazards = ['landslide', 'rainstorm', 'flood', 'fire', 'intrusion'] as const;
  const storm = (night: CallDesk, to: 'yellow' | 'red') => {
    for (const point of points) for (const hazard of hazards) night.sees({ to, point, hazard });
  };

  it('reaches the county’s desk as five messages at once and then as digests, and one answer covers what a digest says', () => {
    const night = desk();
    storm(night, 'red');
    const own = () => night.left.filter(({ person, channel }) => person === 'c-head' && channel === 'sms');
    expect(own()).toHaveLength(5);
    night.at('00:00:15');
    expect(own()).toHaveLength(6);
    const digest = own()[5];
    expect(digest?.message.digest).toHaveLength(15);
    expect(digest?.message.text.zh).toContain('汇总：15条预警（红色15条）');
    const covered = new Set(digest?.message.digest?.map(({ alertId }) => alertId));
    night.hears({ key: digest?.key ?? '', channel: 'sms', event: 'answered' });
    for (const alert of night.alerts())
      expect([alert.id, night.states(alert.id)['c-head']]).toEqual([
        alert.id,
        covered.has(alert.id) ? 'answered' : 'asking',
      ]);
    // The tries of the five that are left travel together as well.
    night.at('00:05');
    expect(own().length).toBeLessThanOrEqual(6 + 5);
  });

  it('never holds back a first red behind lesser ones for the digest’s minute', () => {
    const night = desk();
    storm(night, 'yellow');
    night.at('00:00:30');
    const before = night.left.filter(({ person }) => person === 't1-a').length;
    night.sees({ from: 'yellow', to: 'red', point: 'P1' });
    const now = night.left.filter(({ person }) => person === 't1-a').slice(before);
    expect(now.map(({ channel, atMs }) => [channel, atMs === night.nowMs()])).toEqual([
      ['sms', true],
      ['voice', true],
    ]);
    expect(now[0]?.message.alert.level).toBe('red');
  });

  it('a digest says the same when it has to be repeated', () => {
    const night = desk();
    storm(night, 'red');
    let lost = '';
    night.channelsDo((claim) => {
      if (claim.message.covers === undefined || lost !== '') return 'sent';
      lost = claim.key;
      return 'crash';
    });
    night.at('00:00:15');
    night.sees({ to: 'red', point: 'P1', hazard: 'equipment' });
    night.restart();
    const [first, again] = night.left.filter(({ key }) => key === lost);
    expect(again).toMatchObject({ repeated: true });
    expect(again?.message).toEqual(first?.message);
  });
});

describe('an outage', () => {
  it('is made up for once and in order, and nobody is called three times in a second', () => {
    const night = desk();
    night.at('02:10');
    night.sees({ to: 'yellow' });
    const { id } = night.alert();
    night.restart(HOUR_MS);
    night.passTime(5 * MINUTE_MS);
    expect(night.lines('v1-member')).toEqual([
      '02:10:00 v1-member sms',
      '03:10:00 v1-member voice',
      '03:10:30 v1-member sms',
    ]);
    expect(night.states(id)['v1-member']).toBe('silent');
  });

  it('what was answered while a channel was away never leaves', () => {
    const night = desk();
    night.at('02:10');
    night.channelsDo((claim) => (claim.channel === 'sms' ? 'unknown' : 'sent'));
    night.sees({ to: 'yellow' });
    const { id } = night.alert();
    night.says('v1-head', id);
    const before = night.left.length;
    night.channelsDo(() => 'sent');
    night.at('02:30');
    expect(night.left.length).toBe(before);
    const rows = night.deliveries(id).filter(({ personId }) => personId === 'v1-head');
    expect(rows.map(({ state }) => state)).toEqual(['stopped']);
  });
});

describe('a drill', () => {
  it('waits while the same people are asked about something real', () => {
    const night = desk();
    night.sees({ to: 'red', origin: 'drill' });
    night.sees({ to: 'red', point: 'P1', hazard: 'flood' });
    night.at('00:04');
    const drill = night.alert('P1', 'landslide', 'drill');
    const ofDrill = () => night.left.filter(({ key, person }) => person === 'v1-head' && key.startsWith(drill.id));
    expect(ofDrill()).toHaveLength(2);
    night.says('v1-head', night.alert('P1', 'flood').id);
    night.at('00:06');
    expect(ofDrill().length).toBeGreaterThan(2);
  });
});

/** Another dispatcher comes on duty in the township while the story goes on. */
const withShift = (county = callCounty()) => ({
  ...county,
  duty: county.duty.map((shift) =>
    shift.gridCode === '331004' && shift.fromMs > T0 ? { ...shift, a: 't2-disp', b: null } : shift,
  ),
});

describe('a shift', () => {
  it('that begins while alerts are open is told of all of them in one message, and asked nothing', () => {
    const night = desk(withShift());
    night.at('11:00');
    for (const hazard of ['landslide', 'flood', 'rainstorm'] as const) night.sees({ to: 'orange', hazard });
    for (const { id } of night.alerts()) night.says('c-a', id);
    night.at('12:00');
    expect(night.lines('t2-disp')).toEqual(['12:00:00 t2-disp sms']);
    const message = night.left.find(({ person }) => person === 't2-disp')?.message;
    expect(message).toMatchObject({ ask: false, shift: true });
    expect(message?.text.zh).toContain('接班告知：未结预警3条');
    expect(message?.digest).toHaveLength(3);
    night.restart();
    night.at('12:30');
    expect(night.lines('t2-disp')).toHaveLength(1);
  });

  it('is no reason for an alarm about a replay, which may ring nobody up', () => {
    const night = desk(withShift());
    night.at('11:58');
    night.sees({ to: 'red', origin: 'replay' });
    const { id } = night.alert('P1', 'landslide', 'replay');
    night.at('12:40');
    expect(night.reader.ofAlert(id).find(({ personId }) => personId === 't2-disp')).toMatchObject({
      state: 'told',
      tries: 0,
    });
    expect(night.left).toEqual([]);
    expect(night.notReached()).toContain('v1-head');
    expect(night.alerts().map(({ hazard }) => hazard)).toEqual(['landslide']);
  });
});

describe('a notice to some only', () => {
  it('asks these anew and leaves the others’ calls as they are', () => {
    const night = desk();
    night.sees({ to: 'red' });
    const before = night.alert();
    const only = before.recipients.filter(({ personId }) => personId === 'v1-head');
    night.tells({ ...before, round: 2 }, { change: 'worsened', only });
    const current = night.reader.ofAlert(before.id);
    const stateOf = (round: number, person: string) =>
      current.find((call) => call.round === round && call.personId === person)?.state;
    expect([stateOf(1, 'v1-head'), stateOf(2, 'v1-head'), stateOf(1, 'v1-member'), stateOf(2, 'v1-member')]).toEqual([
      'stopped',
      'asking',
      'asking',
      undefined,
    ]);
    night.says('v1-member', before.id);
    expect(night.reader.ofAlert(before.id).find(({ personId }) => personId === 'v1-member')?.state).toBe('answered');
  });
});
