/** The map: boundaries filled by their worst open alert and named in words, points shaped by kind; no tiles, no network. */
import L from 'leaflet';
import { useEffect, useMemo, useRef } from 'react';
import type { AlertJson } from './api.ts';
import type { Selection } from './Desk.tsx';
import { Legend } from './Legend.tsx';
import { useLang, useText } from './language.ts';
import { worstByFill, worstByPoint } from './levels.ts';
import { createMapLayers, type MapLayers } from './map-layers.ts';
import { chainNowMs, type State } from './store.ts';

type Props = {
  readonly state: State;
  readonly open: readonly AlertJson[];
  readonly selection: Selection;
  readonly select: (selection: Selection) => void;
};

const selectedPoint = (state: State, selection: Selection): string | null => {
  if (selection === null) return null;
  if (selection.kind === 'point') return selection.id;
  const subject = state.alerts.get(selection.id)?.subject;
  return subject?.kind === 'point' ? subject.id : null;
};

export function GridMap({ state, open, selection, select }: Props) {
  const { t } = useText();
  const lang = useLang();
  const place = useRef<HTMLDivElement>(null);
  const layers = useRef<MapLayers | null>(null);
  const onPoint = useRef(select);
  onPoint.current = select;

  useEffect(() => {
    if (place.current === null) return;
    const map = L.map(place.current, {
      preferCanvas: true,
      attributionControl: false,
      zoomControl: false,
      zoomSnap: 0.25,
      minZoom: 6,
      maxZoom: 17,
      fadeAnimation: false,
    });
    L.control.zoom({ position: 'topright', zoomInTitle: '+', zoomOutTitle: '−' }).addTo(map);
    map.setView([30, 110], 7);
    layers.current = createMapLayers(map, (id) => onPoint.current({ kind: 'point', id }));
    const watch = new ResizeObserver(() => map.invalidateSize());
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      layers.current = null;
      map.remove();
    };
  }, []);

  const fills = useMemo(() => worstByFill(open, state.grids), [open, state.grids]);
  const ofPoints = useMemo(() => worstByPoint(open), [open]);
  const selected = selectedPoint(state, selection);
  useEffect(() => layers.current?.setGrids(state.grids, fills, lang), [state.grids, fills, lang]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the clock moves all the time; staleness is looked at when readings come.
  useEffect(
    () => layers.current?.setPoints(state.points, ofPoints, selected, chainNowMs(state.clock), lang),
    [state.points, ofPoints, selected, lang],
  );
  return (
    <section className="map" aria-label={t('map')}>
      <div ref={place} className="map-place" />
      <Legend />
    </section>
  );
}
