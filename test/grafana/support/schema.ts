/**
 * A JSON Schema of Grafana's classic dashboards, made from the SDK's own types, with the options and fields of each kind
 * of panel (as mapped types: the generator tells types of one name apart no other way). It brings its own compiler.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

const SDK = '@grafana/grafana-foundation-sdk';

/** `type` of a panel and the SDK's module for it. */
export const PANEL_MODULES = ['timeseries', 'stat', 'table', 'geomap', 'state-timeline'] as const;

/** What a question to InfluxDB is in Grafana's own plug-in; the SDK leaves queries open. */
const SOURCE = `
import type { Dashboard } from '${SDK}/dashboard';
import type * as timeseries from '${SDK}/timeseries';
import type * as stat from '${SDK}/stat';
import type * as table from '${SDK}/table';
import type * as geomap from '${SDK}/geomap';
import type * as timeline from '${SDK}/statetimeline';
export type TheDashboard = Dashboard;
export type Options_timeseries = Partial<timeseries.Options>;
export type Fields_timeseries = Partial<timeseries.FieldConfig>;
export type Options_stat = Partial<stat.Options>;
export type Options_table = Partial<table.Options>;
export type Fields_table = Partial<table.FieldConfig>;
export type Options_geomap = Partial<geomap.Options>;
export type Options_state_timeline = Partial<timeline.Options>;
export type Fields_state_timeline = Partial<timeline.FieldConfig>;
export type InfluxQuery = {
  refId: string;
  datasource: { type: 'influxdb'; uid: 'fengsui-influxdb' };
  query: string;
  rawQuery: true;
  resultFormat?: 'time_series' | 'table';
  alias?: string;
  name?: string;
  fromAnnotations?: true;
  textColumn?: string;
  titleColumn?: string;
  tagsColumn?: string;
};
`;

type Definitions = { [name: string]: object };

function makeDefinitions(): Definitions {
  // Beside the sources, so that the packages are found.
  const folder = mkdtempSync(join('node_modules', '.grafana-schema-'));
  try {
    const path = join(folder, 'types.ts');
    writeFileSync(path, SOURCE);
    const tsconfig = join(folder, 'tsconfig.json');
    const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, skipLibCheck: true, types: [] };
    writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files: ['types.ts'] }));
    const schema = createGenerator({ path, tsconfig, type: '*', skipTypeCheck: true, functions: 'hide' }).createSchema(
      '*',
    );
    const definitions = { ...schema.definitions } as Definitions;
    return { ...definitions, Dataquery: definitions['InfluxQuery'] ?? {} };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export type Check = (name: string, value: unknown) => readonly string[];

/** Compiles every definition; a check answers with what is wrong. */
export function dashboardSchema(): Check & { readonly names: readonly string[] } {
  const definitions = makeDefinitions();
  const ajv = new Ajv({ allErrors: true, strict: false });
  ajv.addSchema({ $id: 'grafana', definitions });
  const check: Check = (name, value) => {
    const validate = ajv.getSchema(`grafana#/definitions/${encodeURIComponent(name)}`);
    if (validate === undefined) return [`there is no schema ${name}`];
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
  return Object.assign(check, { names: Object.keys(definitions) });
}
