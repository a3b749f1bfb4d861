/** `fengsui grafana write`: the county's boards, data source, dead-man's alert and grafana.ini as files for a Grafana of the county's own. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Settings } from '#cli/settings.ts';
import type { GrafanaCounty } from '#dashboards/grafana/context.ts';
import type { Server } from '#dashboards/grafana/provisioning.ts';
import { formatLint, type Lint } from '#model/result.ts';
import type { Lang } from '#model/text.ts';

type Version = 1 | 2 | 3;
type Options = {
  readonly lang: readonly Lang[];
  readonly influx?: Version;
  readonly url?: string;
  readonly database?: string;
  readonly tiles?: string;
  readonly force: boolean;
};

function langsOf(raw: string): readonly Lang[] {
  if (raw === 'both') return ['zh', 'en'];
  if (raw === 'zh' || raw === 'en') return [raw];
  throw new InvalidArgumentError('must be zh, en or both');
}

function versionOf(raw: string): Version {
  const version = Number(raw);
  if (version === 1 || version === 2 || version === 3) return version;
  throw new InvalidArgumentError('must be 1, 2 or 3');
}

function urlOf(raw: string): string {
  if (!/^https?:\/\/[^\s'"]+$/.test(raw)) throw new InvalidArgumentError('must be an http or https address');
  return raw;
}

const refuse = (lints: readonly Lint[]): number => {
  for (const lint of lints.slice(0, 10)) console.error(formatLint(lint));
  return 2;
};

/** What county.yaml says of InfluxDB, and what was typed instead. */
async function serverFor(county: GrafanaCounty, { influx: version, url, database }: Options): Promise<Server> {
  const { DEFAULT_SERVER, serverOf } = await import('#dashboards/grafana/provisioning.ts');
  const target = county.registry.history?.influx;
  const own = target !== undefined && (version === undefined || version === target.version);
  const server = own ? serverOf(target) : DEFAULT_SERVER(version ?? 1);
  return { ...server, ...(url === undefined ? {} : { url }), ...(database === undefined ? {} : { database }) };
}

async function write(settings: Settings, folder: string, options: Options): Promise<number> {
  const { readProfiles, readRuleFiles } = await import('#cli/io/county-source.ts');
  const { readCounty } = await import('#cli/load/io/read-county.ts');
  const { compileRules } = await import('#rules/compile.ts');
  const { grafanaFiles } = await import('#dashboards/grafana/files.ts');
  const { writeGrafanaFiles } = await import('#dashboards/grafana/io/write-files.ts');
  const profiles = readProfiles(settings.devicesDir);
  if (!profiles.ok) return refuse(profiles.error);
  const registry = readCounty(settings.countyDir, Date.now(), profiles.value);
  if (!registry.ok) return refuse(registry.error);
  const compiled = compileRules(readRuleFiles(settings.countyDir), registry.value, { tickMs: settings.tickMs });
  if (!compiled.ok) return refuse(compiled.error);
  const tiles = options.tiles === undefined ? {} : { tiles: options.tiles };
  const county: GrafanaCounty = { registry: registry.value, ruleSets: [...compiled.value.values()], ...tiles };
  const server = await serverFor(county, options);
  const done = writeGrafanaFiles(folder, grafanaFiles(county, options.lang, server), options.force);
  if (done.foreign.length > 0) {
    for (const path of done.foreign) console.error(`${path} is not as this command wrote it; it stays as it is.`);
    console.error('Nothing was written. Choose another folder, move these files away, or give --force.');
    return 1;
  }
  console.log(`${done.written.length} files written to ${folder}, ${done.unchanged.length} were as they should be.`);
  console.log(`InfluxDB ${server.version}.x at ${server.url}, database "${server.database}".`);
  console.log('How to start Grafana with them: docs/operations/grafana.md');
  return 0;
}

export function addGrafanaCommand(program: Command, settings: () => Settings): void {
  const grafana = program.command('grafana').description("boards for the county's own Grafana, on its InfluxDB");
  grafana
    .command('write')
    .argument('<folder>', 'where the files go; it is made when it is not there')
    .option('--lang <lang>', 'zh, en or both', langsOf, ['zh', 'en'] as readonly Lang[])
    .option('--influx <version>', 'version of InfluxDB, 1, 2 or 3; left out: as in county.yaml, or 1', versionOf)
    .option('--url <url>', 'of InfluxDB as Grafana reaches it', urlOf)
    .option('--database <name>', 'as InfluxQL knows it; of 2.x the name of the DBRP mapping')
    .option('--tiles <url>', "the county's own tile server, …/{z}/{x}/{y}.png; without it the map has no ground", urlOf)
    .option('--force', 'overwrite files that are not ours or that were changed', false)
    .description('write boards, data source, the alert about ourselves and an air-gapped grafana.ini')
    .action(async (folder: string, options: Options) =>
      process.exit(await write(settings(), resolve(folder), options)),
    );
}
