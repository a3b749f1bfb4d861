import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVELS, type Level, type LevelOrNone, rankOf } from '../../model/level.ts';
import { type Demand, dueMs, muteSiren, SILENT, type SirenPolicy, type SirenState, stepSiren } from './siren.ts';
import { readSirenNote, writeSirenNote } from './siren-note.ts';

const policy: SirenPolicy = { points: ['p', 'q'], minLevel: 'orange', maxOnMs: 1_000 };
const REASON = { zh: '因', en: 'why' };
const demand = (level: LevelOrNone, pointId = 'p', hazard: Demand['hazard'] = 'landslide'): Demand => ({
  key: `${pointId}|${hazard}`,
  ...{ pointId, hazard, level, reason: REASON },
});

/** `[at, what stands]`, or the press of the button; and which acts came of it. */
type Line = readonly [atMs: number, what: readonly Demand[] | 'press', acts: string];

function play(lines: readonly Line[], from: SirenState = SILENT): SirenState {
  let state = from;
  for (const [atMs, what, acts] of lines) {
    const done =
      what === 'press'
        ? muteSiren(policy, state, { buttonId: 'b', muteMs: 300 }, atMs)
        : stepSiren(policy, state, what, atMs);
    state = done.state;
    expect(`${atMs}: ${done.acts.map(({ act }) => act).join(' ')}`).toBe(`${atMs}: ${acts}`);
  }
  return state;
}

describe('an output', () => {
  it('sounds from its level on, once, and is off when everything is over', () => {
    play([
      [0, [demand('yellow')], ''],
      [1, [demand('orange')], 'on'],
      [2, [demand('orange')], ''],
      [3, [], 'off'],
    ]);
  });
  it('says so when it becomes worse, not when it becomes better', () => {
    play([
      [0, [demand('orange')], 'on'],
      [1, [demand('red')], 'on'],
      [2, [demand('orange')], ''],
      [3, [demand('yellow')], 'off'],
    ]);
  });
  it('hears only its own points', () => play([[0, [demand('red', 'elsewhere')], '']]));
  it('ends by itself after its longest time and begins again when the level rises', () => {
    play([
      [0, [demand('orange')], 'on'],
      [999, [demand('orange')], ''],
      [1_000, [demand('orange')], 'off'],
      [1_500, [demand('orange')], ''],
      [1_600, [demand('red')], 'on'],
    ]);
  });
  it('begins again for a new episode after the old one was over', () => {
    play([
      [0, [demand('red')], 'on'],
      [1_000, [demand('red')], 'off'],
      [1_100, [], ''],
      [1_200, [demand('red')], 'on'],
    ]);
  });
  it('is silent for the time of a mute and sounds again after it, for its whole time', () => {
    play([
      [0, [demand('red')], 'on'],
      [900, 'press', 'muted'],
      [1_100, [demand('red')], ''],
      [1_200, [demand('red')], 'unmuted on'],
      [2_100, [demand('red')], ''],
      [2_200, [demand('red')], 'off'],
    ]);
  });
  it('breaks a mute when the level rises above the muted one, not when it comes back to it', () => {
    play([
      [0, [demand('orange')], 'on'],
      [1, 'press', 'muted'],
      [2, [demand('yellow')], ''],
      [3, [demand('orange')], ''],
      [4, [demand('red')], 'unmuted on'],
    ]);
  });
  it('sounds for another point although the first is muted', () => {
    play([
      [0, [demand('red')], 'on'],
      [1, 'press', 'muted'],
      [2, [demand('red'), demand('orange', 'q')], 'on'],
    ]);
  });
  it('knows nothing of a mute in the next episode', () => {
    play([
      [0, [demand('red')], 'on'],
      [1, 'press', 'muted'],
      [2, [], ''],
      [3, [demand('red')], 'on'],
    ]);
  });
  it('takes no press while it is silent', () => {
    const state = play([
      [0, [demand('yellow')], ''],
      [1, 'press', ''],
      [2, [demand('red')], 'on'],
    ]);
    expect(dueMs(policy, state, 2)).toBe(1_002);
  });
  it('remembers across a restart what was muted and how long it was heard', () => {
    const muted = play([
      [0, [demand('red'), demand('orange', 'q')], 'on'],
      [100, 'press', 'muted'],
    ]);
    // Another boot: its monotonic clock begins at 5.
    const after = readSirenNote(writeSirenNote(muted, 200), 5);
    play(
      [
        [6, [demand('red'), demand('orange', 'q')], ''],
        [204, [demand('red'), demand('orange', 'q')], ''],
        [205, [demand('red'), demand('orange', 'q')], 'unmuted unmuted on'],
      ],
      after,
    );
    expect(readSirenNote('{"rows":[[1]]}', 0)).toEqual({ episodes: {}, soundsAt: 'none' });
    expect(readSirenNote('nonsense', 0)).toBe(SILENT);
  });
});

type Happening =
  | { readonly kind: 'level'; readonly who: 'p' | 'q'; readonly level: LevelOrNone }
  | { readonly kind: 'press' }
  | { readonly kind: 'wait' };

const happening = fc.oneof(
  fc.record({
    kind: fc.constant('level' as const),
    who: fc.constantFrom('p' as const, 'q' as const),
    level: fc.constantFrom<LevelOrNone>(...LEVELS),
  }),
  fc.record({ kind: fc.constant('press' as const) }),
  fc.record({ kind: fc.constant('wait' as const) }),
);
const story = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), happening), { maxLength: 40 });

/** Written anew from the sentence in docs/decisions/edge-acts.md: looks at the whole history at each instant. */
function oracle(history: readonly (readonly [number, Happening])[], nowMs: number, muteMs: number): boolean {
  return (['p', 'q'] as const).some((who) => {
    let level: LevelOrNone = 'none';
    let heardFromMs = 0;
    let muted: { at: LevelOrNone; until: number } | undefined;
    const passTime = (atMs: number) => {
      if (muted !== undefined && atMs >= muted.until) {
        heardFromMs = muted.until;
        muted = undefined;
      }
    };
    for (const [atMs, what] of history) {
      passTime(atMs);
      if (what.kind === 'level' && what.who === who) {
        if (rankOf(what.level) > rankOf(level)) {
          if (muted === undefined || rankOf(what.level) > rankOf(muted.at)) {
            heardFromMs = atMs;
            muted = undefined;
          } else heardFromMs = atMs;
        }
        if (what.level === 'none') muted = undefined;
        level = what.level;
      }
      const sounds = rankOf(level) >= rankOf('orange') && muted === undefined && atMs - heardFromMs < policy.maxOnMs;
      if (what.kind === 'press' && sounds) muted = { at: level, until: atMs + muteMs };
    }
    passTime(nowMs);
    return rankOf(level) >= rankOf('orange') && muted === undefined && nowMs - heardFromMs < policy.maxOnMs;
  });
}

describe('whatever happens', () => {
  it('it never sounds without a reason and is never silent for what nobody muted', () => {
    fc.assert(
      fc.property(story, (steps) => {
        let state: SirenState = SILENT;
        const levels: { p: LevelOrNone; q: LevelOrNone } = { p: 'none', q: 'none' };
        const history: [number, Happening][] = [];
        let nowMs = 0;
        const demands = () =>
          (['p', 'q'] as const).flatMap((who) => (levels[who] === 'none' ? [] : [demand(levels[who] as Level, who)]));
        const step = (atMs: number) => {
          state = stepSiren(policy, state, demands(), atMs).state;
        };
        for (const [waitMs, what] of steps) {
          const untilMs = nowMs + waitMs;
          // The shell calls it whenever it said that it is due.
          for (
            let due = dueMs(policy, state, nowMs);
            due !== undefined && due <= untilMs;
            due = dueMs(policy, state, due)
          )
            step(due);
          nowMs = untilMs;
          if (what.kind === 'level') levels[what.who] = what.level;
          if (what.kind === 'press') state = muteSiren(policy, state, { buttonId: 'b', muteMs: 300 }, nowMs).state;
          else step(nowMs);
          history.push([nowMs, what]);
          // A restart in between changes nothing.
          if (what.kind === 'wait') state = readSirenNote(writeSirenNote(state, nowMs), nowMs);
          const sounds = state.soundsAt !== 'none';
          expect(sounds).toBe(oracle(history, nowMs, 300));
          const worst = Math.max(rankOf(levels.p), rankOf(levels.q));
          if (sounds) expect(worst).toBeGreaterThanOrEqual(rankOf('orange'));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
