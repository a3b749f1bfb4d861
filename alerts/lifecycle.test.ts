import { describe, expect, it } from 'vitest';
import type { AlertCommand } from '#model/alert.ts';
import { applyCommand } from './commands.ts';
import { indexRegistry } from './directory.ts';
import { type Episode, isEnded, type Outcome, type World } from './episode.ts';
import { applyTransition, moveAlert } from './lifecycle.ts';
import { type Move, POINTS, sampleRegistry, T0, transition } from './testing/sample.ts';

const world = (n: number, registry = sampleRegistry()): World => ({
  directory: indexRegistry(registry),
  nowMs: T0 + n * 60_000,
  newId: (from) => `id-${from.id}`,
});

/** The alerts of one subject and hazard as the store keeps them, small enough to read. */
function story() {
  let open: Episode | undefined;
  let ended: Episode | undefined;
  const keep = (episode: Episode | null): void => {
    if (episode === null) return;
    if (isEnded(episode.alert)) {
      if (open?.alert.id === episode.alert.id) open = undefined;
      ended = episode;
    } else open = episode;
  };
  return {
    sees: (move: Move): Outcome => {
      const outcome = applyTransition(transition(move), { open, ended }, world(move.n));
      keep(outcome.episode);
      return outcome;
    },
    does: (n: number, action: AlertCommand['action'], note = '', by = 'v1-head') => {
      const alertId = (open ?? ended)?.alert.id ?? '';
      const command = { id: `cmd-${n}`, alertId, action, by, atMs: T0 + n * 60_000, from: 'console', note };
      const outcome = applyCommand(command, open ?? ended, world(n));
      keep(outcome.episode);
      return outcome;
    },
    open: () => open?.alert,
    ended: () => ended?.alert,
  };
}
const changes = (outcome: Outcome) => outcome.notices.map((notice) => notice.change);

describe('an alert’s life', () => {
  it('runs from blue to red, is acknowledged, handled, clears and is closed, and begins anew afterwards', () => {
    const county = story();
    expect(changes(county.sees({ n: 1, to: 'blue' }))).toEqual(['raised']);
    expect(county.open()).toMatchObject({ level: 'blue', lifecycle: 'raised', condition: 'active', round: 1 });
    expect(county.does(2, 'acknowledge').ok).toBe(true);
    expect(county.open()).toMatchObject({ lifecycle: 'acknowledged', acknowledged: { by: 'v1-head' } });

    expect(changes(county.sees({ n: 3, from: 'blue', to: 'orange' }))).toEqual(['worsened']);
    expect(county.open()).toMatchObject({ level: 'orange', lifecycle: 'raised', acknowledged: null, round: 2 });
    expect(county.open()?.recipients.some((one) => one.tier === 1)).toBe(true);

    county.does(4, 'handle');
    expect(changes(county.sees({ n: 5, from: 'orange', to: 'yellow' }))).toEqual(['lowered']);
    expect(county.open()).toMatchObject({ level: 'yellow', lifecycle: 'handling', round: 2 });

    expect(county.does(6, 'close').ok).toBe(false);
    expect(changes(county.sees({ n: 7, from: 'yellow', to: 'none' }))).toEqual([]);
    expect(county.open()).toMatchObject({ level: 'yellow', condition: 'cleared', lifecycle: 'handling' });
    expect(county.does(8, 'close').ok).toBe(true);
    expect(county.ended()).toMatchObject({ lifecycle: 'closed', closedAtMs: T0 + 8 * 60_000 });

    const before = county.ended()?.id;
    expect(changes(county.sees({ n: 9, to: 'blue' }))).toEqual(['raised']);
    expect(county.open()?.id).not.toBe(before);
    expect(county.open()?.round).toBe(1);
  });

  it('gives the same transition the same id', () => {
    const one = story().sees({ n: 1, to: 'blue' }).episode?.alert.id;
    expect(story().sees({ n: 1, to: 'blue' }).episode?.alert.id).toBe(one);
  });

  it('lost data never clear: the level stands, and a person needs a note to close', () => {
    const county = story();
    county.sees({ n: 1, to: 'orange' });
    county.sees({ n: 2, from: 'orange', to: 'orange', condition: 'dataLost' });
    expect(county.open()).toMatchObject({ level: 'orange', condition: 'dataLost' });
    expect(county.does(3, 'close')).toMatchObject({ ok: false, episode: null });
    expect(county.does(4, 'close', '已到现场核查').ok).toBe(true);
  });

  it('the level is the worst of the conditions, and the edge’s clear does not clear the centre’s', () => {
    const county = story();
    county.sees({ n: 1, to: 'red', site: 'edge' });
    county.sees({ n: 2, to: 'orange', site: 'centre' });
    expect(county.open()?.level).toBe('red');
    county.sees({ n: 3, from: 'red', to: 'none', site: 'edge' });
    expect(county.open()).toMatchObject({ level: 'orange', condition: 'active' });
    county.sees({ n: 4, from: 'orange', to: 'none', site: 'centre' });
    expect(county.open()).toMatchObject({ level: 'orange', condition: 'cleared' });
  });

  it('a late finding is recorded, calls nobody and changes nothing', () => {
    const county = story();
    const alone = county.sees({ n: 1, to: 'red', late: true });
    expect(alone).toMatchObject({ episode: null, notices: [] });
    expect(alone.events.map((event) => event.kind)).toEqual(['lateFinding']);
    county.sees({ n: 2, to: 'blue' });
    const outcome = county.sees({ n: 3, to: 'red', late: true });
    expect(outcome.notices).toEqual([]);
    expect(outcome.events[0]?.alertId).toBe(county.open()?.id);
    expect(county.open()?.level).toBe('blue');
  });

  it('a hazard that cleared and comes back before it was closed asks again', () => {
    const county = story();
    county.sees({ n: 1, to: 'orange' });
    county.does(2, 'acknowledge');
    county.sees({ n: 3, from: 'orange', to: 'none' });
    expect(changes(county.sees({ n: 4, to: 'orange' }))).toEqual(['recurred']);
    expect(county.open()).toMatchObject({ lifecycle: 'raised', round: 2, condition: 'active' });
  });

  it('a new version of a rule that takes over at the same level asks nobody', () => {
    const county = story();
    county.sees({ n: 1, to: 'orange', rule: 'crack@1' });
    county.does(2, 'acknowledge');
    county.sees({ n: 3, from: 'orange', to: 'none', rule: 'crack@1', condition: 'closed' });
    expect(county.open()?.condition).toBe('cleared');
    expect(changes(county.sees({ n: 4, to: 'orange', rule: 'crack@2' }))).toEqual([]);
    expect(county.open()).toMatchObject({ lifecycle: 'acknowledged', condition: 'active', round: 1 });
  });

  it('after a false alarm the same condition may go, but new evidence begins a new alert', () => {
    const county = story();
    county.sees({ n: 1, to: 'orange' });
    expect(county.does(2, 'falseAlarm').ok).toBe(false);
    expect(county.does(3, 'falseAlarm', '挖机碰到了裂缝计').ok).toBe(true);
    expect(county.ended()).toMatchObject({ lifecycle: 'falseAlarm', condition: 'active' });
    county.sees({ n: 4, from: 'orange', to: 'orange', condition: 'dataLost' });
    expect(county.open()).toBeUndefined();
    expect(county.ended()).toMatchObject({ lifecycle: 'falseAlarm', condition: 'dataLost' });
    expect(changes(county.sees({ n: 5, from: 'orange', to: 'red' }))).toEqual(['raised']);
    expect(county.open()?.level).toBe('red');
  });

  it('begins no new alert when what was declared false only falls, and does when it rises again', () => {
    const county = story();
    county.sees({ n: 1, to: 'red' });
    county.does(2, 'falseAlarm', '挖机碰到了裂缝计');
    expect(changes(county.sees({ n: 3, from: 'red', to: 'orange' }))).toEqual([]);
    expect(county.open()).toBeUndefined();
    expect(county.ended()?.conditions[0]).toMatchObject({ level: 'orange', state: 'active' });
    expect(changes(county.sees({ n: 4, from: 'orange', to: 'red' }))).toEqual(['raised']);
  });

  it('begins a new alert when the data of a closed one come back at a level, be it a lower one', () => {
    const county = story();
    county.sees({ n: 1, to: 'red' });
    county.sees({ n: 2, from: 'red', to: 'red', condition: 'dataLost' });
    expect(county.does(3, 'close', '现场核查，无险情').ok).toBe(true);
    expect(changes(county.sees({ n: 4, from: 'red', to: 'orange' }))).toEqual(['raised']);
  });

  it('data that were lost before any alert here knew of them raise one', () => {
    const county = story();
    county.sees({ n: 1, from: 'red', to: 'red', condition: 'dataLost' });
    expect(county.open()).toMatchObject({ level: 'red', condition: 'dataLost' });
  });

  it('a clear without an alert leaves nothing', () => {
    expect(story().sees({ n: 1, from: 'blue', to: 'none' })).toEqual({ episode: null, events: [], notices: [] });
  });

  it('a point that moved is told to the people of its new grid', () => {
    const county = story();
    const { episode } = county.sees({ n: 1, to: 'blue' });
    const registry = sampleRegistry(
      undefined,
      POINTS.map((one) => (one.id === 'P1' ? { ...one, gridCode: '331004002001' } : one)),
    );
    const moved = moveAlert(episode as Episode, world(2, registry));
    expect(changes(moved)).toEqual(['moved']);
    expect(moved.episode?.alert.gridCode).toBe('331004002001');
    expect(moved.episode?.alert.recipients.map((one) => one.personId)).toEqual(['v3-head']);
    expect(moveAlert(episode as Episode, world(2))).toMatchObject({ episode: null, notices: [] });
  });
});

describe('what a command may do', () => {
  const raised = () => {
    const county = story();
    county.sees({ n: 1, to: 'orange' });
    return county;
  };
  it('somebody of another grid is refused, and that is on record', () => {
    const outcome = raised().does(2, 'acknowledge', '', 'v3-head');
    expect(outcome).toMatchObject({ ok: false, episode: null });
    expect(outcome.events.map((event) => event.kind)).toEqual(['refused']);
  });
  it.each([
    ['the village’s head', 'v1-head'],
    ['whoever is on duty above', 't1-a'],
    ['the county’s dispatcher, who is no recipient', 'c-disp'],
  ])('%s may acknowledge', (_, by) => {
    expect(raised().does(2, 'acknowledge', '', by).ok).toBe(true);
  });
  it('a stranger is refused unless the API’s own door let him in', () => {
    const county = raised();
    expect(county.does(2, 'acknowledge', '', 'nobody').ok).toBe(false);
  });
  it('an acknowledgement from before the alert worsened does not count for what it is now', () => {
    const county = raised();
    county.sees({ n: 5, from: 'orange', to: 'red' });
    expect(county.does(4, 'acknowledge').ok).toBe(false);
    expect(county.does(6, 'acknowledge').ok).toBe(true);
  });
  it('the first who acknowledged stays on record when a second one does', () => {
    const county = raised();
    county.does(2, 'acknowledge');
    expect(county.does(3, 'acknowledge', '', 't1-a').ok).toBe(true);
    expect(county.open()?.acknowledged?.by).toBe('v1-head');
  });
  it('an ended alert takes notes and nothing else', () => {
    const county = raised();
    county.does(2, 'falseAlarm', '误报');
    expect(county.does(3, 'acknowledge').ok).toBe(false);
    expect(county.does(4, 'note', '已更换设备').ok).toBe(true);
    expect(county.does(5, 'note', '  ').ok).toBe(false);
  });
  it('a command for an alert that does not exist is answered', () => {
    const command = {
      id: 'x',
      alertId: 'y',
      action: 'note',
      by: 'v1-head',
      atMs: T0,
      from: 'console',
      note: 'z',
    } as const;
    expect(applyCommand(command, undefined, world(1))).toMatchObject({ ok: false, events: [] });
  });
});
