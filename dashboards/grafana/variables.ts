/**
 * The choices at the head of a board. Codes stand in the tags; the names of townships, villages and points come from the
 * registry, sensors from the tags of what is stored.
 */

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  type VariableOption,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Origin } from '#model/reading.ts';
import { ORIGINS } from '#model/reading.ts';
import type { Text } from '#model/text.ts';
import { type Context, DATASOURCE, firstOrigin, said, textIn } from './context.ts';
import { chosen, measurement, type PlaceTag } from './influx-query.ts';

type Choice = { readonly text: string; readonly value: string };

const ORIGIN_TEXT: { readonly [O in Origin]: Text } = {
  live: { zh: '实测', en: 'live' },
  simulated: { zh: '模拟', en: 'simulated' },
  replay: { zh: '回放', en: 'replay' },
  drill: { zh: '演练', en: 'drill' },
};

/** More names than these make a board slow to open; then the tags alone are offered. */
export const MOST_NAMES = 1_000;

/** `name : value`, joined by commas, is how Grafana writes a list of its own; a comma or colon in a name would part it. */
const listed = (choices: readonly Choice[]): string =>
  choices.map(({ text, value }) => `${text.replaceAll(',', '，').replaceAll(' : ', '：')} : ${value}`).join(',');

const option = ({ text, value }: Choice, selected: boolean): VariableOption => ({ text, value, selected });
const ALL: Choice = { text: 'All', value: '$__all' };

function named(name: string, label: string, choices: readonly Choice[]): CustomVariableBuilder {
  return new CustomVariableBuilder(name).label(label).values(listed(choices));
}

/** Several at once or all of them. */
function several(name: string, label: string, choices: readonly Choice[]): Builder<VariableModel> {
  return named(name, label, choices)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: [ALL.text], value: [ALL.value] })
    .options([option(ALL, true), ...choices.map((choice) => option(choice, false))]);
}

function single(name: string, label: string, choices: readonly Choice[], value: string): Builder<VariableModel> {
  const first = choices.find((choice) => choice.value === value) ?? choices[0] ?? { text: value, value };
  return named(name, label, choices)
    .current(option(first, true))
    .options(choices.map((choice) => option(choice, choice.value === first.value)));
}

export const originVariable = (context: Context): Builder<VariableModel> =>
  single(
    'origin',
    said(context, '来源', 'origin'),
    ORIGINS.map((origin) => ({ text: textIn(context, ORIGIN_TEXT[origin]), value: origin })),
    firstOrigin(context.registry),
  );

function gridChoices(context: Context, tier: 2 | 3): readonly Choice[] {
  const grids = [...context.registry.grids.values()].filter((grid) => grid.tier === tier);
  return grids
    .map(({ code, name }) => ({ text: textIn(context, name), value: code }))
    .sort((a, b) => (a.value < b.value ? -1 : 1));
}

const pointChoices = (context: Context): readonly Choice[] =>
  [...context.registry.points.values()].map(({ id, name }) => ({ text: textIn(context, name), value: id }));

/** Codes as they stand in the tags of what is stored, narrowed by the choices before it. */
function fromTags(tag: PlaceTag, label: string, before: readonly PlaceTag[], from: string): Builder<VariableModel> {
  const query = `SHOW TAG VALUES FROM ${from} WITH KEY = "${tag}" WHERE ${chosen(before)}`;
  return new QueryVariableBuilder(tag)
    .label(label)
    .datasource({ ...DATASOURCE })
    .query({ query, refId: 'InfluxVariableQueryEditor-VariableQuery' })
    .definition(query)
    .refresh(VariableRefresh.OnDashboardLoad)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: [ALL.text], value: [ALL.value] });
}

/** Which of a board's quantities are offered sensor by sensor. */
export function placeVariables(context: Context, quantities: readonly string[]): readonly Builder<VariableModel>[] {
  const from = measurement(...quantities);
  const villages = gridChoices(context, 3);
  const points = pointChoices(context);
  const labels = {
    village: said(context, '村·社区·企业', 'village'),
    point: said(context, '隐患点', 'point'),
    sensor: said(context, '传感器', 'sensor'),
  };
  return [
    originVariable(context),
    several('township', said(context, '乡镇·园区', 'township'), gridChoices(context, 2)),
    villages.length > MOST_NAMES
      ? fromTags('village', labels.village, ['township'], from)
      : several('village', labels.village, [...villages, { text: said(context, '（无）', '(none)'), value: '-' }]),
    points.length > MOST_NAMES
      ? fromTags('point', labels.point, ['township', 'village'], from)
      : several('point', labels.point, points),
    fromTags('sensor', labels.sensor, ['township', 'village', 'point'], from),
  ];
}

export function townshipVariables(context: Context): readonly Builder<VariableModel>[] {
  const townships = gridChoices(context, 2);
  return [
    originVariable(context),
    single('township', said(context, '乡镇·园区', 'township'), townships, townships[0]?.value ?? '-'),
  ];
}

export const choiceVariable = (
  name: string,
  label: string,
  choices: readonly Choice[],
  value: string,
): Builder<VariableModel> => single(name, label, choices, value);
