import { afterEach, describe, expect, it, vi } from 'vitest';
import { CONSOLE, T0 } from '#alerts/testing/sample.ts';
import type { Alert, Recipient } from '#model/alert.ts';
import { type CallDesk, callCounty, openCallDesk, SMS, VOICE } from './desk.ts';

// Each commit is on disk before the story goes on.
vi.setConfig({ testTimeout: 30_000 });

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
function desk(county = callCounty()): CallDesk {
  const opened = openCallDesk(county);
  closing.push(opened.close);
  return opened;
}

/** Each another rule and hazard, so that every one is an alert of its own. */
const KINDS = ['landslide', 'rainstorm', 'flood', 'fire', 'intrusion', 'equipment'] as const;

const handOver = (night: CallDesk, from: string, to: string): void => {
  const { channels, together } = night.store();
  together(() => channels.handOver(from, () => to, 100, night.nowMs() + 2_000));
};

/** The alerts of which somebody was told there by now. */
const told = (night: CallDesk, person: string, channel: string): readonly string[] =>
  night.left
    .filter((one) => one.person === person && one.channel === channel)
    .flatMap(({ message }) => [message.alert.id, ...(message.digest ?? []).map(({ alertId }) => alertId)]);

describe('a message that waits for others', () => {
  it('which nobody needed any more takes in nothing that comes later', () => {
    const night = desk();
    night.at('02:00');
    for (const [n, hazard] of KINDS.entries()) night.sees({ to: 'yellow', hazard, rule: `r${n}@1` });
    // All of it is answered before the digest leaves.
    for (const { id } of night.alerts()) night.says('v1-head', id);
    night.at('02:10');
    night.sees({ to: 'yellow', point: 'P4', hazard: 'flood', rule: 'later@1' });
    expect(told(night, 'v1-head', 'sms')).toContain(night.alert('P4', 'flood').id);
  });

  it('on a channel that the county took out meanwhile takes in nothing when it is back', () => {
    const night = desk();
    night.at('02:00');
    for (const [n, hazard] of KINDS.entries()) night.sees({ to: 'yellow', hazard, rule: `r${n}@1` });
    night.replace(callCounty([CONSOLE, VOICE]));
    for (const { id } of night.alerts()) night.says('v1-head', id);
    night.at('02:10');
    night.replace(callCounty([CONSOLE, SMS, VOICE]));
    night.sees({ to: 'yellow', point: 'P4', hazard: 'flood', rule: 'later@1' });
    expect(told(night, 'v1-head', 'sms')).toContain(night.alert('P4', 'flood').id);
  });

  it('loses nothing when its channel goes down, also where the one that takes over asks for a part of it already', () => {
    const night = desk();
    night.at('02:00');
    for (const [n, hazard] of KINDS.entries()) night.sees({ to: 'red', hazard, rule: `r${n}@1` });
    // One message on each of two channels waits now; what is only told joins the one by SMS.
    night.channelsDo(({ channel }) => (channel === 'sms' ? 'unknown' : 'sent'));
    night.sees({ to: 'red', point: 'P4', hazard: 'landslide', rule: 'slope@1' });
    night.sees({ to: 'yellow', point: 'P4', hazard: 'flood', rule: 'flood@1' });
    const flood = night.alert('P4', 'flood').id;
    expect(told(night, 'v1-head', 'voice')).not.toContain(flood);
    night.passTime(11_000);
    handOver(night, 'sms', 'voice');
    night.passTime(2_000);
    expect(told(night, 'v1-head', 'voice')).toContain(flood);
  });
});

describe('a first red', () => {
  it('waits for no lesser message, though five of them have just left to the same person', () => {
    const night = desk();
    night.at('02:00');
    for (const [n, hazard] of KINDS.entries()) night.sees({ to: 'yellow', hazard, rule: `r${n}@1` });
    night.at('02:00:02');
    night.sees({ to: 'red', point: 'P4', hazard: 'landslide', rule: 'slope@1' });
    const { id } = night.alert('P4', 'landslide');
    expect(night.nowMs() - T0).toBe(Date.parse('1970-01-01T02:00:02Z'));
    expect(told(night, 'v1-head', 'sms')).toContain(id);
    expect(told(night, 'v1-head', 'voice')).toContain(id);
    // Reds among themselves travel together, a few seconds apart.
    night.at('02:00:04');
    night.sees({ to: 'red', point: 'P4', hazard: 'flood', rule: 'flood@1' });
    night.at('02:00:05');
    night.sees({ to: 'red', point: 'P4', hazard: 'fire', rule: 'fire@1' });
    expect(told(night, 'v1-head', 'voice')).not.toContain(night.alert('P4', 'flood').id);
    night.at('02:00:12');
    const calls = night.left.filter(({ person, channel }) => person === 'v1-head' && channel === 'voice');
    expect(calls).toHaveLength(2);
    for (const hazard of ['flood', 'fire'])
      expect(told(night, 'v1-head', 'voice')).toContain(night.alert('P4', hazard).id);
  });
});

describe('one who stands in for two villages', () => {
  it('is asked on for the one that is silent when the other has answered', () => {
    const county = callCounty();
    const people = new Map([...county.people].filter(([id]) => id !== 'v1-deputy'));
    const night = desk({ ...county, people });
    night.at('02:00');
    night.sees({ to: 'blue', point: 'P3', hazard: 'equipment' });
    const to = (personId: string, gridCode: string): Recipient => ({
      personId,
      name: people.get(personId)?.name ?? '',
      tier: 3,
      gridCode,
      post: 'head',
      reason: { zh: '暴雨', en: 'rainstorm' },
    });
    const only = [to('v1-head', '331004001001'), to('v2-head', '331004001002')];
    const areas = only.map(({ gridCode }) => ({ gridCode, level: 'orange' as const, sinceMs: night.nowMs() }));
    const warning: Alert = {
      ...night.alert('P3', 'equipment'),
      id: 'w1',
      subject: { kind: 'area', id: 'w1' },
      hazard: 'rainstorm',
      gridCode: '331004',
      level: 'orange',
      areas,
      recipients: only,
    };
    night.tells(warning, { change: 'raised', only });
    night.at('02:05:01');
    expect(night.states('w1')).toEqual({
      'v1-head': 'silent',
      'v2-head': 'silent',
      't1-a': 'asking',
      't1-b': 'asking',
    });
    night.says('v1-head', 'w1');
    expect(night.states('w1')).toMatchObject({ 'v1-head': 'answered', 't1-a': 'asking', 't1-b': 'asking' });
    // When the other one answers as well nobody stands in for anybody any more.
    night.says('v2-head', 'w1');
    expect(night.states('w1')).toMatchObject({ 'v2-head': 'answered', 't1-a': 'stopped', 't1-b': 'stopped' });
  });
});

describe('somebody who has answered', () => {
  it('and then cannot come is replaced at once; when nobody else is left the tier above is alarmed', () => {
    const night = desk();
    night.at('02:00');
    night.sees({ to: 'red' });
    const { id } = night.alert();
    night.says('v1-head', id);
    expect(night.states(id)['v1-head']).toBe('answered');
    for (const person of Object.keys(night.states(id))) if (person !== 'v1-head') night.says(person, id, 'cannot');
    night.at('02:01');
    for (const [person, state] of Object.entries(night.states(id)))
      if (state === 'asking') night.says(person, id, 'cannot');
    expect(night.alerts().some(({ hazard }) => hazard === 'unanswered')).toBe(false);
    night.says('v1-head', id, 'cannot');
    expect(night.states(id)['v1-head']).toBe('cannot');
    expect(night.states(id)['c-disp']).toBe('asking');
    night.says('c-disp', id, 'cannot');
    expect(night.alert('P1', 'unanswered')).toMatchObject({ level: 'red', origin: 'live' });
    // And back again: he gets through after all.
    night.says('v1-head', id);
    expect(night.states(id)['v1-head']).toBe('answered');
    expect(night.alerts().some(({ hazard }) => hazard === 'unanswered')).toBe(false);
  });
});
