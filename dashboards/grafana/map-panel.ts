/** The county's points on a map: places and figures joined by point. Without tiles of its own it has no ground, and asks nobody for any. */
import { FrameGeometrySourceMode, type MapLayerOptions } from '@grafana/grafana-foundation-sdk/common';
import type { DataTransformerConfig, DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  ControlsOptionsBuilder,
  PanelBuilder as Geomap,
  MapViewConfigBuilder,
  TooltipMode,
  TooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/geomap';
import { CALM, LEVEL_COLOUR, thresholdsOf } from './colours.ts';
import { type Context, DATASOURCE } from './context.ts';
import { influxTarget, type Question } from './influx-query.ts';
import type { PlacedPanel } from './layout.ts';
import { levelMappings } from './mappings.ts';
import { pointWords } from './names.ts';

/** One pixel that shows nothing: a layer of tiles with an address that needs no network. */
const NO_TILE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

type MapColumn = { readonly name: string; readonly text: string; readonly unit: string };
type MapPanel = {
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** Each answers with `point` and columns of its own; the first has `lon` and `lat`. */
  readonly questions: readonly Question[];
  readonly columns: readonly MapColumn[];
  /** The column of the worst open level. */
  readonly levelText: string;
};

const asLayer = (layer: MapLayerOptions) => ({ build: () => layer });

function markers(levelText: string): MapLayerOptions {
  const style = {
    size: { fixed: 9, min: 6, max: 14 },
    color: { field: levelText, fixed: CALM },
    symbol: { mode: 'fixed', fixed: 'img/icons/marker/circle.svg' },
    text: { mode: 'field', field: 'point', fixed: '' },
    textConfig: { fontSize: 12, offsetX: 0, offsetY: -14, textAlign: 'center', textBaseline: 'middle' },
    opacity: 0.9,
  };
  return {
    type: 'markers',
    name: 'points',
    config: { style, showLegend: false },
    location: { mode: FrameGeometrySourceMode.Coords, latitude: 'lat', longitude: 'lon' },
    tooltip: true,
  };
}

const ground = (tiles: string | undefined): MapLayerOptions => ({
  type: 'xyz',
  name: 'ground',
  config: { url: tiles ?? NO_TILE, attribution: '' },
});

/** The middle of all points; the view fits itself to the data when there are any. */
function middleOf({ registry }: Context): { readonly lon: number; readonly lat: number } {
  const points = [...registry.points.values()];
  const mean = (pick: (point: (typeof points)[number]) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / Math.max(1, points.length);
  return { lon: mean(({ lon }) => lon), lat: mean(({ lat }) => lat) };
}

export function mapPanel(context: Context, map: MapPanel): PlacedPanel {
  const { key, title, description, width, height, questions, columns, levelText } = map;
  const { lon, lat } = middleOf(context);
  const renamed = Object.fromEntries([['level', levelText], ...columns.map(({ name, text }) => [name, text])]);
  const transformations: DataTransformerConfig[] = [
    { id: 'filterFieldsByName', options: { exclude: { names: ['Time'] } } },
    { id: 'joinByField', options: { byField: 'point', mode: 'outer' } },
    { id: 'organize', options: { excludeByName: {}, indexByName: {}, renameByName: renamed } },
  ];
  const levelProperties: DynamicConfigValue[] = [
    { id: 'mappings', value: [...levelMappings(context.lang)] },
    {
      id: 'thresholds',
      value: {
        mode: 'absolute',
        steps: [
          { value: null, color: CALM },
          { value: 1, color: LEVEL_COLOUR.blue },
          { value: 2, color: LEVEL_COLOUR.yellow },
          { value: 3, color: LEVEL_COLOUR.orange },
          { value: 4, color: LEVEL_COLOUR.red },
        ],
      },
    },
    { id: 'color', value: { mode: 'thresholds' } },
  ];
  const panel = new Geomap()
    .title(title)
    .description(description)
    .datasource({ ...DATASOURCE })
    .thresholds(thresholdsOf([{ value: null, color: CALM }]))
    .view(new MapViewConfigBuilder().id('fit').lon(lon).lat(lat).zoom(10).padding(10).allLayers(true))
    .controls(new ControlsOptionsBuilder().showZoom(true).mouseWheelZoom(true).showScale(true).showAttribution(false))
    .basemap(asLayer(ground(context.tiles)))
    .layers([asLayer(markers(levelText))])
    .tooltip(new TooltipOptionsBuilder().mode(TooltipMode.Details))
    .transformations(transformations)
    .overrideByName('point', [{ id: 'mappings', value: [...pointWords(context)] }])
    .overrideByName(levelText, levelProperties);
  for (const { text, unit } of columns) panel.overrideByName(text, [{ id: 'unit', value: unit }]);
  for (const question of questions) panel.withTarget(influxTarget(question));
  return { key, width, height, panel };
}
