import { describe, expect, it } from 'vitest';
import { countyOf, findings } from '#test/rules/county-of.ts';

const registry = countyOf(
  { slope: {} },
  {
    crack: { point: 'slope', quantity: 'displacement' },
    battery: { point: 'slope', quantity: 'battery' },
    gauge: { point: 'slope', quantity: 'rain' },
    smoke: { point: 'slope', quantity: 'smoke' },
    heat: { point: 'slope', quantity: 'temperature' },
  },
);

const rule = (hazard: string, quantity: string, measure: string, rest: string): readonly string[] =>
  findings(
    registry,
    `rules:
  - id: one
    title: { zh: 规则, en: rule }
    hazard: ${hazard}
    quantity: ${quantity}
    measure: { ${measure} }
    ${rest}
`,
  );

const levels = (text: string, more = ''): string => `levels: { ${text} }${more === '' ? '' : `\n    ${more}`}`;

describe('what a rule asks of a figure', () => {
  const stat = 'kind: windowStat, window: 1h, stat: min';

  it('is refused where a hole in the data would raise it downwards', () => {
    expect(rule('equipment', 'battery', stat, levels('blue: 20', 'raiseWhen: below'))).toEqual([
      'rules.yaml:8:16: error: rules[0].raiseWhen: a rule that raises as windowStat falls needs worse: lower, or a hole in the data would raise it — add worse: lower to the measure',
    ]);
    expect(rule('equipment', 'battery', `${stat}, worse: lower`, levels('blue: 20', 'raiseWhen: below'))).toEqual([]);
    expect(rule('equipment', 'battery', `${stat}, worse: lower`, levels('blue: 20'))[0]).toMatch(
      /^rules\.yaml:6:\d+: error: rules\[0\]\.measure\.worse: worse: lower, but the rule raises as the figure rises/,
    );
    expect(rule('rainstorm', 'rain', 'kind: antecedentRain', levels('blue: 5', 'raiseWhen: below'))[0]).toMatch(
      /^rules\.yaml:8:16: error: rules\[0\]\.raiseWhen: antecedentRain with a hole in its data is a lower bound/,
    );
    const forecast = 'kind: inverseVelocity, horizon: 30d';
    expect(rule('landslide', 'displacement', forecast, levels('red: 24', 'raiseWhen: above'))[0]).toMatch(
      /inverseVelocity is worse the lower it is/,
    );
  });

  it('is refused where levels are made of a doubt, or a doubt of a group', () => {
    const lone = 'kind: corroboration';
    expect(rule('rainstorm', 'rain', lone, levels('blue: 10'))[0]).toMatch(
      /^rules\.yaml:7:5: error: rules\[0\]\.levels: corroboration doubts a sensor, it raises no level/,
    );
    expect(rule('fire', 'smoke', 'kind: zoneCoincidence', 'doubt: { limit: 1, hold: 1h }')[0]).toMatch(
      /zoneCoincidence judges a group, a doubt is of one sensor — use corroboration/,
    );
    expect(
      rule(
        'rainstorm',
        'rain',
        lone,
        'doubt: { limit: 10, hold: 6h }\n    overrides: [{ points: [slope], levels: { blue: 3 } }]',
      )[0],
    ).toMatch(/a doubt has no levels/);
  });

  it('is refused where a level would always stand, never fall or never come', () => {
    const forecast = 'kind: inverseVelocity, horizon: 2d';
    const at = /^rules\.yaml:7:\d+: error: rules\[0\]\.levels: /;
    for (const [limits, why] of [
      ['red: 48', 'red would always stand'],
      ['red: 45', 'red could never be lowered'],
    ] as const) {
      const found = rule('landslide', 'displacement', forecast, levels(limits));
      expect(found[0]).toMatch(at);
      expect(found[0]).toContain(why);
    }
    expect(rule('landslide', 'displacement', forecast, levels('orange: 36, red: 24'))).toEqual([]);
    const angle = rule('landslide', 'displacement', 'kind: tangentAngle', levels('red: 95'));
    expect(angle[0]).toContain('red can never be reached');
    expect(rule('landslide', 'displacement', 'kind: tangentAngle', levels('orange: 80, red: 85'))).toEqual([]);
  });

  it('is refused where a named input is of another quantity', () => {
    const votes = 'kind: kOfN, reach: 2, window: 1m';
    const found = rule('fire', 'smoke', votes, levels('blue: 1', 'inputs: { others: { sensors: [heat] } }'));
    expect(found[0]).toContain('heat measures temperature, "others" is smoke');
    const near = 'doubt: { limit: 10, hold: 6h }\n    inputs: { neighbours: { quantity: level } }';
    expect(rule('rainstorm', 'rain', 'kind: corroboration', near)[0]).toContain('"neighbours" is rain, not level');
  });

  it('names the limit to lower where a rule that raises downwards has its levels the wrong way round', () => {
    expect(rule('equipment', 'battery', 'kind: value', levels('blue: 10, red: 20', 'raiseWhen: below'))[0]).toContain(
      'blue is not above red: red would come first — lower the limit of the more severe level',
    );
  });

  it('is warned of a value that no sensor of the place gives', () => {
    const values =
      'values: [{ name: r, quantity: rain, stat: sum, window: 1h }, { name: s, quantity: soilMoisture, stat: last }]';
    const found = rule('landslide', 'rain', `kind: expression, expression: "r + s", ${values}`, levels('blue: 10'));
    expect(found).toEqual([
      'rules.yaml:6:5: warning: rules[0].measure: no sensor at slope gives the value "s" (soilMoisture): it stays unknown there — name its sensor under inputs, ask with has(), or leave the place out by where',
    ]);
  });

  it('names a parameter that is missing once', () => {
    expect(rule('fire', 'smoke', 'kind: kOfN, window: 1m', levels('blue: 1'))[0]).toMatch(/: reach is missing: /);
  });
});
