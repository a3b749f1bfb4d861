import { describe, expect, it } from 'vitest';
import type { Lint } from '#model/result.ts';
import { findContradictions } from './contradict.ts';
import { readSource } from './source.ts';

type Rule = { window: string; levels: string; more?: string };

const ruleText = ({ window, levels, more = '' }: Rule, index: number): string => `
  - id: sum-${index}
    title: { zh: 雨, en: rain }
    quantity: rain
    measure: { kind: rollingSum, window: ${window} }
    levels: ${levels}
    ${more}
`;

function findingsIn(...files: readonly (readonly Rule[])[]): readonly string[] {
  const lints: Lint[] = [];
  const sources = files.map((rules, index) =>
    readSource(`${index}.yaml`, `rules:${rules.map(ruleText).join('')}`, lints),
  );
  expect(lints).toEqual([]);
  findContradictions(sources);
  return lints.map(({ file, line, message, mend }) => `${file}:${line} ${message} — ${mend}`);
}

const findings = (...rules: readonly Rule[]) => findingsIn(rules);

describe('levels that another rule always overtakes', () => {
  it.each<[string, readonly Rule[]]>([
    [
      'the national table',
      [
        { window: '12h', levels: '{ blue: 50 }' },
        { window: '3h', levels: '{ red: 100 }' },
      ],
    ],
    [
      'a longer window with more rain',
      [
        { window: '24h', levels: '{ blue: 100 }' },
        { window: '1h', levels: '{ red: 60 }' },
      ],
    ],
    [
      'just below four times',
      [
        { window: '12h', levels: '{ blue: 399 }' },
        { window: '3h', levels: '{ red: 100 }' },
      ],
    ],
    [
      'a worse level that has to hold longer',
      [
        { window: '3h', levels: '{ blue: 60 }' },
        { window: '3h', levels: '{ red: 50 }', more: 'onDelay: 1h' },
      ],
    ],
    [
      'other places',
      [
        { window: '3h', levels: '{ blue: 60 }', more: 'where: { kinds: [slope] }' },
        { window: '3h', levels: '{ red: 50 }' },
      ],
    ],
    [
      'another hazard',
      [
        { window: '3h', levels: '{ blue: 60 }', more: 'hazard: landslide' },
        { window: '3h', levels: '{ red: 50 }' },
      ],
    ],
  ])('lets %s be', (_, rules) => {
    expect(findings(...rules)).toEqual([]);
  });

  it('lets tables of different files be', () => {
    expect(
      findingsIn([{ window: '3h', levels: '{ blue: 55 }' }], [{ window: '6h', levels: '{ yellow: 50 }' }]),
    ).toEqual([]);
  });

  it('names blue above red in a shorter or equal window', () => {
    expect(findings({ window: '1h', levels: '{ blue: 120 }' }, { window: '3h', levels: '{ red: 100 }' })).toEqual([
      '0.yaml:6 blue at 120 in 1 h could never come before red at 100 in 3 h of the rule sum-1 — lower this limit below 100, or raise the other',
    ]);
  });

  it('names a limit so high that some part of its window must have been red', () => {
    expect(findings({ window: '12h', levels: '{ blue: 500 }' }, { window: '3h', levels: '{ red: 100 }' })).toEqual([
      '0.yaml:6 blue at 500 in 12 h could never come before red at 100 in 3 h of the rule sum-1 — lower this limit below 400, or raise the other',
    ]);
  });
});

describe('a rule file', () => {
  it.each(['', '# only a remark'])('without a rule is a finding: %j', (text) => {
    const lints: Lint[] = [];
    readSource('r.yaml', text, lints);
    expect(lints.map(({ line, column, severity }) => [line, column, severity])).toEqual([[1, 1, 'error']]);
  });

  it('with settings of silence alone, or an empty list on purpose, is none', () => {
    const lints: Lint[] = [];
    readSource('r.yaml', 'silence: { gatewayLostAfter: 5m }', lints);
    readSource('s.yaml', 'rules: []', lints);
    expect(lints).toEqual([]);
  });
});
