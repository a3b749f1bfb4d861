import { afterEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_POLICY } from '#alerts/policy.ts';
import { CONSOLE } from '#alerts/testing/sample.ts';
import { HOUR_MS } from '#model/time.ts';
import { type CallDesk, callCounty, openCallDesk, SMS, VOICE } from './desk.ts';

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

const kindsOf = (night: CallDesk, alertId: string): readonly string[] =>
  night
    .events(alertId)
    .filter(({ kind }) => kind === 'call' || kind === 'nobodyReached')
    .map(({ kind, facts }) => (kind === 'call' ? String(facts['action']) : kind));

describe('a slope at night, yellow', () => {
  it('at 02:10 the village member is silent; at 02:15 the township’s desk has been asked as long and the county is called', () => {
    const night = desk();
    night.at('02:10');
    night.sees({ to: 'yellow' });
    const { id } = night.alert();
    night.at('02:15');
    expect(night.lines('v1-member')).toEqual([
      '02:10:00 v1-member sms',
      '02:11:40 v1-member voice',
      '02:13:20 v1-member sms',
    ]);
    expect(night.states(id)).toEqual({
      'v1-head': 'silent',
      'v1-deputy': 'silent',
      'v1-member': 'silent',
      't1-a': 'silent',
      't1-b': 'silent',
      'c-a': 'asking',
      'c-b': 'asking',
    });
    // Each waits for the one beside him as long as he is being asked; the last of them is followed by the tier above.
    expect(night.reader.ofAlert(id).find((call) => call.personId === 'c-a')).toMatchObject({
      step: 2,
      standsInFor: 't1-b',
    });
    expect(night.notReached().sort()).toEqual(['t1-a', 't1-b', 'v1-deputy', 'v1-head', 'v1-member']);
    night.at('02:20');
    const alarm = night.alert('P1', 'unanswered');
    expect(alarm).toMatchObject({ level: 'red', gridCode: '331004001001', condition: 'active' });
    expect(alarm.recipients.map(({ personId }) => personId)).toEqual(['c-a', 'c-b', 'c-head', 'c-disp']);
    expect(kindsOf(night, id).filter((kind) => kind === 'nobodyReached')).toHaveLength(1);
    // The county is the top: it stays on the board, loud, and raises no further one.
    night.at('04:00');
    expect(night.alerts()).toHaveLength(2);
    expect(night.alert('P1', 'unanswered').lifecycle).toBe('raised');
    // At last somebody knocks at the member's door.
    night.reach('v1-member', id, 'v1-head', 'door');
    expect(night.alerts().map(({ hazard }) => hazard)).toEqual(['landslide']);
    expect(night.states(id)['v1-member']).toBe('reached');
    expect(night.notReached()).not.toContain('v1-member');
    expect(night.reader.ofAlert(id).find((call) => call.personId === 'v1-member')?.by).toMatchObject({
      id: 'v1-head',
      how: 'door',
    });
  });

  it('the deputy of a silent desk is asked when the roster has one only, and stops being called as soon as the desk answers', () => {
    const county = callCounty();
    const [day] = county.duty.filter(({ gridCode }) => gridCode === '331004001');
    const alone = county.duty.filter((shift) => shift !== day).concat(day === undefined ? [] : [{ ...day, b: null }]);
    const deputy = {
      id: 't1-deputy',
      name: '副镇长',
      phone: '13700000001',
      posts: [{ gridCode: '331004001', post: 'deputy' as const }],
    };
    const night = desk({ ...county, duty: alone, people: new Map([...county.people, [deputy.id, deputy]]) });
    night.at('02:10');
    night.sees({ to: 'yellow' });
    const { id } = night.alert();
    for (const person of ['v1-head', 'v1-deputy', 'v1-member']) expect(night.states(id)[person]).toBe('asking');
    // Yellow: one answer would end it, so nobody answers; the desk of the township is silent at 02:15.
    night.at('02:15:01');
    expect(night.states(id)).toMatchObject({ 't1-a': 'silent', 't1-deputy': 'asking' });
    expect(night.lines('t1-deputy')).toEqual(['02:15:00 t1-deputy sms']);
    night.says('t1-a', id);
    expect(night.states(id)).toMatchObject({ 't1-a': 'answered', 't1-deputy': 'stopped' });
    expect(night.notReached()).not.toContain('t1-a');
    const before = night.left.length;
    night.at('03:00');
    expect(night.left.length).toBe(before);
  });

  it('one answer is enough below red: the others are called no more, and the alert is acknowledged by him', () => {
    const night = desk();
    night.at('02:10');
    night.sees({ to: 'orange' });
    const { id } = night.alert();
    night.at('02:11');
    night.says('v1-head', id);
    expect(new Set(Object.values(night.states(id)))).toEqual(new Set(['answered', 'stopped']));
    expect(night.alert().lifecycle).toBe('acknowledged');
    const before = night.left.length;
    night.at('02:40');
    expect(night.left.length).toBe(before);
  });

  it('blue is told once and asks nobody', () => {
    const night = desk();
    night.at('02:10');
    night.sees({ to: 'blue' });
    night.at('03:00');
    expect(night.lines('v1-head')).toEqual(['02:10:00 v1-head sms']);
    expect(night.left.find(({ person }) => person === 'v1-head')?.message.ask).toBe(false);
    expect(Object.values(night.states(night.alert().id)).every((state) => state === 'told')).toBe(true);
    expect(night.alerts()).toHaveLength(1);
  });
});

describe('red', () => {
  it('goes by the first two channels at once, and everybody who is asked must answer', () => {
    const night = desk();
    night.at('02:10');
    night.sees({ to: 'red' });
    const { id } = night.alert();
    expect(night.lines('v1-head')).toEqual(['02:10:00 v1-head sms', '02:10:00 v1-head voice']);
    night.says('v1-head', id);
    expect(night.states(id)).toMatchObject({ 'v1-head': 'answered', 'v1-member': 'asking', 'c-head': 'asking' });
    night.acts('c-a', id, 'acknowledge');
    expect(night.states(id)).toMatchObject({ 'c-a': 'answered', 'c-head': 'asking' });
    night.at('02:16');
    expect(night.notReached()).toContain('v1-member');
    // Somebody of this alert was reached: nobody says that nobody answers.
    night.at('03:00');
    expect(night.alerts()).toHaveLength(1);
  });

  it('whoever says that he cannot is passed over at once', () => {
    const county = callCounty();
    const night = desk({ ...county, duty: county.duty.filter(({ gridCode }) => gridCode !== '331004') });
    night.at('02:10');
    night.sees({ to: 'yellow' });
    const { id } = night.alert();
    for (const person of ['t1-a', 't1-b']) night.says(person, id, 'cannot');
    expect(night.states(id)).toMatchObject({ 't1-a': 'cannot', 't1-b': 'cannot', 'c-head': 'asking' });
    expect(night.lines('c-head')).toEqual(['02:10:00 c-head sms']);
  });

  it('an acknowledged alert that worsens asks again, and the old round’s calls stop', () => {
    const night = desk();
    night.at('02:10');
    night.sees({ to: 'yellow' });
    const { id } = night.alert();
    night.says('v1-head', id);
    night.at('02:12');
    night.sees({ from: 'yellow', to: 'red' });
    expect(night.alert()).toMatchObject({ round: 2, lifecycle: 'raised', acknowledged: null });
    expect(night.states(id)).toMatchObject({ 'v1-head': 'asking', 'c-head': 'asking' });
    const first = night.reader.ofAlert(id).filter(({ round }) => round === 1);
    expect(first.some(({ state }) => state === 'asking')).toBe(false);
    // What he said about yellow is no answer to red.
    const stale = night.left.find(({ person }) => person === 'v1-head')?.key ?? '';
    night.hears({ key: stale, channel: 'sms', event: 'answered' });
    expect(night.states(id)['v1-head']).toBe('asking');
  });

  it('who has no telephone is passed over, with the reason on record', () => {
    const county = callCounty();
    const mute = new Map(
      [...county.people].map(([key, one]) => [key, key === 'v1-head' ? { ...one, phone: '' } : one]),
    );
    const night = desk({ ...county, people: mute });
    night.at('02:10');
    night.sees({ to: 'yellow' });
    const { id } = night.alert();
    night.at('02:10:01');
    expect(night.states(id)['v1-head']).toBe('silent');
    expect(night.lines('v1-head')).toEqual([]);
    const noWay = night.events(id).find(({ facts }) => facts['action'] === 'noWay');
    expect(noWay?.text.zh).toContain('没有登记电话');
    expect(night.notReached()).toEqual(['v1-head']);
  });

  it('is asked about anew as long as nobody closes it, if the policy says so', () => {
    const night = desk(callCounty([CONSOLE, SMS, VOICE], { ...DEFAULT_POLICY, askAgainMs: HOUR_MS }));
    night.at('02:10');
    night.sees({ to: 'red' });
    const { id } = night.alert();
    night.at('02:11');
    for (const { personId } of night.alert().recipients) night.says(personId, id);
    night.at('03:09');
    expect(night.alert().round).toBe(1);
    night.at('03:10');
    expect(night.alert()).toMatchObject({ round: 2, lifecycle: 'raised' });
    expect(night.lines('v1-head').slice(-2)).toEqual(['03:10:00 v1-head sms', '03:10:00 v1-head voice']);
    night.sees({ from: 'red', to: 'none' });
    night.acts('c-disp', id, 'close', '已排查');
    const before = night.left.length;
    night.at('08:00');
    expect(night.left.length).toBe(before);
  });
});

describe('what comes back', () => {
  it('moves a delivery on and never back, and a repeat changes nothing', () => {
    const night = desk();
    night.sees({ to: 'red' });
    const { id } = night.alert();
    const key = night.left.find(({ person, channel }) => person === 'v1-head' && channel === 'voice')?.key ?? '';
    const state = () => night.deliveries(id).find((row) => row.key === key)?.state;
    for (const event of ['delivered', 'heard', 'delivered', 'read', 'failed'] as const)
      night.hears({ key, channel: 'voice', event });
    expect(state()).toBe('heard');
    expect(night.states(id)['v1-head']).toBe('asking');
    night.hears({ key, channel: 'sms', event: 'answered' }); // Not the channel of that message.
    expect(state()).toBe('heard');
    night.hears({ key, channel: 'voice', event: 'answered' });
    const events = night.events(id).length;
    night.hears({ key, channel: 'voice', event: 'answered' }, { key, channel: 'voice', event: 'delivered' });
    expect(night.events(id)).toHaveLength(events);
    expect(state()).toBe('answered');
    expect(night.states(id)['v1-head']).toBe('answered');
    expect(night.reader.ofAlert(id).find((call) => call.personId === 'v1-head')?.by?.how).toBe('voice');
  });

  it('a call that fails is followed by the next try at once, when nothing of it is under way any more', () => {
    const night = desk();
    night.at('02:10');
    night.sees({ to: 'yellow' });
    const first = night.left.find(({ person }) => person === 'v1-head')?.key ?? '';
    night.at('02:10:20');
    night.hears({ key: first, channel: 'sms', event: 'failed' });
    night.at('02:10:31');
    expect(night.lines('v1-head')).toEqual(['02:10:00 v1-head sms', '02:10:30 v1-head voice']);
  });

  it('“1” from a telephone answers all that its owner was sent before, and nothing that came later', () => {
    const night = desk();
    night.sees({ to: 'red', point: 'P1' });
    night.sees({ to: 'red', point: 'P2' });
    const askedMs = night.nowMs();
    night.at('00:01');
    night.sees({ to: 'red', point: 'P4' });
    const phone = night.phoneOf('t1-head');
    night.hears({
      from: `+86 ${phone.slice(0, 3)}-${phone.slice(3)}`,
      channel: 'sms',
      event: 'answered',
      atMs: askedMs,
    });
    const stateAt = (point: string) => night.states(night.alert(point).id)['t1-head'];
    expect([stateAt('P1'), stateAt('P2'), stateAt('P4')]).toEqual(['answered', 'answered', 'asking']);
  });
});
