/** A sheet of map: where a coordinate comes to lie on it, how long its scale bar is, and which labels have room. */
import type { Polygon } from '#model/registry.ts';

export type LonLat = readonly [lon: number, lat: number];
export type Spot = readonly [x: number, y: number];
export type Frame = {
  readonly at: (place: LonLat) => Spot;
  /** Metres on the ground of one unit of the drawing. */
  readonly metresPerUnit: number;
};

const METRES_PER_DEGREE = 111_320;
/** A lone point still needs a surrounding: about two kilometres. */
const LEAST_DEGREES = 0.02;

/** An equidistant drawing around the middle of what is to be seen: true to scale within a county to a part in a thousand. */
export function frameOf(places: readonly LonLat[], width: number, height: number, margin: number): Frame {
  const lons = places.map(([lon]) => lon);
  const lats = places.map(([, lat]) => lat);
  const least = (values: readonly number[]): number =>
    values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const [west, east, south, north] =
    places.length === 0 ? [0, 0, 0, 0] : [least(lons), most(lons), least(lats), most(lats)];
  const middle: LonLat = [(west + east) / 2, (south + north) / 2];
  const squeeze = Math.cos((middle[1] * Math.PI) / 180);
  const wide = Math.max((east - west) * squeeze, LEAST_DEGREES);
  const high = Math.max(north - south, LEAST_DEGREES);
  const unitsPerDegree = Math.min((width - 2 * margin) / wide, (height - 2 * margin) / high);
  return {
    metresPerUnit: METRES_PER_DEGREE / unitsPerDegree,
    at: ([lon, lat]) => [
      width / 2 + (lon - middle[0]) * squeeze * unitsPerDegree,
      height / 2 - (lat - middle[1]) * unitsPerDegree,
    ],
  };
}

/** The longest round length (1, 2 or 5 with noughts) that fits. */
export function scaleBar(
  metresPerUnit: number,
  mostUnits: number,
): { readonly metres: number; readonly units: number } {
  const most = metresPerUnit * mostUnits;
  const nought = 10 ** Math.floor(Math.log10(most));
  const metres = nought * ([5, 2, 1].find((step) => step * nought <= most) ?? 1);
  return { metres, units: metres / metresPerUnit };
}

export const lengthText = (metres: number): string => (metres >= 1_000 ? `${metres / 1_000} km` : `${metres} m`);

/** The middle of the largest ring's box: good enough for a name. */
export function labelPlace(rings: readonly Polygon[]): LonLat | null {
  let best: { readonly size: number; readonly place: LonLat } | null = null;
  for (const ring of rings) {
    const lons = ring.map(([lon]) => lon);
    const lats = ring.map(([, lat]) => lat);
    const box = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)] as const;
    const size = (box[1] - box[0]) * (box[3] - box[2]);
    if (best === null || size > best.size) best = { size, place: [(box[0] + box[1]) / 2, (box[2] + box[3]) / 2] };
  }
  return best?.place ?? null;
}

export type Label = { readonly spot: Spot; readonly text: string; readonly size: number };

/** Chinese characters are as wide as high, the others about half of it. */
const widthOf = (text: string, size: number): number =>
  [...text].reduce((sum, character) => sum + (character > '\u2e80' ? size : size * 0.58), 0);

type Box = readonly [left: number, top: number, right: number, bottom: number];
const overlaps = (a: Box, b: Box): boolean => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
/** Of a mark with its number. */
const boxOf = ([x, y]: Spot): Box => [x - 8, y - 9, x + 24, y + 9];
/** Where else a name may stand when its own place is taken, in heights of its letters. */
const SHIFTS = [0, 1.4, -1.4, 2.6, -2.6] as const;

/** Those that find a place on the sheet that no mark and no label before them has, first come first served. */
export function placeLabels(
  labels: readonly Label[],
  marks: readonly Spot[],
  width: number,
  height: number,
): readonly Label[] {
  const taken: Box[] = marks.map(boxOf);
  return labels.flatMap((label) => {
    const { text, size } = label;
    const half = widthOf(text, size) / 2;
    for (const shift of SHIFTS) {
      const spot: Spot = [label.spot[0], label.spot[1] + shift * size];
      const box: Box = [spot[0] - half, spot[1] - size, spot[0] + half, spot[1] + size * 0.3];
      if (box[0] < 0 || box[2] > width || box[1] < 0 || box[3] > height) continue;
      if (taken.some((other) => overlaps(box, other))) continue;
      taken.push(box);
      return [{ ...label, spot }];
    }
    return [];
  });
}
