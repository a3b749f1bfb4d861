import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { explainTargets, type Target } from '#alerts/targeting.ts';
import type { Level, LevelOrNone } from '#model/level.ts';
import type { AlertHazard } from '#model/registry.ts';
import { directoryAt, loadGolden } from './support.ts';

type Case = {
  readonly name: string;
  readonly point?: string;
  readonly edge?: string;
  readonly areas?: { readonly [code: string]: LevelOrNone };
  readonly hazard: AlertHazard;
  readonly level: Level;
  readonly at: string;
  readonly who: readonly string[];
  readonly by?: string;
  readonly except?: { readonly [person: string]: string };
  readonly says?: { readonly [person: string]: string };
  readonly gap?: string;
};

const CASES = parse(readFileSync(new URL('./golden.yaml', import.meta.url), 'utf8')) as readonly Case[];
const { county, lints } = loadGolden();
const at = directoryAt(county);

const subjectOf = ({ point, edge }: Case): Target['subject'] => {
  if (point !== undefined) return { kind: 'point', id: point };
  return edge === undefined ? { kind: 'area', id: 'w-1' } : { kind: 'edge', id: edge };
};

function targetOf(one: Case): Target {
  const { hazard, level } = one;
  const areas = Object.entries(one.areas ?? {}).map(([gridCode, area]) => ({ gridCode, level: area, sinceMs: 0 }));
  return { subject: subjectOf(one), hazard, level, ...(areas.length > 0 && { areas }) };
}

describe('the golden county', () => {
  it('is of the kind that the cases are about: vacant posts and hours without duty are its only findings', () => {
    expect([...new Set(lints.map(({ kind }) => kind))].sort()).toEqual(['cover', 'duty-gap', 'vacant-post']);
  });
  it('has at least forty cases', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(40);
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });
});

describe('who hears of what', () => {
  it.each(CASES)('$name', (one) => {
    const atMs = Date.parse(`${one.at.replace(' ', 'T')}:00+08:00`);
    const { recipients, gaps } = explainTargets(targetOf(one), at(atMs), atMs);
    expect(recipients.map(({ personId }) => personId)).toEqual(one.who);
    for (const { personId, channels, reason } of recipients) {
      expect(channels?.join(' '), personId).toBe(one.except?.[personId] ?? one.by);
      expect(reason.zh, personId).toMatch(/预案第\d+条|预案没有适用的条款/);
      expect(reason.en, personId).toMatch(/policy line \d+|no line of the policy/);
    }
    for (const [personId, text] of Object.entries(one.says ?? {}))
      expect(recipients.find((person) => person.personId === personId)?.reason.zh).toContain(text);
    if (one.gap !== undefined) expect(gaps.map(({ zh }) => zh)).toContain(one.gap);
  });
});
