/** What rule files may write under `measure`, as Markdown, from the models' own tables; docs/rules.md holds it. */
import { QUANTITIES } from '#model/quantity.ts';
import type { Param } from '#model/rule-set.ts';
import type { HazardModel, RoleSpec } from '#rules/models/hazard-model.ts';
import { type ParamSpec, type ParamTable, readParams } from '#rules/models/params.ts';
import { HAZARD_MODELS } from '#rules/models/registry.ts';
import { sayTime } from '#rules/test/instant.ts';

export const TABLE_BEGIN = '<!-- models: begin -->';
export const TABLE_END = '<!-- models: end -->';

/** A bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
const code = (text: string): string => `\`${text}\``;

function sayType(spec: ParamSpec): string {
  const bound = (value: number) => (spec.type === 'duration' ? sayTime(value) : String(value));
  switch (spec.type) {
    case 'duration':
    case 'number':
    case 'whole': {
      const from = spec.min === undefined ? '' : ` from ${bound(spec.min)}`;
      const to = spec.max === undefined ? '' : ` to ${bound(spec.max)}`;
      return `${spec.type === 'whole' ? 'whole number' : spec.type}${from}${to}`;
    }
    case 'choice':
      return spec.of.map(code).join(' or ');
    case 'flag':
      return 'true or false';
    case 'text':
      return 'text';
    case 'list':
      return `list of ${spec.of}s`;
    case 'height':
      return 'height: metres, `{ station: name }` or `{ datum: metres }`';
    case 'heights':
      return 'list of heights';
    case 'rows':
      return `rows of ${Object.keys(spec.columns).join(', ')}`;
    default:
      return spec satisfies never;
  }
}

function sayDefault(spec: ParamSpec): string {
  const usual: Param | undefined = 'default' in spec ? spec.default : undefined;
  if (usual === undefined) return spec.optional === true ? 'may be left out' : 'needed';
  const isTime = spec.type === 'duration' || (spec.type === 'list' && spec.of === 'duration');
  const one = (value: Param) => (isTime && typeof value === 'number' ? sayTime(value) : String(value));
  return code(Array.isArray(usual) ? `[${usual.map(one).join(', ')}]` : one(usual));
}

const paramRows = (table: ParamTable, prefix = ''): string[] =>
  Object.entries(table).flatMap(([name, spec]) => [
    `| ${code(`${prefix}${name}`)} | ${cell(sayType(spec))} | ${cell(sayDefault(spec))} | ${cell(spec.doc)} |`,
    ...(spec.type === 'rows' ? paramRows(spec.columns, `${name}[].`) : []),
  ]);

function sayRole({ role, quantities, from, many, min, doc }: RoleSpec): string {
  const where = { point: 'at the same point', near: 'within a distance', named: 'named by the rule' }[from];
  const isAny = quantities?.length === Object.keys(QUANTITIES).length;
  const what = quantities === undefined ? '' : ` (${isAny ? 'any quantity' : quantities.join(', ')})`;
  const count = `${many ? 'any number' : 'one'}${min === 0 ? '' : `, at least ${min}`}`;
  return `- input ${code(role)}${what}, ${where}, ${count}: ${doc}`;
}

/** The unit of the figure, where it does not hang on a parameter that must be given. */
function sayFigure(model: HazardModel): string {
  const params = readParams(model.params, {}, 'written', []);
  const [quantity] = model.quantities;
  if (params === undefined || quantity === undefined) return '';
  const { name, unit } = model.figure(params, quantity);
  return ` Figure: ${name.en}${unit === '' ? '' : ` in ${unit}`}${model.below === true ? '; the lower the worse' : ''}.`;
}

function sayModel(model: HazardModel): string {
  const { kind, doc, quantities, params, per, roles = [] } = model;
  const all = quantities.length === Object.keys(QUANTITIES).length;
  const rows = paramRows(params);
  const parts = [
    `#### ${code(kind)}`,
    `${doc.trim().replace(/[^.]$/, '$&.')}${sayFigure(model)}`,
    `Watches ${all ? 'any quantity' : quantities.join(', ')}, ${per === 'sensor' ? 'each sensor by itself' : 'all sensors of a point or zone together'}.`,
    ...(roles.length === 0 ? [] : [roles.map(sayRole).join('\n')]),
    ...(rows.length === 0
      ? []
      : [['| parameter | what | default | meaning |', '|---|---|---|---|', ...rows].join('\n')]),
  ];
  return parts.join('\n\n');
}

/** All models by name. */
export const modelTable = (): string =>
  [...HAZARD_MODELS.values()]
    .sort((a, b) => (a.kind < b.kind ? -1 : 1))
    .map(sayModel)
    .join('\n\n');

/** A page with the table of today between its marks; undefined when it has none. */
export function withModelTable(page: string): string | undefined {
  const from = page.indexOf(TABLE_BEGIN);
  const to = page.indexOf(TABLE_END);
  if (from < 0 || to < from) return undefined;
  return `${page.slice(0, from + TABLE_BEGIN.length)}\n\n${modelTable()}\n\n${page.slice(to)}`;
}
