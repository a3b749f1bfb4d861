import { array, assert as check, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVELS } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import { HAZARDS } from '#model/registry.ts';
import { sampleRegistry } from '../testing/sample.ts';
import { headline } from '../wording.ts';
import { composeLetter, composePost, composeSms, composeSpeech, type Said, SMS_CHARACTERS } from './texts.ts';

const registry = sampleRegistry();

function said(more: {
  readonly level?: Said['alert']['level'];
  readonly hazard?: Said['alert']['hazard'];
  readonly origin?: Origin;
  readonly change?: Said['change'];
  readonly ask?: boolean;
  readonly reason?: string;
}): Said {
  const { level = 'red', hazard = 'landslide', origin = 'live', change = 'raised', ask = true } = more;
  const reason = {
    zh: more.reason ?? '24小时雨量 128.5 mm，超过 100 mm',
    en: more.reason ?? '128.5 mm in 24 h, above 100 mm',
  };
  const alert = {
    id: 'a1',
    subject: { kind: 'point', id: 'P1' },
    hazard,
    origin,
    gridCode: '331004001001',
    level,
    lifecycle: 'raised',
    condition: 'active',
    shelvedUntilMs: null,
    raisedAtMs: Date.UTC(2022, 5, 3, 0, 0, 0),
    round: 1,
    acknowledged: null,
    closedAtMs: null,
  } as const;
  const text = headline(alert, change, reason, registry);
  const recipients = [
    { personId: 'v1-head', name: '上湾支书', tier: 3, gridCode: '331004001001', post: 'head', reason } as const,
  ];
  return { text, reason, change, alert, ask, recipients };
}

describe('what people read', () => {
  it('is short by SMS: level, place, hazard, what to do, how to answer', () => {
    expect(composeSms(said({}))).toBe(
      '青石岭滑坡红色预警：24小时雨量 128.5 mm，超过 100 mm。请立即组织转移，远离坡脚。收到请回复1，不能到位请回复2。',
    );
    expect(composeSms(said({ level: 'yellow', hazard: 'flood', ask: false }), { lang: 'en' })).toBe(
      'point P1: yellow flood warning: 128.5 mm in 24 h, above 100 mm. Patrol dams and banks; watch the level.',
    );
  });

  it('says before anything else that it is a drill, a simulation or a repeat', () => {
    expect(composeSms(said({ origin: 'drill' }), { repeated: true })).toMatch(/^【重发】【演练】青石岭/u);
    expect(composeSpeech(said({ origin: 'simulated' }))).toMatch(/^这是灾害预警电话。模拟。青石岭/u);
    expect(composePost(said({ origin: 'drill' }))).toMatch(/^【演练】/u);
    expect(composeLetter(said({ origin: 'drill' }), 'Asia/Shanghai', { repeated: true }).subject).toMatch(
      /^【重发】【演练】/u,
    );
  });

  it('is said twice by telephone, with the keys to press', () => {
    const speech = composeSpeech(said({}));
    expect(speech.match(/听到请按1，不能到位请按2/gu)).toHaveLength(2);
    expect(speech).not.toMatch(/[【】]/u);
  });

  it('does not ask for an answer that nobody waits for', () => {
    for (const text of [composeSms(said({ ask: false })), composeSpeech(said({ ask: false }))])
      expect(text).not.toMatch(/回复1|按1/u);
  });

  it('is Chinese first and then English in a letter, with the time of the county', () => {
    const { text } = composeLetter(said({}), 'Asia/Shanghai');
    expect(text.indexOf('发生时间：2022-06-03 08:00:00')).toBeGreaterThan(0);
    expect(text.indexOf('Since: 2022-06-03 08:00:00')).toBeGreaterThan(text.indexOf('发生时间'));
  });

  it('names those who are asked in a group', () => {
    expect(composePost(said({})).split('\n').at(-1)).toBe('通知：上湾支书');
  });

  it('fits an SMS whatever the reason says, whole and with its marks, advice and answer', () => {
    const some = record({
      level: constantFrom('blue', 'yellow', 'orange', 'red'),
      hazard: constantFrom(...HAZARDS, 'other', 'unanswered'),
      origin: constantFrom('live', 'simulated', 'replay', 'drill'),
      reason: array(integer({ min: 0, max: 0xffff }), { maxLength: 600 }).map((units) => String.fromCharCode(...units)),
    });
    check(
      property(some, ({ level, hazard, origin, reason }) => {
        const text = composeSms(said({ level, hazard, origin, reason } as Parameters<typeof said>[0]), {
          repeated: true,
        });
        expect(text.length).toBeLessThanOrEqual(SMS_CHARACTERS);
        expect(text).not.toMatch(/\p{Cc}/u);
        expect(text.startsWith('【重发】')).toBe(true);
        expect(text.endsWith('收到请回复1，不能到位请回复2。')).toBe(true);
      }),
    );
  });

  it('has a word of advice for every hazard at every level, in both languages', () => {
    let looked = 0;
    for (const hazard of [...HAZARDS, 'other', 'unanswered'] as const)
      for (const level of LEVELS)
        if (level !== 'none') {
          for (const lang of ['zh', 'en'] as const)
            expect(composeSms(said({ hazard, level, reason: 'x' }), { lang }).length).toBeGreaterThan(20);
          looked++;
        }
    expect(looked).toBe(32);
  });
});
