/** The wall map of a grid: its grids, hazard points, shelters and ways out, as SVG from the registry. No tiles, no internet. */
import {
  ancestry,
  type EvacuationRoute,
  type Grid,
  type HazardPoint,
  inSubtree,
  type Shelter,
} from '#model/registry.ts';
import { type Html, html } from './html.ts';
import {
  type Frame,
  frameOf,
  type Label,
  type LonLat,
  labelPlace,
  lengthText,
  placeLabels,
  type Spot,
  scaleBar,
} from './map-frame.ts';
import { documentOf, type Sheet, section, textOf, word } from './sheet.ts';
import { RISK_WORDS } from './words.ts';

const WIDTH = 1060;
const HEIGHT = 640;
const MAP_WIDTH = 800;
const MARGIN = 40;
/** What is drawn at most; the worst points first, and the legend says how many are left out. */
const MOST_GRIDS = 300;
const MOST_POINTS = 400;
const MOST_NAMED = 22;

const RISK_COLOUR: { readonly [R in HazardPoint['riskGrade']]: string } = {
  major: '#b3261e',
  larger: '#d9730d',
  general: '#b59b00',
  low: '#2f6fb0',
};
const RISK_ORDER = ['major', 'larger', 'general', 'low'] as const satisfies readonly HazardPoint['riskGrade'][];
const FILLS = ['#eef4ea', '#f6efe2', '#e9f0f6', '#f3eaf1', '#f0f0e4', '#e8f2f1'];
const WAY = '#1b7f3b';

type Drawn = {
  readonly grids: readonly Grid[];
  readonly points: readonly HazardPoint[];
  readonly shelters: readonly Shelter[];
  readonly routes: readonly EvacuationRoute[];
  readonly left: number;
};

function choose({ registry }: Sheet, grid: Grid): Drawn {
  const isInside = (code: string): boolean => inSubtree(registry, code, grid.code);
  const depth = (code: string): number => ancestry(registry, code).findIndex((one) => one.code === grid.code);
  const all = [...registry.grids.values()].filter(({ code }) => isInside(code));
  const near = all.filter(({ code }) => depth(code) <= 1);
  const grids = (all.length <= MOST_GRIDS ? all : near).slice(0, MOST_GRIDS);
  const points = [...registry.points.values()]
    .filter(({ gridCode }) => isInside(gridCode))
    .sort((x, y) => RISK_ORDER.indexOf(x.riskGrade) - RISK_ORDER.indexOf(y.riskGrade) || (x.id < y.id ? -1 : 1));
  const drawn = points.slice(0, MOST_POINTS);
  const used = new Set(drawn.flatMap(({ households }) => households.flatMap(({ routeId }) => routeId ?? [])));
  const routes = [...(registry.routes?.values() ?? [])].filter(({ id }) => used.has(id));
  const goals = new Set(routes.map(({ shelterId }) => shelterId));
  const shelters = [...(registry.shelters?.values() ?? [])]
    .filter(({ id, gridCode }) => isInside(gridCode) || goals.has(id))
    .slice(0, MOST_POINTS);
  return { grids, points: drawn, shelters, routes, left: points.length - drawn.length };
}

const path = (spots: readonly Spot[], close: boolean): string =>
  spots.map(([x, y], n) => `${n === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('') + (close ? 'Z' : '');

function gridShapes({ grids }: Drawn, top: Grid, frame: Frame): readonly Html[] {
  const tierFirst = [...grids].sort((x, y) => x.tier - y.tier);
  return tierFirst.map((grid, n) => {
    const d = grid.boundary.map((ring) => path(ring.map(frame.at), true)).join('');
    const isTop = grid.code === top.code;
    const fill = isTop ? '#fbfbf6' : (FILLS[n % FILLS.length] ?? '#eee');
    return d === ''
      ? html``
      : html`<path d="${d}" fill="${fill}" fill-rule="evenodd" stroke="#555" stroke-width="${isTop ? 2 : 0.8}"/>`;
  });
}

const wayShapes = ({ routes }: Drawn, frame: Frame): readonly Html[] =>
  routes
    .filter(({ line }) => line.length > 1)
    .map(
      ({ line }) =>
        html`<path d="${path(line.map(frame.at), false)}" fill="none" stroke="${WAY}" stroke-width="2.4" stroke-dasharray="7 4" marker-end="url(#way)"/>`,
    );

const pointMark = ([x, y]: Spot, colour: string): Html =>
  html`<path d="M${(x - 7).toFixed(1)} ${(y + 6).toFixed(1)}h14l-7 -13Z" fill="${colour}" stroke="#fff" stroke-width="1"/>`;
const shelterMark = ([x, y]: Spot): Html =>
  html`<path d="M${(x - 7).toFixed(1)} ${(y - 7).toFixed(1)}h14v14h-14Z" fill="${WAY}" stroke="#fff" stroke-width="1"/>`;
const number = ([x, y]: Spot, n: string): Html =>
  html`<text x="${(x + 9).toFixed(1)}" y="${(y + 4).toFixed(1)}" font-size="11" font-weight="700" stroke="#fff" stroke-width="2.5" paint-order="stroke">${n}</text>`;

function names(sheet: Sheet, { grids, points, shelters }: Drawn, top: Grid, frame: Frame): readonly Html[] {
  const marks = [...points, ...shelters].map(({ lon, lat }) => frame.at([lon, lat]));
  const labels = grids.flatMap((grid): readonly Label[] => {
    const place = grid.code === top.code ? null : labelPlace(grid.boundary);
    if (place === null) return [];
    return [{ spot: frame.at(place), text: textOf(sheet, grid.name), size: grid.tier <= 2 ? 15 : 12 }];
  });
  const wide = [...labels].sort((x, y) => y.size - x.size);
  return placeLabels(wide, marks, MAP_WIDTH, HEIGHT).map(
    ({ spot: [x, y], text, size }) =>
      html`<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" fill="#333" text-anchor="middle" stroke="#fff" stroke-width="3" paint-order="stroke">${text}</text>`,
  );
}

function scaleAndNorth(sheet: Sheet, frame: Frame): Html {
  const { metres, units } = scaleBar(frame.metresPerUnit, 170);
  const half = units / 2;
  const y = HEIGHT - 20;
  return html`<g font-size="11"><path d="M20 ${y}h${half.toFixed(1)}v5h-${half.toFixed(1)}Z" fill="#111"/><path d="M${(20 + half).toFixed(1)} ${y}h${half.toFixed(1)}v5h-${half.toFixed(1)}Z" fill="#fff" stroke="#111"/><text x="20" y="${y - 4}">0</text><text x="${(20 + units).toFixed(1)}" y="${y - 4}" text-anchor="middle">${lengthText(metres)}</text></g>
<g><path d="M${MAP_WIDTH - 30} 56l8 -34 8 34 -8 -7Z" fill="#111"/><text x="${MAP_WIDTH - 22}" y="18" font-size="13" font-weight="700" text-anchor="middle">${word(sheet, 'north')}</text></g>`;
}

/** At most so many wide characters; the whole name stands in the grid's table. */
function short(text: string): string {
  let width = 0;
  let kept = '';
  for (const character of text) {
    width += character > '\u2e80' ? 2 : 1;
    if (width > 30) return `${kept}…`;
    kept += character;
  }
  return kept;
}

function legend(sheet: Sheet, drawn: Drawn): Html {
  const x = MAP_WIDTH + 18;
  let y = 22;
  const lines: Html[] = [];
  const line = (mark: Html | null, text: string, bold = false): void => {
    lines.push(
      html`${mark ?? ''}<text x="${mark === null ? x - 7 : x + 14}" y="${y + 4}" font-size="11"${bold ? { html: ' font-weight="700"' } : ''}>${short(text)}</text>`,
    );
    y += 17;
  };
  line(null, word(sheet, 'legend'), true);
  for (const risk of RISK_ORDER)
    line(pointMark([x, y], RISK_COLOUR[risk]), `${word(sheet, 'point')} ${textOf(sheet, RISK_WORDS[risk])}`);
  line(shelterMark([x, y]), word(sheet, 'shelter'));
  line(
    html`<path d="M${x - 7} ${y}h16" stroke="${WAY}" stroke-width="2.4" stroke-dasharray="7 4"/>`,
    word(sheet, 'routes'),
  );
  const more = (n: number): void => {
    if (n > 0) line(null, `${word(sheet, 'more')} ${n} ${word(sheet, 'moreEnd')}`);
  };
  const room = Math.max(4, MOST_NAMED - Math.min(drawn.shelters.length, 8));
  y += 6;
  line(null, word(sheet, 'points'), true);
  drawn.points.slice(0, room).forEach((point, n) => {
    line(null, `${n + 1} ${textOf(sheet, point.name)}`);
  });
  more(drawn.points.length + drawn.left - Math.min(room, drawn.points.length));
  y += 6;
  line(null, word(sheet, 'shelters'), true);
  drawn.shelters.slice(0, 8).forEach((place, n) => {
    line(null, `S${n + 1} [${place.capacity}] ${textOf(sheet, place.name)}`);
  });
  more(drawn.shelters.length - Math.min(8, drawn.shelters.length));
  return html`<g>${lines}</g>`;
}

export function mapSvg(sheet: Sheet, grid: Grid): Html {
  const drawn = choose(sheet, grid);
  const places: LonLat[] = [
    ...drawn.grids.flatMap(({ boundary }) => boundary.flat()),
    ...drawn.points.map(({ lon, lat }): LonLat => [lon, lat]),
    ...drawn.shelters.map(({ lon, lat }): LonLat => [lon, lat]),
    ...drawn.routes.flatMap(({ line }) => line),
  ];
  const frame = frameOf(places, MAP_WIDTH, HEIGHT, MARGIN);
  const spots = drawn.points.map(({ lon, lat }) => frame.at([lon, lat]));
  const homes = drawn.shelters.map(({ lon, lat }) => frame.at([lon, lat]));
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${textOf(sheet, grid.name)}">
<defs><marker id="way" viewBox="0 0 8 8" refX="14" refY="4" markerWidth="5" markerHeight="5" orient="auto"><path d="M0 0L8 4L0 8Z" fill="${WAY}"/></marker><clipPath id="edge"><path d="M0 0h${MAP_WIDTH}v${HEIGHT}h-${MAP_WIDTH}Z"/></clipPath></defs>
<path d="M0.5 0.5h${MAP_WIDTH - 1}v${HEIGHT - 1}h-${MAP_WIDTH - 1}Z" fill="#fff" stroke="#111"/>
<g clip-path="url(#edge)">${gridShapes(drawn, grid, frame)}${wayShapes(drawn, frame)}${names(sheet, drawn, grid, frame)}
${drawn.points.map((point, n) => html`${pointMark(spots[n] ?? [0, 0], RISK_COLOUR[point.riskGrade])}${n < MOST_NAMED ? number(spots[n] ?? [0, 0], String(n + 1)) : ''}`)}
${drawn.shelters.map((_, n) => html`${shelterMark(homes[n] ?? [0, 0])}${n < 8 ? number(homes[n] ?? [0, 0], `S${n + 1}`) : ''}`)}</g>
${scaleAndNorth(sheet, frame)}
${legend(sheet, drawn)}
</svg>`;
}

export function mapPage(sheet: Sheet, grid: Grid): string {
  const title = `${textOf(sheet, grid.name)} ${word(sheet, 'map')}`;
  return documentOf(sheet, title, [section(sheet, 'map', title, [mapSvg(sheet, grid)])]);
}
