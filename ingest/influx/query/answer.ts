/** One piece of an answer to an InfluxQL question: what the server sent as JSON, parsed once, or the reason that it gave. */
import { err, ok, type Result } from '#model/result.ts';

export type AnswerSeries = {
  readonly name: string;
  readonly tags: { readonly [key: string]: string };
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
};

type Raw = { readonly [key: string]: unknown };
const isObject = (raw: unknown): raw is Raw => typeof raw === 'object' && raw !== null && !Array.isArray(raw);
const isList = (raw: unknown): raw is readonly unknown[] => Array.isArray(raw);

function parseSeries(raw: unknown): AnswerSeries | undefined {
  if (!isObject(raw)) return undefined;
  const { name, tags, columns, values } = raw;
  const isWhole = isList(columns) && columns.every((column) => typeof column === 'string');
  if (!isWhole || (values !== undefined && !(isList(values) && values.every(isList)))) return undefined;
  const labels = isObject(tags) ? Object.entries(tags).map(([key, value]) => [key, String(value ?? '')]) : [];
  return {
    name: typeof name === 'string' ? name : '',
    tags: Object.fromEntries(labels),
    columns: columns as readonly string[],
    values: (values ?? []) as readonly (readonly unknown[])[],
  };
}

/** `error` is the server's own sentence. */
export function parseAnswer(text: string): Result<readonly AnswerSeries[], string> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return err(`no JSON: ${text.slice(0, 200)}`);
  }
  if (!isObject(raw)) return err(`no answer: ${text.slice(0, 200)}`);
  // 1.x and 3.x say `error`, 2.x `message`.
  const said = raw['error'] ?? raw['message'];
  if (typeof said === 'string') return err(said);
  const found: AnswerSeries[] = [];
  for (const result of isList(raw['results']) ? raw['results'] : []) {
    if (!isObject(result)) return err('a result that is none');
    if (typeof result['error'] === 'string') return err(result['error']);
    for (const each of isList(result['series']) ? result['series'] : []) {
      const series = parseSeries(each);
      if (series === undefined) return err('a series that is none');
      found.push(series);
    }
  }
  return ok(found);
}
