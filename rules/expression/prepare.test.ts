import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Interval, runProgram } from '../models/kit/program.ts';
import { compileExpression, expressionEnvironment, prepareExpression } from './prepare.ts';

const NAMES = ['rain3h', 'speed', 'level'] as const;
type Name = (typeof NAMES)[number];
type Values = { readonly [name in Name]?: number };

/** What the library's own evaluator says; an error is unknown. */
function byLibrary(source: string, values: Values): number | undefined {
  try {
    const result: unknown = expressionEnvironment(NAMES).parse(source)({ ...values, values: { ...values } });
    const number = Number(result);
    return Number.isFinite(number) ? number : undefined;
  } catch {
    return undefined;
  }
}

const intervalsOf = (values: Values): (Interval | undefined)[] =>
  NAMES.map((name) => (values[name] === undefined ? undefined : { low: values[name], high: values[name] }));

function byProgram(source: string, values: readonly (Interval | undefined)[]): Interval | undefined {
  const made = compileExpression(source, NAMES);
  if (!made.ok) throw new Error(`${source}: ${made.error.map(({ message }) => message).join('; ')}`);
  return runProgram(made.value, values);
}

const { number, truth } = fc.letrec<{ number: string; truth: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...NAMES, ...NAMES.map((name) => `values.${name}`)),
    fc.integer({ min: -40, max: 40 }).map((n) => (n < 0 ? `(${n}.0)` : `${n}.0`)),
    fc.double({ min: 0.5, max: 20, noNaN: true }).map((n) => n.toFixed(3)),
    fc.tuple(tie('number'), fc.constantFrom('+', '-', '*'), tie('number')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('number'), fc.integer({ min: 1, max: 9 })).map(([a, by]) => `(${a} / ${by}.0)`),
    fc.tuple(tie('number'), fc.integer({ min: 1, max: 9 })).map(([a, by]) => `(${a} * ${by})`),
    fc.tuple(fc.constantFrom('min', 'max'), tie('number'), tie('number')).map(([f, a, b]) => `${f}(${a}, ${b})`),
    tie('number').map((a) => `abs(${a})`),
    tie('number').map((a) => `(-${a})`),
    fc.tuple(tie('truth'), tie('number'), tie('number')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
  ),
  truth: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.constantFrom(...NAMES.map((name) => `has(values.${name})`)),
    fc.constantFrom('true', 'false'),
    fc.tuple(tie('truth'), fc.constantFrom('&&', '||'), tie('truth')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('truth').map((a) => `!${a}`),
  ),
}));
const expressions = fc.oneof(number, truth);
const someValue = fc.option(fc.double({ min: -100, max: 100, noNaN: true }), { nil: undefined });
const someValues = fc
  .record({ rain3h: someValue, speed: someValue, level: someValue })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Values);

describe('a compiled expression', () => {
  it('says what the library’s own evaluator says, and is unknown where that fails for want of a value', () => {
    let known = 0;
    let unknown = 0;
    fc.assert(
      fc.property(expressions, someValues, (source, values) => {
        const expected = byLibrary(source, values);
        const found = byProgram(source, intervalsOf(values));
        if (expected === undefined) unknown++;
        else known++;
        if (expected === undefined) expect(found).toBeUndefined();
        else expect([found?.low === expected, found?.high === expected]).toEqual([true, true]);
      }),
      { numRuns: 1_000, verbose: 1 },
    );
    expect(Math.min(known, unknown)).toBeGreaterThan(100);
  });

  it('holds for every value that its intervals allow', () => {
    let told = 0;
    fc.assert(
      fc.property(
        expressions,
        fc.record({ rain3h: fc.nat(50), speed: fc.nat(50), level: fc.nat(50) }),
        fc.constantFrom<Name[]>(['rain3h'], ['rain3h', 'speed'], ['rain3h', 'speed', 'level']),
        fc.array(fc.double({ min: 0, max: 80, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (source, least, open, more) => {
          const intervals = NAMES.map((name) => ({
            low: least[name],
            high: open.includes(name) ? Number.POSITIVE_INFINITY : least[name],
          }));
          const found = byProgram(source, intervals);
          if (found === undefined) return;
          told++;
          const truly = Object.fromEntries(
            NAMES.map((name, index) => [name, least[name] + (open.includes(name) ? (more[index] ?? 0) : 0)]),
          );
          const value = byLibrary(source, truly);
          expect(value).toBeGreaterThanOrEqual(found.low - 1e-9 * Math.abs(found.low));
          expect(value).toBeLessThanOrEqual(found.high + 1e-9 * Math.abs(found.high));
        },
      ),
      { numRuns: 600, verbose: 1 },
    );
    expect(told).toBeGreaterThan(100);
  });

  it('knows that a sum which is already enough stays enough, and does not know that one is still too small', () => {
    const rain = (low: number) => [{ low, high: Number.POSITIVE_INFINITY }, undefined, undefined];
    expect(byProgram('rain3h >= 30.0 ? 2.0 : 0.0', rain(31))).toEqual({ low: 2, high: 2 });
    expect(byProgram('rain3h >= 30.0 ? 2.0 : 0.0', rain(12))).toEqual({ low: 0, high: 2 });
    expect(byProgram('rain3h < 30.0 ? 2.0 : 1.0', rain(12))).toEqual({ low: 1, high: 2 });
    expect(byProgram('rain3h >= 30.0 && speed > 1.0', rain(12))).toBeUndefined();
    expect(byProgram('!(rain3h >= 30.0)', rain(31))).toEqual({ low: 0, high: 0 });
  });

  it('is unknown when it divides by what may be 0', () => {
    const values = [{ low: 4, high: 4 }, { low: 0, high: 0 }, undefined];
    expect(byProgram('rain3h / speed', values)).toBeUndefined();
    expect(byProgram('rain3h / (speed - 2.0)', [{ low: 4, high: 4 }, { low: 0, high: 5 }, undefined])).toBeUndefined();
  });
});

describe('an expression that is wrong names the character and the mend', () => {
  it.each([
    ['rain3h >= ', /^at character 11: Unexpected token: EOF/],
    ['rain3h > 1.0 && sped > 2.0', /^at character 17: Unknown variable: sped/, 'name it under values'],
    ['rain3h && speed > 1.0', /^at character 1: Logical operator requires bool/],
    ['rain3h + "a"', /^at character 1: no such overload: double \+ string/],
    ['rain3h == 2', /^at character 1: no such overload: double == int/, 'write whole numbers as 2.0'],
    ['rain3h > 1.0 ? 2 : 0.5', /^at character 1: Ternary branches/, 'write whole numbers as 2.0'],
    ['rain3h * (1 / 2)', /^at character 11: divides whole numbers/, 'write 1.0 instead of 1'],
    ['values.wind > 1.0', /^at character 8: No such key: wind/],
    ['has(values.wind)', /^at character 5: there is no value "wind"/],
    ['rain3h in [1.0, 2.0]', /^at character 1: "in" has no meaning here/],
    ['size("abc") > 1', /has no meaning here|only numbers/],
    ['"red"', /^at character 1: only numbers, true and false/],
    ['rain3h.foo', /^at character/],
    ['speed.exists(x, x > 1.0)', /^at character/],
    ['values', /^at character 1: there is no value "values"/],
  ])('%s', (source, message, mend?) => {
    const made = compileExpression(source, NAMES);
    expect(made.ok).toBe(false);
    const fault = made.ok ? undefined : made.error[0];
    expect(fault?.path).toEqual(['expression']);
    expect(fault?.message).toMatch(message);
    if (mend !== undefined) expect(fault?.mend).toBe(mend);
  });

  it('as does a name that cannot be one', () => {
    for (const name of ['3h', 'in', 'a-b', 'values'])
      expect(compileExpression('1.0', [name])).toMatchObject({ ok: false, error: [{ path: ['values'] }] });
  });

  it('and one that is too long to be a figure', () => {
    expect(compileExpression(Array(600).fill('rain3h').join(' + '), NAMES).ok).toBe(false);
  });
});

describe('the parameters of a rule', () => {
  const values = [{ name: 'speed', quantity: 'displacement', stat: 'rate' }];
  it('get their program', () => {
    const faults: never[] = [];
    expect(prepareExpression({ expression: 'speed > 2.0', values }, faults)).toEqual({
      ...{ expression: 'speed > 2.0', values },
      program: [1, 0, 0, 2, 13],
    });
  });
  it('may not bring one of their own', () => {
    const faults: { message: string }[] = [];
    expect(prepareExpression({ expression: 'speed', values, program: [0, 1] }, faults as never)).toBeUndefined();
    expect(faults).toMatchObject([{ path: ['program'], mend: 'leave it out' }]);
  });
});
