/** What every printed page shares: its head and foot, the drill mark, who may read what on it, and how much a table holds. */
import { ancestry, type GridCode, type Household, type Person, type Registry } from '#model/registry.ts';
import { type Lang, say, type Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { formatInZone } from '#model/time.ts';
import { homeView, maskPhone } from '../api/privacy.ts';
import { type Html, html } from './html.ts';
import { WORDS } from './words.ts';

/** Who reads the page: what he may see in full. */
export type Reader = {
  readonly home: (household: Household, gridCodes: readonly GridCode[]) => boolean;
  readonly person: (person: Person) => boolean;
};
/** Nobody in particular: a page made from the files, without a centre that could enter the reading in its ledger. */
export const NOBODY: Reader = { home: () => false, person: () => false };

export type Sheet = {
  readonly registry: Registry;
  readonly lang: Lang;
  readonly drill: boolean;
  readonly nowMs: EpochMs;
  readonly reader: Reader;
};

/** Rows of one table; what is beyond is counted, never dropped in silence. */
export const MOST_ROWS = 500;

export const word = ({ lang }: Sheet, key: keyof typeof WORDS): string => say(WORDS[key], lang);
export const textOf = ({ lang }: Sheet, text: Text): string => say(text, lang);
export const gridName = (sheet: Sheet, code: GridCode): string => {
  const grid = sheet.registry.grids.get(code);
  return grid === undefined ? code : textOf(sheet, grid.name);
};
/** County first. */
export const placeOf = (sheet: Sheet, code: GridCode): string =>
  [...ancestry(sheet.registry, code)]
    .reverse()
    .map(({ name }) => textOf(sheet, name))
    .join(' ');

export const phoneOf = ({ reader }: Sheet, person: Person): string =>
  reader.person(person) ? person.phone : maskPhone(person.phone);

export const homeOf = ({ reader }: Sheet, household: Household, point: { readonly gridCode: GridCode }) =>
  homeView(household, reader.home(household, [point.gridCode, household.gridCode ?? point.gridCode]));

export const rowsOf = <T>(
  sheet: Sheet,
  all: readonly T[],
  columns: number,
  row: (item: T) => Html,
): readonly Html[] => {
  const rows = all.slice(0, MOST_ROWS).map(row);
  const left = all.length - rows.length;
  if (all.length === 0) return [html`<tr><td colspan="${columns}">${word(sheet, 'none')}</td></tr>`];
  if (left === 0) return rows;
  return [
    ...rows,
    html`<tr><td colspan="${columns}">${word(sheet, 'more')} ${left} ${word(sheet, 'moreEnd')}</td></tr>`,
  ];
};

/** One page of paper, or as many as it needs; `kind` names its size in the style sheet. */
export function section(sheet: Sheet, kind: 'portrait' | 'map' | 'half', title: string, body: readonly Html[]): Html {
  const stamp = formatInZone(sheet.nowMs, sheet.registry.county.zone).slice(0, 16).replace('T', ' ');
  return html`<section class="sheet ${kind}">
<header>${sheet.drill ? html`<b class="drill">${word(sheet, 'drill')}</b>` : ''}<h1>${title}</h1></header>
${body}
<footer>${textOf(sheet, sheet.registry.county.name)} · ${word(sheet, 'printed')} ${stamp} · ${word(sheet, 'version')} ${sheet.registry.version.slice(0, 12)}${
    sheet.drill ? ` · ${word(sheet, 'drill')}` : ''
  }</footer>
</section>
`;
}

/** What a page asks its server for; a page in a file has the style in itself instead. */
export const STYLE_LINK = '<link rel="stylesheet" href="/print.css">';

export const documentOf = (sheet: Sheet, title: string, sections: readonly Html[]): string =>
  html`<!doctype html>
<html lang="${sheet.lang === 'zh' ? 'zh-CN' : 'en'}">
<head><meta charset="utf-8"><title>${sheet.drill ? `【${word(sheet, 'drill')}】` : ''}${title}</title>
<meta name="viewport" content="width=device-width">
${{ html: STYLE_LINK }}</head>
<body${{ html: sheet.drill ? ' class="is-drill"' : '' }}>
${sections}</body>
</html>
`.html;
