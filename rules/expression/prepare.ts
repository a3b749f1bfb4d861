/**
 * Expressions of rule files (CEL), once, at the centre: parsed and type-checked by the CEL library, then made into the list
 * of numbers that rules/models/kit/program.ts runs. What has no meaning for a figure (texts, lists, maps, `%`, whole-number
 * division) is refused with its place. Only the compiler imports this; an edge gets the result.
 */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { err, ok, type Result } from '#model/result.ts';
import { OPS } from '../models/kit/program.ts';
import type { ParamFault } from '../models/params.ts';

type Faults = readonly ParamFault[];

/** Larger ones are no figures but programs. */
const LIMITS = { maxAstNodes: 500, maxDepth: 40 };

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,31}$/;
/** Words that CEL keeps, and those that mean something here. */
const TAKEN = new Set(
  (
    'true false null in as break const continue else for function if import let loop package namespace return var void ' +
    'while values has min max abs int uint double bool string bytes list map type dyn timestamp duration'
  ).split(' '),
);

/** The language as rules have it: named doubles, `has(values.name)`, min, max, abs; whole literals mix with doubles. */
export function expressionEnvironment(names: readonly string[]): Environment {
  const env = new Environment({ limits: LIMITS });
  env.registerVariable({ name: 'values', schema: Object.fromEntries(names.map((name) => [name, 'double'])) });
  for (const name of names) env.registerVariable(name, 'double');
  const by = (work: (a: number, b: number) => number | boolean) => (a: number | bigint, b: number | bigint) =>
    work(Number(a), Number(b));
  for (const [left, right] of [
    ['double', 'int'],
    ['int', 'double'],
  ]) {
    env.registerOperator(
      `${left} + ${right}: double`,
      by((a, b) => a + b),
    );
    env.registerOperator(
      `${left} - ${right}: double`,
      by((a, b) => a - b),
    );
    env.registerOperator(
      `${left} * ${right}: double`,
      by((a, b) => a * b),
    );
    env.registerOperator(
      `${left} / ${right}: double`,
      by((a, b) => a / b),
    );
  }
  for (const [left, right] of [
    ['double', 'double'],
    ['double', 'int'],
    ['int', 'double'],
  ]) {
    env.registerFunction(`min(${left}, ${right}): double`, by(Math.min));
    env.registerFunction(`max(${left}, ${right}): double`, by(Math.max));
  }
  env.registerFunction('abs(double): double', (a: number) => Math.abs(a));
  return env;
}

type Place = { readonly start: number };
type Fail = (at: Place, message: string, mend?: string) => undefined;
type Kind = 'int' | 'double' | 'bool';
type Made = { readonly kind: Kind; readonly program: readonly number[] };

const BINARY: { readonly [op: string]: number } = {
  '+': OPS.add,
  '-': OPS.subtract,
  '*': OPS.multiply,
  '/': OPS.divide,
  '<': OPS.less,
  '<=': OPS.lessOrEqual,
  '>': OPS.greater,
  '>=': OPS.greaterOrEqual,
  '==': OPS.equal,
  '!=': OPS.notEqual,
  '&&': OPS.and,
  '||': OPS.or,
};
const ARITHMETIC = new Set(['+', '-', '*', '/']);
const FUNCTIONS: { readonly [name: string]: number } = { min: OPS.min, max: OPS.max, abs: OPS.abs };

/** Turns a checked tree into its program. Types are the library's own business; here they only tell 1/2 from 1.0/2.0. */
function translate(node: ASTNode, names: readonly string[], fail: Fail): Made | undefined {
  const of = (child: ASTNode) => translate(child, names, fail);
  const value = (name: string, op: number, kind: Kind): Made | undefined =>
    names.includes(name) ? { kind, program: [op, names.indexOf(name)] } : fail(node, `there is no value "${name}"`);
  switch (node.op) {
    case 'value':
      return literal(node, fail);
    case 'id':
      return value(node.args, OPS.value, 'double');
    case '.':
      return node.args[0].op === 'id' && node.args[0].args === 'values'
        ? value(node.args[1], OPS.value, 'double')
        : fail(node, 'only values.name has fields');
    case '!_':
    case '-_': {
      const inner = of(node.args);
      const op = node.op === '!_' ? OPS.not : OPS.negate;
      return inner && { kind: inner.kind, program: [...inner.program, op] };
    }
    case '?:': {
      const [condition, then, otherwise] = node.args.map(of);
      return condition && then && otherwise
        ? { kind: then.kind, program: [...condition.program, ...then.program, ...otherwise.program, OPS.choose] }
        : undefined;
    }
    case 'call':
      return call(node, names, fail);
    default:
      return binary(node, names, fail);
  }
}

function literal(node: Extract<ASTNode, { op: 'value' }>, fail: Fail): Made | undefined {
  const { args } = node;
  if (typeof args === 'boolean') return { kind: 'bool', program: [OPS.push, args ? 1 : 0] };
  if (typeof args === 'number') return { kind: 'double', program: [OPS.push, args] };
  if (typeof args === 'bigint' && Number.isSafeInteger(Number(args)))
    return { kind: 'int', program: [OPS.push, Number(args)] };
  return fail(node, 'only numbers, true and false have a meaning here');
}

function call(node: Extract<ASTNode, { op: 'call' }>, names: readonly string[], fail: Fail): Made | undefined {
  const [name, args] = node.args;
  const first = args[0];
  if (name === 'has' && first?.op === '.') {
    const index = names.indexOf(first.args[1]);
    return index < 0
      ? fail(first, `there is no value "${first.args[1]}"`)
      : { kind: 'bool', program: [OPS.has, index] };
  }
  const op = FUNCTIONS[name];
  if (op === undefined) return fail(node, `${name}() has no meaning here`, 'there are has, min, max and abs');
  const made = args.map((arg) => translate(arg, names, fail));
  return made.every((one) => one !== undefined)
    ? { kind: 'double', program: [...made.flatMap(({ program }) => program), op] }
    : undefined;
}

function binary(node: ASTNode, names: readonly string[], fail: Fail): Made | undefined {
  const op = BINARY[node.op];
  if (op === undefined) return fail(node, `"${node.op}" has no meaning here`);
  const [a, b] = node.args as [ASTNode, ASTNode];
  const left = translate(a, names, fail);
  const right = translate(b, names, fail);
  if (left === undefined || right === undefined) return undefined;
  const whole = left.kind === 'int' && right.kind === 'int';
  if (node.op === '/' && whole)
    return fail(node, 'divides whole numbers, which drops the remainder', 'write 1.0 instead of 1');
  const kind = !ARITHMETIC.has(node.op) ? 'bool' : whole ? 'int' : 'double';
  return { kind, program: [...left.program, ...right.program, op] };
}

type CelError = { readonly summary?: string; readonly message: string; readonly range?: Place };

/** The program of an expression over these names, or what is wrong, with its character counted from 1. */
export function compileExpression(source: string, names: readonly string[]): Result<readonly number[], Faults> {
  const faults: ParamFault[] = [];
  const fail: Fail = ({ start }, message, mend) => {
    const said = { path: ['expression'], message: `at character ${start + 1}: ${message}` };
    faults.push(mend === undefined ? said : { ...said, mend });
    return undefined;
  };
  const bad = names.find((name) => !NAME.test(name) || TAKEN.has(name));
  if (bad !== undefined)
    return err([
      { path: ['values'], message: `"${bad}" cannot be a name in an expression`, mend: 'use letters, digits, _' },
    ]);
  try {
    const parsed = expressionEnvironment([...new Set(names)]).parse(source);
    const checked = parsed.check();
    if (!checked.valid) failBy(fail, checked.error);
    else {
      const made = translate(parsed.ast, names, fail);
      if (made !== undefined) return ok(made.program);
    }
  } catch (thrown) {
    // The library throws what it cannot parse; anything else would be a bug of ours.
    if (!(thrown instanceof Error) || thrown.name !== 'ParseError') throw thrown;
    failBy(fail, thrown);
  }
  return err(faults);
}

function failBy(fail: Fail, error: CelError | undefined): void {
  const message = error?.summary ?? error?.message.split('\n', 1)[0] ?? 'is no expression';
  fail(error?.range ?? { start: 0 }, message, mendOf(message));
}

function mendOf(message: string): string | undefined {
  if (
    message.includes("'int' and 'double'") ||
    message.includes("'double' and 'int'") ||
    /double == int|int == double/.test(message)
  )
    return 'write whole numbers as 2.0';
  return message.startsWith('Unknown variable') ? 'name it under values' : undefined;
}

type Given = { readonly [name: string]: unknown };

/** Gives the parameters of a rule's expression their program; what is malformed is left for the model's table to say. */
export function prepareExpression(given: Given, faults: ParamFault[]): Given | undefined {
  const { expression, values } = given;
  if (given['program'] !== undefined) {
    faults.push({ path: ['program'], message: 'is made of the expression', mend: 'leave it out' });
    return undefined;
  }
  if (typeof expression !== 'string' || !Array.isArray(values)) return given;
  const names = values.map((row: unknown) =>
    typeof row === 'object' && row !== null && 'name' in row && typeof row.name === 'string' ? row.name : undefined,
  );
  if (!names.every((name) => name !== undefined)) return given;
  const made = compileExpression(expression, names);
  if (made.ok) return { ...given, program: made.value };
  faults.push(...made.error);
  return undefined;
}
