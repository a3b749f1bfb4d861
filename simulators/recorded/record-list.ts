/** A list of records that a person wrote, as YAML, JSON or CSV with a header, each with its line: inventories and truths. */
import { isMap, isNode, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import { splitFields } from '#simulators/recorded/csv-header.ts';
import { linesOf, lintAt } from '#simulators/recorded/series.ts';

export type ListRecord = { readonly line: number; readonly fields: { readonly [name: string]: string | number } };

export type RecordList = {
  readonly records: readonly ListRecord[];
  /** What stands beside the list: `zone`, `source`. */
  readonly head: { readonly [name: string]: string | number };
  /** Written by hand, where a field that nobody knows is a slip; other programs' tables may have more columns. */
  readonly byHand: boolean;
};

type Records = Omit<RecordList, 'byHand'>;

const CSV_FILE = /\.(csv|txt|tsv)$/i;
/** Records beyond this are no inventory and no truth. */
const MAX_RECORDS = 200_000;

export type ListForm = {
  /** The list's name in a map: `sensors`, `events`. */
  readonly list: string;
  /** A map without that name is one of records by this name: `{ rain-1: { quantity: rain } }`. */
  readonly key?: string;
  /** What a plain text stands for: `rain-1: rain`, or `- 2010-12-09`. */
  readonly plain: string;
};

export function readRecords(file: string, text: string, form: ListForm): Result<RecordList, readonly Lint[]> {
  const read = CSV_FILE.test(file) ? readCsvRecords(file, text) : readYamlRecords(file, text, form);
  if (!read.ok) return read;
  if (read.value.records.length > MAX_RECORDS) return err([lintAt(file, 0, `more than ${MAX_RECORDS} records`)]);
  return ok({ ...read.value, byHand: /\.ya?ml$/i.test(file) });
}

function readCsvRecords(file: string, text: string): Result<Records, readonly Lint[]> {
  const [header, ...lines] = linesOf(text);
  const separator = [',', ';', '\t'].find((mark) => header?.text.includes(mark)) ?? ',';
  const names = splitFields(header?.text ?? '', separator);
  if (header === undefined || names.some((name) => name === ''))
    return err([lintAt(file, 1, 'the first line must name every column')]);
  const records = lines.map(({ number, text: line }) => ({
    line: number,
    fields: Object.fromEntries(
      splitFields(line, separator)
        .map((value, index) => [names[index] ?? '', value] as const)
        .filter(([name, value]) => name !== '' && value !== ''),
    ),
  }));
  return ok({ records, head: {} });
}

type Lines = { readonly lineOf: (node: unknown) => number };

function readYamlRecords(file: string, text: string, form: ListForm): Result<Records, readonly Lint[]> {
  const counter = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { lineCounter: counter, schema: 'core' });
  const [fault] = document.errors;
  if (fault !== undefined)
    return err([lintAt(file, fault.linePos?.[0].line ?? 0, fault.message.split('\n')[0] ?? 'is no YAML')]);
  const lines: Lines = {
    lineOf: (node) => (isNode(node) && node.range ? counter.linePos(node.range[0]).line : 0),
  };
  const root = document.contents;
  if (isSeq(root)) return ok({ records: recordsOf(root.items, form, lines), head: {} });
  if (!isMap(root)) return err([lintAt(file, 0, `must be a list, or have a list ${form.list}`)]);
  const list = root.get(form.list, true);
  if (isSeq(list)) return ok({ records: recordsOf(list.items, form, lines), head: plainFields(root) });
  if (isMap(list)) return ok({ records: keyed(list, form, lines), head: plainFields(root) });
  if (list !== undefined || form.key === undefined) return err([lintAt(file, 0, `must have a list ${form.list}`)]);
  return ok({ records: keyed(root, form, lines), head: {} });
}

type YamlMap = Extract<ParsedNode, { items: readonly { key: unknown }[] }>;

function plainFields(map: unknown): ListRecord['fields'] {
  const fields: { [name: string]: string | number } = {};
  for (const { key, value } of (map as YamlMap).items) {
    const plain = isScalar(value) ? value.value : undefined;
    if (typeof plain === 'string' || typeof plain === 'number') fields[String(isScalar(key) ? key.value : key)] = plain;
    else if (typeof plain === 'boolean') fields[String(isScalar(key) ? key.value : key)] = String(plain);
  }
  return fields;
}

const recordsOf = (items: readonly unknown[], form: ListForm, { lineOf }: Lines): readonly ListRecord[] =>
  items.map((item) => ({
    line: lineOf(item),
    fields: isMap(item) ? plainFields(item) : isScalar(item) ? { [form.plain]: String(item.value) } : {},
  }));

function keyed(map: unknown, form: ListForm, { lineOf }: Lines): readonly ListRecord[] {
  const { key: name = 'id' } = form;
  return (map as YamlMap).items.map(({ key, value }) => {
    const fields = isMap(value) ? plainFields(value) : isScalar(value) ? { [form.plain]: String(value.value) } : {};
    return { line: lineOf(key), fields: { [name]: String(isScalar(key) ? key.value : key), ...fields } };
  });
}
