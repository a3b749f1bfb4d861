/** Puts grids, their names and the points on the map, and changes only what changed. */
import L from 'leaflet';
import { LEVEL_TEXT, rankOf } from '#model/level.ts';
import type { Lang } from '#model/text.ts';
import type { GridJson, PointJson } from './api.ts';
import { LEVEL_COLOUR, type Worst, worstOf } from './levels.ts';
import { PointMarker } from './point-marker.ts';

type Grids = ReadonlyMap<string, GridJson>;
type Worsts = ReadonlyMap<string, Worst>;

export type MapLayers = {
  readonly setGrids: (grids: Grids, fills: Worsts, lang: Lang) => void;
  readonly setPoints: (
    points: ReadonlyMap<string, PointJson>,
    worst: Worsts,
    selected: string | null,
    nowMs: number,
    lang: Lang,
  ) => void;
};

const MAX_LABELS = 45;
const MAX_AVOIDED = 500;
const BORDER: { readonly [tier: number]: L.PathOptions } = {
  1: { weight: 3, color: '#3d5163' },
  2: { weight: 2, color: '#61778b' },
  3: { weight: 1, color: '#8fa1b1' },
  4: { weight: 0.75, color: '#b4c1cc' },
};

function gridStyle(grid: GridJson, worst: Worst): L.PathOptions {
  const { level } = worst;
  // Only the grid that holds the alert is filled: a red village must not paint its county red.
  return level === 'none'
    ? { ...BORDER[grid.tier], fill: grid.tier === 1, fillColor: '#fbfcfd', fillOpacity: 1 }
    : {
        ...BORDER[grid.tier],
        fill: true,
        fillColor: LEVEL_COLOUR[level],
        fillOpacity: 0.5,
        weight: 2.5,
        color: LEVEL_COLOUR[level],
      };
}

const sameBoundary = (known: GridJson | undefined, grid: GridJson): boolean =>
  known !== undefined && JSON.stringify(known.boundary) === JSON.stringify(grid.boundary);

const latLngs = (grid: GridJson): L.LatLngTuple[][] =>
  grid.boundary.map((ring) => ring.map(([lon, lat]): L.LatLngTuple => [lat, lon]));

/** Where a name stands beside its grid's middle so that it covers no point: the first of these shifts that is free. */
const SHIFTS = [0, -38, 38, -64, 64];
const CHARACTER_PX = 7;
const HALF_HEIGHT = 18;

type Box = { readonly x: number; readonly y: number; readonly halfWidth: number; readonly halfHeight: number };

const halfWidthOf = (text: string): number =>
  4 + ([...text].reduce((sum, character) => sum + (character > '\u00ff' ? 2 : 1.1), 0) * CHARACTER_PX) / 2;

const overlap = (a: Box, b: Box): boolean =>
  Math.abs(a.x - b.x) < a.halfWidth + b.halfWidth && Math.abs(a.y - b.y) < a.halfHeight + b.halfHeight;

/** The shift that is free, or null when none is. */
function freeShift(label: Box, taken: readonly Box[]): number | null {
  const free = (shift: number) => !taken.some((box) => overlap({ ...label, y: label.y + shift }, box));
  return SHIFTS.find(free) ?? null;
}

function labelMarker(at: L.LatLng, shift: number, grid: GridJson, worst: Worst, lang: Lang): L.Marker {
  const text = document.createElement('span');
  const name = document.createElement('b');
  name.textContent = grid.name[lang];
  text.append(name);
  if (worst.level !== 'none') {
    const level = document.createElement('i');
    level.className = `tag ${worst.level}`;
    level.textContent = LEVEL_TEXT[worst.level][lang];
    text.append(level);
  }
  const icon = L.divIcon({
    className: `grid-label tier-${grid.tier}`,
    html: text,
    iconSize: [0, 0],
    iconAnchor: [0, -shift],
  });
  return L.marker(at, { icon, interactive: false, keyboard: false });
}

/** Leaflet takes strings as HTML; a name is text and nothing else. */
function inert(text: string): HTMLElement {
  const element = document.createElement('span');
  element.textContent = text;
  return element;
}

/** Those with alerts, the gravest first; then tier by tier as long as they fit. */
function chooseLabels(grids: readonly GridJson[], fills: Worsts): readonly GridJson[] {
  const graded = grids
    .filter((grid) => fills.has(grid.code))
    .sort((a, b) => rankOf(worstOf(fills.get(b.code)).level) - rankOf(worstOf(fills.get(a.code)).level));
  const chosen = graded.slice(0, MAX_LABELS);
  for (const tier of [3, 2]) {
    const rest = grids.filter((grid) => grid.tier === tier && !fills.has(grid.code));
    if (chosen.length + rest.length <= MAX_LABELS) return [...chosen, ...rest];
  }
  return chosen;
}

const isOffline = (point: PointJson, nowMs: number): boolean =>
  point.sensors.length > 0 &&
  point.sensors.every((sensor) => sensor.latest === null || nowMs - sensor.latest.measuredAtMs > sensor.staleAfterMs);

export function createMapLayers(map: L.Map, onPoint: (id: string) => void): MapLayers {
  const names = L.layerGroup().addTo(map);
  const polygons = new Map<string, L.Polygon>();
  const markers = new Map<string, PointMarker>();
  let shown: { readonly grids: Grids; readonly fills: Worsts; readonly lang: Lang } | undefined;

  function drawNames(): void {
    if (shown === undefined) return;
    const { grids, fills, lang } = shown;
    const view = map.getBounds();
    const inView = [...grids.values()].filter((grid) => polygons.get(grid.code)?.getBounds().intersects(view) ?? false);
    names.clearLayers();
    const chosen = chooseLabels(inView, fills);
    const inSight = [...markers.values()].filter((marker) => view.contains(marker.getLatLng()));
    const taken = inSight.slice(0, MAX_AVOIDED).map((marker): Box => {
      const { x, y } = map.latLngToContainerPoint(marker.getLatLng());
      return { x, y, halfWidth: 9, halfHeight: 9 };
    });
    for (const grid of chosen) {
      const at = polygons.get(grid.code)?.getBounds().getCenter();
      if (at === undefined) continue;
      const worst = worstOf(fills.get(grid.code));
      const { x, y } = map.latLngToContainerPoint(at);
      const halfHeight = worst.level === 'none' ? HALF_HEIGHT / 2 : HALF_HEIGHT;
      const box: Box = { x, y, halfWidth: halfWidthOf(grid.name[lang]), halfHeight };
      const shift = freeShift(box, taken);
      // A name without an alert gives way; one with an alert is always written.
      if (shift === null && worst.level === 'none') continue;
      taken.push({ ...box, y: y + (shift ?? 0) });
      names.addLayer(labelMarker(at, shift ?? 0, grid, worst, lang));
    }
  }
  map.on('moveend', drawNames);

  function rebuildGrids(grids: Grids): void {
    for (const polygon of polygons.values()) polygon.remove();
    polygons.clear();
    const all = L.latLngBounds([]);
    for (const grid of [...grids.values()].sort((a, b) => a.tier - b.tier)) {
      if (grid.boundary.length === 0) continue;
      const polygon = L.polygon(latLngs(grid), { interactive: false }).addTo(map);
      polygons.set(grid.code, polygon);
      all.extend(polygon.getBounds());
    }
    if (all.isValid()) map.fitBounds(all, { padding: [14, 14], animate: false });
    for (const marker of markers.values()) marker.bringToFront();
  }

  return {
    setGrids: (grids, fills, lang) => {
      const known = shown?.grids;
      const same =
        known !== undefined &&
        known.size === grids.size &&
        (known === grids || [...grids].every(([code, grid]) => sameBoundary(known.get(code), grid)));
      if (!same) rebuildGrids(grids);
      shown = { grids, fills, lang };
      for (const grid of grids.values())
        polygons.get(grid.code)?.setStyle(gridStyle(grid, worstOf(fills.get(grid.code))));
      drawNames();
    },
    setPoints: (points, worst, selected, nowMs, lang) => {
      for (const [id, marker] of markers) {
        if (points.has(id)) continue;
        marker.remove();
        markers.delete(id);
      }
      const before = markers.size;
      for (const point of points.values()) {
        const { level } = worstOf(worst.get(point.id));
        const label = level === 'none' ? point.name[lang] : `${point.name[lang]} · ${LEVEL_TEXT[level][lang]}`;
        const look = {
          label,
          kind: point.kind,
          colour: level === 'none' ? '#52677a' : LEVEL_COLOUR[level],
          hollow: level === 'none' && isOffline(point, nowMs),
          selected: point.id === selected,
        };
        const known = markers.get(point.id);
        if (known === undefined) {
          const marker = new PointMarker([point.lat, point.lon], look);
          marker.bindTooltip(inert(label), { direction: 'top', offset: [0, -8] });
          marker.on('click', () => onPoint(point.id));
          markers.set(point.id, marker.addTo(map));
          continue;
        }
        // An edit of the county may have moved the point.
        const at = known.getLatLng();
        if (at.lat !== point.lat || at.lng !== point.lon) known.setLatLng([point.lat, point.lon]);
        if (known.look.label !== look.label) known.setTooltipContent(inert(label));
        if (JSON.stringify(known.look) !== JSON.stringify(look)) known.setLook(look);
        if (look.selected) known.bringToFront();
      }
      if (markers.size !== before) drawNames();
    },
  };
}
