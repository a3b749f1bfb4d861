/**
 * InfluxQL over points in memory: the part of the language that our readers ask (docs.influxdata.com/influxdb/v1/query_language),
 * for servers that we cannot run here. What it does not know it refuses, so that a new question is noticed.
 */
import type { FieldValue, Point } from '#test/support/line-protocol.ts';

type Row = (string | number | boolean | null)[];
type Series = { name: string; tags?: { [key: string]: string }; columns: string[]; values: Row[] };
export type QueryAnswer = { readonly results: readonly { statement_id: number; series?: Series[]; error?: string }[] };

type Token = { readonly kind: 'word' | 'name' | 'text' | 'regex' | 'sign'; readonly text: string };
const TOKEN =
  /\s+|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|\/((?:[^/\\]|\\.)*)\/|([A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:ns|u|ms|s|m|h|d|w)?)|(>=|<=|!=|[(),=<>*;])/y;
const resolved = (raw: string): string => raw.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));

function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < query.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(query);
    if (match === null)
      throw new Error(`error parsing query: unexpected character at ${at}: ${query.slice(at, at + 20)}`);
    const [, name, text, regex, word, sign] = match;
    if (name !== undefined) tokens.push({ kind: 'name', text: resolved(name) });
    else if (text !== undefined) tokens.push({ kind: 'text', text: resolved(text) });
    else if (regex !== undefined) tokens.push({ kind: 'regex', text: regex });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

const UNIT_NS: { readonly [unit: string]: bigint } = {
  ns: 1n,
  u: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
};
function durationNs(raw: string): bigint {
  const match = /^(-?\d+)(ns|u|ms|s|m|h|d|w)?$/.exec(raw);
  if (match === null) throw new Error(`error parsing query: no duration: ${raw}`);
  return BigInt(match[1] ?? '0') * (UNIT_NS[match[2] ?? 'ns'] ?? 1n);
}

type Term = { readonly call: string | undefined; readonly field: string; readonly as: string };
type Condition = (point: Point) => boolean;
type Select = {
  readonly terms: readonly Term[];
  readonly isFrom: (name: string) => boolean;
  readonly where: Condition;
  readonly time: { readonly stepNs: bigint; readonly offsetNs: bigint } | undefined;
  readonly groups: readonly string[];
  readonly descending: boolean;
  readonly limit: number;
};

const tagOf = (point: Point, key: string): string => point.tags.find(([name]) => name === key)?.[1] ?? '';
const plain = (value: FieldValue | undefined): string | number | boolean | null =>
  value === undefined ? null : typeof value.value === 'bigint' ? Number(value.value) : value.value;
const fieldOf = (point: Point, key: string) => plain(point.fields.find(([name]) => name === key)?.[1]);

function createParser(tokens: readonly Token[]) {
  let at = 0;
  const isWord = (...words: readonly string[]): boolean => {
    const token = tokens[at];
    return (token?.kind === 'word' || token?.kind === 'sign') && words.includes(token.text.toUpperCase());
  };
  const take = (): Token => {
    const token = tokens[at++];
    if (token === undefined) throw new Error('error parsing query: found EOF');
    return token;
  };
  const eat = (word: string): boolean => {
    if (!isWord(word)) return false;
    at++;
    return true;
  };
  const demand = (word: string): void => {
    if (!eat(word)) throw new Error(`error parsing query: found ${tokens[at]?.text ?? 'EOF'}, expected ${word}`);
  };
  const name = (): string => take().text;
  return { isWord, take, eat, demand, name, isDone: () => at >= tokens.length };
}
type Parser = ReturnType<typeof createParser>;

function parseTerm(parser: Parser): Term {
  const first = parser.name();
  let term: Term = { call: undefined, field: first, as: first };
  if (parser.eat('(')) {
    term = { call: first.toLowerCase(), field: parser.name(), as: first };
    parser.demand(')');
  }
  return parser.eat('AS') ? { ...term, as: parser.name() } : term;
}

function parseComparison(parser: Parser): Condition {
  if (parser.eat('(')) {
    const inner = parseAny(parser);
    parser.demand(')');
    return inner;
  }
  const key = parser.name();
  const operator = parser.take().text;
  const value = parser.take().text;
  if (key === 'time') {
    const limitNs = durationNs(value);
    if (operator === '>=') return (point) => point.timeNs >= limitNs;
    if (operator === '<') return (point) => point.timeNs < limitNs;
  } else if (operator === '=') return (point) => tagOf(point, key) === value;
  throw new Error(`error parsing query: operator ${operator} on ${key} is not known here`);
}
function parseAll(parser: Parser): Condition {
  const parts = [parseComparison(parser)];
  while (parser.eat('AND')) parts.push(parseComparison(parser));
  return (point) => parts.every((part) => part(point));
}
function parseAny(parser: Parser): Condition {
  const parts = [parseAll(parser)];
  while (parser.eat('OR')) parts.push(parseAll(parser));
  return (point) => parts.some((part) => part(point));
}

function parseGroups(parser: Parser): Pick<Select, 'time' | 'groups'> {
  let time: Select['time'];
  const groups: string[] = [];
  do {
    const name = parser.name();
    if (name !== 'time' || !parser.eat('(')) {
      groups.push(name);
      continue;
    }
    const stepNs = durationNs(parser.name());
    time = { stepNs, offsetNs: parser.eat(',') ? durationNs(parser.name()) : 0n };
    parser.demand(')');
  } while (parser.eat(','));
  return { time, groups };
}

function parseSelect(parser: Parser): Select {
  parser.demand('SELECT');
  const terms = [parseTerm(parser)];
  while (parser.eat(',')) terms.push(parseTerm(parser));
  parser.demand('FROM');
  const from = parser.take();
  const isFrom =
    from.kind === 'regex' ? (name: string) => new RegExp(from.text).test(name) : (name: string) => name === from.text;
  const where = parser.eat('WHERE') ? parseAny(parser) : () => true;
  let grouping: Pick<Select, 'time' | 'groups'> = { time: undefined, groups: [] };
  if (parser.eat('GROUP')) {
    parser.demand('BY');
    grouping = parseGroups(parser);
  }
  if (parser.eat('FILL')) for (const word of ['(', 'NONE', ')']) parser.demand(word);
  let descending = false;
  if (parser.eat('ORDER')) {
    for (const word of ['BY', 'TIME']) parser.demand(word);
    descending = parser.eat('DESC');
    if (!descending) parser.eat('ASC');
  }
  const limit = parser.eat('LIMIT') ? Number(parser.name()) : Number.POSITIVE_INFINITY;
  return { terms, isFrom, where, ...grouping, descending, limit };
}

const SUMS: { readonly [call: string]: (values: readonly number[]) => number | null } = {
  count: (values) => values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  last: (values) => values.at(-1) ?? null,
  first: (values) => values[0] ?? null,
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
};

function sumUp(terms: readonly Term[], points: readonly Point[]): Row {
  return terms.map(({ call = '', field }) => {
    const values = points.map((point) => fieldOf(point, field)).filter((value) => typeof value === 'number');
    const sum = SUMS[call];
    if (sum === undefined) throw new Error(`undefined function ${call}()`);
    return values.length === 0 ? null : sum(values);
  });
}

function rowsOf(select: Select, points: readonly Point[], timeOf: (ns: bigint) => number): Row[] {
  const { terms, time } = select;
  if (terms.every(({ call }) => call === undefined))
    return points
      .map((point): Row => [timeOf(point.timeNs), ...terms.map(({ field }) => fieldOf(point, field))])
      .filter((row) => row.slice(1).some((value) => value !== null));
  const parts = new Map<bigint, Point[]>();
  for (const point of points) {
    const from = time === undefined ? 0n : point.timeNs - ((point.timeNs - time.offsetNs) % time.stepNs);
    parts.set(from, [...(parts.get(from) ?? []), point]);
  }
  return [...parts]
    .map(([fromNs, part]): Row => [timeOf(fromNs), ...sumUp(terms, part)])
    .filter((row) => row.slice(1).some((value) => value !== null));
}

function runSelect(select: Select, points: readonly Point[], timeOf: (ns: bigint) => number): Series[] {
  const groups = new Map<
    string,
    { readonly name: string; readonly tags: { [key: string]: string }; readonly points: Point[] }
  >();
  for (const point of points) {
    if (!select.isFrom(point.name) || !select.where(point)) continue;
    const tags = Object.fromEntries(select.groups.map((key) => [key, tagOf(point, key)]));
    const key = JSON.stringify([point.name, tags]);
    const group = groups.get(key) ?? { name: point.name, tags, points: [] };
    group.points.push(point);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap((group) => {
    const ordered = group.points.toSorted((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
    const rows = rowsOf(select, ordered, timeOf);
    const values = (select.descending ? rows.reverse() : rows).slice(0, select.limit);
    const columns = ['time', ...select.terms.map(({ as }) => as)];
    const series: Series = { name: group.name, columns, values };
    return values.length === 0 ? [] : [select.groups.length === 0 ? series : { ...series, tags: group.tags }];
  });
}

/** Answers one statement or several, as JSON of `/query`; whole, which is one chunk of a chunked answer. */
export function answerQuery(
  points: readonly Point[],
  query: string,
  epoch: string,
): QueryAnswer | { readonly error: string } {
  const unit = UNIT_NS[epoch] ?? 1n;
  const timeOf = (ns: bigint): number => Number(ns / unit);
  try {
    const statements = query.split(';').filter((each) => each.trim() !== '');
    return {
      results: statements.map((statement, index) => {
        const tokens = tokensOf(statement);
        const parser = createParser(tokens);
        if (parser.eat('SHOW')) {
          parser.demand('MEASUREMENTS');
          const names = [...new Set(points.map(({ name }) => name))].sort().map((name): Row => [name]);
          const series = [{ name: 'measurements', columns: ['name'], values: names }];
          return names.length === 0 ? { statement_id: index } : { statement_id: index, series };
        }
        const series = runSelect(parseSelect(parser), points, timeOf);
        return series.length === 0 ? { statement_id: index } : { statement_id: index, series };
      }),
    };
  } catch (cause) {
    return { error: cause instanceof Error ? cause.message : String(cause) };
  }
}
