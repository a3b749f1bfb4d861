/**
 * Runs a compiled expression: a list of numbers for a stack of intervals. An interval is what is known of a number; an
 * unknown is undefined. Booleans are 0 and 1, and from 0 to 1 when they cannot be decided. The result holds for every
 * value within the intervals.
 */
export type Interval = { readonly low: number; readonly high: number };
type Known = Interval | undefined;

/** Codes of the program; PUSH, VALUE and HAS are followed by one number. */
export const OPS = {
  ...{ push: 0, value: 1, has: 2 },
  ...{ add: 3, subtract: 4, multiply: 5, divide: 6, negate: 7, min: 8, max: 9, abs: 10 },
  ...{ less: 11, lessOrEqual: 12, greater: 13, greaterOrEqual: 14, equal: 15, notEqual: 16 },
  ...{ not: 17, and: 18, or: 19, choose: 20 },
} as const;

const exact = (value: number): Known => (Number.isNaN(value) ? undefined : { low: value, high: value });
const truth = (value: boolean): Interval => (value ? { low: 1, high: 1 } : { low: 0, high: 0 });
const UNDECIDED: Interval = { low: 0, high: 1 };
const isTrue = (one: Known): boolean => one !== undefined && one.low === 1;
const isFalse = (one: Known): boolean => one !== undefined && one.high === 0;

/** The hull of a function that is monotone in each argument, taken at the corners. */
function hull(a: Interval, b: Interval, by: (x: number, y: number) => number): Known {
  const ends = [by(a.low, b.low), by(a.low, b.high), by(a.high, b.low), by(a.high, b.high)];
  // 0 × ∞ and ∞ − ∞ say nothing.
  return ends.some(Number.isNaN) ? undefined : { low: Math.min(...ends), high: Math.max(...ends) };
}

function less(a: Interval, b: Interval, orEqual: boolean): Known {
  if (orEqual ? a.high <= b.low : a.high < b.low) return truth(true);
  return (orEqual ? a.low > b.high : a.low >= b.high) ? truth(false) : UNDECIDED;
}

function equal(a: Interval, b: Interval): Known {
  if (a.high < b.low || b.high < a.low) return truth(false);
  return a.low === a.high && b.low === b.high ? truth(true) : UNDECIDED;
}

const not = (one: Known): Known => one && { low: 1 - one.high, high: 1 - one.low };

/** What is not there is of no matter where the other side decides. */
function and(a: Known, b: Known): Known {
  if (isFalse(a) || isFalse(b)) return truth(false);
  return a && b && { low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) };
}

function choose(condition: Known, then: Known, otherwise: Known): Known {
  if (condition === undefined || isFalse(condition)) return condition && otherwise;
  if (isTrue(condition)) return then;
  return then && otherwise && { low: Math.min(then.low, otherwise.low), high: Math.max(then.high, otherwise.high) };
}

function ofTwo(op: number, a: Known, b: Known): Known {
  if (op === OPS.and) return and(a, b);
  if (op === OPS.or) return not(and(not(a), not(b)));
  if (a === undefined || b === undefined) return undefined;
  switch (op) {
    case OPS.add:
      return hull(a, b, (x, y) => x + y);
    case OPS.subtract:
      return hull(a, b, (x, y) => x - y);
    case OPS.multiply:
      return hull(a, b, (x, y) => x * y);
    case OPS.divide:
      // A divisor that may be 0: nothing is known.
      return b.low <= 0 && b.high >= 0 ? undefined : hull(a, b, (x, y) => x / y);
    case OPS.min:
      return hull(a, b, Math.min);
    case OPS.max:
      return hull(a, b, Math.max);
    case OPS.less:
      return less(a, b, false);
    case OPS.lessOrEqual:
      return less(a, b, true);
    case OPS.greater:
      return less(b, a, false);
    case OPS.greaterOrEqual:
      return less(b, a, true);
    case OPS.equal:
      return equal(a, b);
    case OPS.notEqual:
      return not(equal(a, b));
    default:
      return undefined;
  }
}

function ofOne(op: number, a: Known): Known {
  if (op === OPS.not) return not(a);
  if (a === undefined) return undefined;
  if (op === OPS.negate) return { low: -a.high, high: -a.low };
  const most = Math.max(Math.abs(a.low), Math.abs(a.high));
  return { low: a.low <= 0 && a.high >= 0 ? 0 : Math.min(Math.abs(a.low), Math.abs(a.high)), high: most };
}

/** The result; undefined when it is unknown. A program that is no program is unknown too. */
export function runProgram(program: readonly number[], values: readonly Known[]): Known {
  const stack: Known[] = [];
  for (let at = 0; at < program.length; at++) {
    const op = program[at] as number;
    if (op === OPS.push) stack.push(exact(program[++at] ?? Number.NaN));
    else if (op === OPS.value) stack.push(values[program[++at] ?? -1]);
    else if (op === OPS.has) stack.push(truth(values[program[++at] ?? -1] !== undefined));
    else if (op === OPS.choose) {
      const otherwise = stack.pop();
      const then = stack.pop();
      const condition = stack.pop();
      stack.push(choose(condition, then, otherwise));
    } else if (op === OPS.not || op === OPS.negate || op === OPS.abs) stack.push(ofOne(op, stack.pop()));
    else {
      const right = stack.pop();
      stack.push(ofTwo(op, stack.pop(), right));
    }
  }
  return stack.length === 1 ? stack[0] : undefined;
}
