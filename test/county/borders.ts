/**
 * How the fictional county's borders were drawn: junctions by hand, lines between them roughened by a fixed rule.
 * Both neighbours use the same line and a township is bounded by the lines that only one of its children has, so that
 * the grids tile exactly. `county/grids.geojson` is what this draws.
 */
type Junction = readonly [x: number, y: number];
type Place = readonly [lon: number, lat: number];

/** On a plan of 12 by 9; counter-clockwise round the county from the south-west, then inward. */
const JUNCTIONS: { readonly [name: string]: Junction } = {
  a: [0.3, 1.2],
  n: [1.8, 0.95],
  b: [5.0, 0.4],
  c: [5.6, 0.5],
  d: [6.3, 0.35],
  e: [7.0, 0.5],
  f: [11.6, 1.6],
  g: [12.0, 4.8],
  h: [10.8, 8.0],
  i: [6.6, 8.8],
  j: [3.0, 8.4],
  k: [0.6, 7.2],
  l: [0.0, 4.0],
  p: [4.9, 1.9],
  q: [5.6, 2.1],
  r: [6.35, 2.0],
  s: [7.1, 1.8],
  m: [6.2, 4.6],
  t: [3.4, 4.0],
  u: [4.2, 5.6],
  v: [9.0, 4.9],
  w: [1.0, 2.2],
};

/** Each village, or where it has groups each group, by its junctions, counter-clockwise. */
const CELLS: { readonly [code: string]: string } = {
  '451099101001': 'qmut', // 石桥社区
  '451099101201': 'ltujk', // 桃树湾村
  '451099101202': 'umij', // 响水洞村
  '451099101203': 'nbpqt', // 岩口村
  '451099101204-G01': 'lwnt', // 盘石村后山组
  '451099101204-G02': 'law', // 盘石村河口组
  '451099101204-G03': 'anw', // 盘石村田坝组
  '451099102001': 'qrsvm', // 清溪社区
  '451099102201': 'mvghi', // 龙潭村
  '451099102202': 'sefgv', // 坪上村
  '451099103-E01': 'bcqp',
  '451099103-E02': 'cdrq',
  '451099103-E03': 'desr',
};

const toPlace = ([x, y]: Junction): Place => [106.3 + x * 0.035, 24.2 + y * 0.032];
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** −1 … 1, the same for the same text. */
function roughness(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 31 - 1;
}

/** Points from `from` (included) to `to` (left out); each half-way point is pushed aside, less and less. */
function roughLine(from: Junction, to: Junction, seed: string, sway: number): Junction[] {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  if (Math.hypot(dx, dy) < 0.16) return [from];
  const push = roughness(seed) * sway;
  const middle: Junction = [(from[0] + to[0]) / 2 - dy * push, (from[1] + to[1]) / 2 + dx * push];
  return [...roughLine(from, middle, `${seed}0`, sway), ...roughLine(middle, to, `${seed}1`, sway)];
}

/** The line between two junctions in the direction asked for; drawn once, in the order of their names. */
function border(from: string, to: string): Place[] {
  const [low, high] = from < to ? [from, to] : [to, from];
  const [start, end] = [JUNCTIONS[low], JUNCTIONS[high]] as [Junction, Junction];
  const line = [...roughLine(start, end, `${low}-${high}`, 0.14), end];
  const places = line.map(toPlace).map(([lon, lat]): Place => [rounded(lon), rounded(lat)]);
  return (from < to ? places : places.reverse()).slice(0, -1);
}

type Side = readonly [from: string, to: string];
const sidesOf = (cell: string): Side[] =>
  [...cell].map((from, index) => [from, cell[(index + 1) % cell.length] ?? from] as const);

/** The outline of several cells: the sides that no other of them has the other way round, put in a row. */
function outline(cells: readonly string[]): Side[] {
  const all = cells.flatMap(sidesOf);
  const names = new Set(all.map(([from, to]) => from + to));
  const next = new Map(all.filter(([from, to]) => !names.has(to + from)));
  const first = [...next.keys()].sort()[0] ?? '';
  const sides: Side[] = [];
  let at = first;
  do {
    const to = next.get(at) ?? first;
    sides.push([at, to]);
    at = to;
  } while (at !== first);
  return sides;
}

function ringOf(sides: readonly Side[]): Place[] {
  const ring = sides.flatMap(([from, to]) => border(from, to));
  return [...ring, ring[0] ?? [0, 0]];
}

/** The text of `county/grids.geojson`, a line a grid. */
export function drawBorders(): string {
  const codes = Object.keys(CELLS);
  const shape = (code: string): string => {
    const cells = codes.filter((cell) => cell.startsWith(code)).map((cell) => CELLS[cell] ?? '');
    const geometry = { type: 'Polygon', coordinates: [ringOf(outline(cells))] };
    return JSON.stringify({ type: 'Feature', properties: { code }, geometry });
  };
  const townships = new Set(codes.map((code) => code.slice(0, 9)));
  const villages = new Set(codes.filter((code) => code.includes('-G')).map((code) => code.slice(0, 12)));
  const all = ['451099', ...townships, ...villages, ...codes];
  return `{"type":"FeatureCollection","features":[\n${all.map(shape).join(',\n')}\n]}\n`;
}
