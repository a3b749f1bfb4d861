/**
 * One cell of a table as a county types it: full-width digits, spaces, several telephones, dates in four spellings, codes
 * that a spreadsheet took for numbers. Each is read to one meaning or refused with the reason and the mend.
 */
import { err, ok, type Result } from '#model/result.ts';

export type Cell =
  | { readonly kind: 'empty' }
  | { readonly kind: 'text'; readonly text: string }
  /** A number as the file spells it, so that no digit is lost on the way. */
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'date'; readonly day: string };

export type CellError = { readonly message: string; readonly mend: string };
export type ReadCell<T> = (cell: Cell) => Result<T, CellError>;

const refuse = (message: string, mend: string): Result<never, CellError> => err({ message, mend });

/** Something that stands in another list, by its id or its name; a code may have become a number. */
export const readRef: ReadCell<string> = (cell) =>
  cell.kind === 'text' && !isScientific(fold(cell.text)) ? ok(cell.text) : readCode(cell);

/** Characters that make a spreadsheet take a text for a formula. */
const FORMULA = /^'*[=+\-@\t\r]/;
/** Marked with an apostrophe, and so are texts that look marked: what was written comes back exactly. */
export const guardText = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);
const unguard = (text: string): string => (text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text);

/** Full-width letters and digits as plain ones, no spaces: for codes, numbers and dates, never for names. */
const fold = (text: string): string => text.normalize('NFKC').replace(/[\s\u200b\ufeff]+/g, '');

export const cellOf = (text: string): Cell => {
  const own = unguard(text.replace(/^[ \u3000\u00a0\n]+|[ \u3000\u00a0\n]+$/g, ''));
  return own === '' ? { kind: 'empty' } : { kind: 'text', text: own };
};

export const textOf = (cell: Cell): string =>
  cell.kind === 'empty' ? '' : cell.kind === 'date' ? cell.day : cell.text;

const AS_TEXT = 'format the column as text (设为文本格式) and type it again';
const isScientific = (text: string): boolean => /^\d(\.\d+)?E\+?\d+$/i.test(text);

/** Digits that a spreadsheet took for a number: whole ones lost nothing. */
function wholeDigits(text: string): string | undefined {
  const plain = text.replace(/\.0+$/, '');
  if (/^\d{1,15}$/.test(plain)) return plain;
  const value = Number(text);
  return /^\d(\.\d{11,})?E\+?1\d$/i.test(text) && Number.isSafeInteger(value) ? String(value) : undefined;
}

/** A division code or an id: kept as text. */
export const readCode: ReadCell<string> = (cell) => {
  const text = fold(textOf(cell));
  if (cell.kind === 'date') return refuse(`"${text}" was taken for a date`, AS_TEXT);
  if (cell.kind === 'number') {
    const digits = wholeDigits(text);
    return digits === undefined ? refuse(`${text} is a number whose digits are lost`, AS_TEXT) : ok(digits);
  }
  if (isScientific(text)) return refuse(`${text} is a code that lost its digits in a spreadsheet`, AS_TEXT);
  const code = text.replace(/^(\d+)\.0+$/, '$1');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(code))
    return refuse(`"${textOf(cell)}" is no code`, 'use only A-Z a-z 0-9 _ - (it becomes part of a topic)');
  return ok(code);
};

export const readName: ReadCell<string> = (cell) => ok(textOf(cell));

export const readNumber: ReadCell<number> = (cell) => {
  const text = fold(textOf(cell)).replace(/(度|°|人|户)$/, '');
  const value = Number(text);
  return text !== '' && cell.kind !== 'date' && Number.isFinite(value)
    ? ok(value)
    : refuse(`"${textOf(cell)}" is no number`, 'write digits only');
};

/** Several numbers in one cell, the first of which is called first. */
export const readPhones: ReadCell<readonly string[]> = (cell) => {
  if (cell.kind === 'number') {
    const digits = wholeDigits(cell.text);
    return digits === undefined ? refuse(`${cell.text} is a number whose digits are lost`, AS_TEXT) : ok([digits]);
  }
  const text = textOf(cell).normalize('NFKC');
  if (isScientific(text.trim())) return refuse(`${text} is a telephone number that lost its digits`, AS_TEXT);
  const phones = text
    .split(/[、,;/|\n]+/)
    .map((part) => part.trim().replace(/^(\d{5,})\.0$/, '$1'))
    .flatMap((part) => {
      const joined = part.replace(/[\s\-–—()·.]+/g, '');
      return joined.replace(/\D/g, '').length > 15 ? part.trim().split(/\s+/) : [joined];
    })
    .map((part) => part.replace(/[\s\-–—()·.]+/g, ''))
    .filter((part) => part !== '');
  const bad = phones.find((phone) => !/^\+?\d{5,20}$/.test(phone));
  if (bad !== undefined || phones.length === 0)
    return refuse(
      `"${bad ?? textOf(cell)}" is no telephone number`,
      'write 5 to 20 digits; several with 、 between them',
    );
  return ok([...new Set(phones)]);
};

const pad = (value: string): string => value.padStart(2, '0');

function dayOf(year: string, month: string, day: string): string | undefined {
  const text = `${year}-${pad(month)}-${pad(day)}`;
  const atMs = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(atMs) && new Date(atMs).toISOString().startsWith(text) ? text : undefined;
}

/** `2026-01-05`, `2026/1/5`, `2026.1.5`, `2026年1月5日`, `20260105`, or a spreadsheet's day number. */
export const readDay: ReadCell<string> = (cell) => {
  if (cell.kind === 'date') return ok(cell.day);
  const text = fold(textOf(cell));
  const match = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text) ?? /^((?:19|20)\d\d)(\d\d)(\d\d)$/.exec(text);
  const day = match === null ? undefined : dayOf(match[1] ?? '', match[2] ?? '', match[3] ?? '');
  if (day !== undefined) return ok(day);
  const serial = Number(text);
  if (match === null && /^\d{5}$/.test(text) && serial > 20_000 && serial < 80_000)
    return ok(new Date(Date.UTC(1899, 11, 30) + serial * 86_400_000).toISOString().slice(0, 10));
  return refuse(`"${textOf(cell)}" is no day`, 'write it as 2026-01-05');
};

/** Several texts in one cell, by `；`, `;` or lines. */
export const readTexts: ReadCell<readonly string[]> = (cell) =>
  ok(
    textOf(cell)
      .split(/[；;\n]+/)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

/** One of a closed list of words, each of which may be written in several ways. */
export function readWord<W extends string>(words: { readonly [K in W]: readonly string[] }): ReadCell<W> {
  const known = new Map<string, W>();
  for (const word of Object.keys(words) as W[]) for (const name of [word, ...words[word]]) known.set(name, word);
  return (cell) => {
    const text = fold(textOf(cell)).replace(/级$/, '');
    const word = known.get(text) ?? known.get(fold(textOf(cell)));
    if (word !== undefined) return ok(word);
    const names = (Object.keys(words) as W[]).map((each) => words[each][0] ?? each);
    return refuse(`"${textOf(cell)}" is not known here`, `write one of ${names.join('、')}`);
  };
}

/** `106.35,24.27 106.36,24.28`: a line as longitudes and latitudes. */
export const readLine: ReadCell<readonly (readonly [number, number])[]> = (cell) => {
  const places = textOf(cell)
    .normalize('NFKC')
    .split(/[\s;]+/)
    .filter((part) => part !== '')
    .map((part) => part.split(',').map(Number));
  if (places.some((place) => place.length !== 2 || !place.every(Number.isFinite)))
    return refuse('the line is not "lon,lat lon,lat …"', 'write longitude, comma, latitude, a space, and so on');
  return ok(places.map(([lon = 0, lat = 0]) => [lon, lat] as const));
};
