/** What a plain page is made of: a list from the API, its columns, and what may be done with a row. */
import type { Lang, Text } from '#model/text.ts';

/** One item of a list as the API gives it. */
export type Row = { readonly [key: string]: unknown };

/** What a column needs to say a value. */
export type Saying = {
  readonly lang: Lang;
  readonly s: (text: Text) => string;
  /** An instant (ISO or epoch milliseconds) in the county's zone; `—` for none. */
  readonly time: (value: unknown) => string;
};
export type Column = {
  readonly label: Text;
  readonly show: (row: Row, saying: Saying) => string;
  /** The cell is a link to a page of its own. */
  readonly link?: (row: Row) => string;
  /** Marks the cell: a level's colour, or trouble. */
  readonly mark?: (row: Row) => string;
};

export type Field = {
  readonly name: string;
  readonly label: Text;
  readonly kind: 'text' | 'long' | 'number' | 'choice' | 'instant' | 'file';
  readonly choices?: readonly { readonly value: string; readonly label: Text }[];
  readonly required?: boolean;
  readonly initial?: string;
};
export type Values = { readonly [name: string]: string };

export type Action = {
  readonly id: string;
  readonly label: Text;
  /** Needs a second press. */
  readonly grave?: boolean;
  readonly when?: (row: Row) => boolean;
  readonly path: (row: Row) => string;
  readonly fields: readonly Field[];
  readonly body: (values: Values, row: Row) => unknown;
  /** Sends the file of the field `file` as it is; tried first, so that what it would do is read before the second press. */
  readonly upload?: {
    readonly path: (values: Values, fileName: string, isTrial: boolean) => string;
    readonly report: (answer: unknown, saying: Pick<Saying, 's'>) => readonly string[];
  };
};

/** A picture beside the table: lines over days or over the hours of a day; null is a gap. */
export type Chart = {
  readonly id: string;
  readonly title: Text;
  readonly unit: string;
  /** Whether `xs` are seconds since 1970; otherwise hours of the day. */
  readonly isTime: boolean;
  readonly xs: readonly number[];
  readonly lines: readonly {
    readonly label: Text;
    readonly values: readonly (number | null)[];
    readonly colour: string;
    readonly isDashed?: boolean;
  }[];
  /** The space between the first two lines is filled. */
  readonly hasBand?: boolean;
};

export type PageSpec = {
  readonly id: string;
  readonly title: Text;
  readonly hint: Text;
  /** Of the list; a `:id` in it is the second part of the address (`#/work/evacuation/ID`). */
  readonly path: string;
  /** Whether the API gives it in pages. */
  readonly paged?: boolean;
  readonly rows: (body: unknown) => readonly Row[];
  /** One line above the table, made of the whole answer. */
  readonly summary?: (body: unknown, saying: Saying) => string;
  readonly keyOf: (row: Row) => string;
  /** Made of the whole answer, below the table. */
  readonly charts?: (body: unknown) => readonly Chart[];
  /** How often the list is asked for again; default five seconds. */
  readonly everyMs?: number;
  readonly columns: readonly Column[];
  readonly actions: readonly Action[];
  /** Files that can be taken away. */
  readonly links?: readonly { readonly label: Text; readonly href: string }[];
  /** What can be done without a row. */
  readonly create?: readonly Action[];
  /** Where a row leads. */
  readonly open?: (row: Row) => string | null;
  /** Not shown in the row of tabs: one comes here from another page. */
  readonly hidden?: boolean;
  /** The tab that stands out while it is shown. */
  readonly under?: string;
};

/** `a.b.c` of a row; undefined when there is no such thing. */
export function pick(row: unknown, path: string): unknown {
  let value: unknown = row;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Row)[key];
  }
  return value;
}

export const isText = (value: unknown): value is Text =>
  typeof value === 'object' && value !== null && typeof (value as Row)['zh'] === 'string';

export const plain = (value: unknown): string => (value === undefined || value === null ? '—' : String(value));

/** A column that shows one field: a text in the page's language, anything else as it is. */
export const field = (label: Text, path: string): Column => ({
  label,
  show: (row, { s }) => {
    const value = pick(row, path);
    return isText(value) ? s(value) : plain(value);
  },
});
export const instant = (label: Text, path: string): Column => ({
  label,
  show: (row, { time }) => time(pick(row, path)),
});
/** A column whose value is a word of a table; an unknown word stands as it is. */
export const word = (label: Text, path: string, words: { readonly [key: string]: Text }): Column => ({
  label,
  show: (row, { s }) => {
    const value = plain(pick(row, path));
    const text = words[value];
    return text === undefined ? value : s(text);
  },
});
export const itemsOf = (body: unknown): readonly Row[] => (pick(body, 'items') ?? []) as readonly Row[];
