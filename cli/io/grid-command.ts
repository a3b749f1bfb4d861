/** `fengsui grid …`: the registry of grids, people and places: import, export, and whether everybody has his place. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { SLIVER_M2 } from '#cli/registry/sliver.ts';

const KINDS = ['grids', 'boundaries', 'people', 'households', 'points', 'shelters', 'routes'] as const;
const FORMATS = ['xlsx', 'csv', 'geojson'] as const;
type Format = (typeof FORMATS)[number];
/** The folder that every other command works on as well. */
const COUNTY = process.env['FENGSUI_COUNTY'] || 'county';
const kindOption = () => new Option('--kind <kind>', 'what the file holds').choices(KINDS).makeOptionMandatory();

type ImportFlags = {
  readonly kind: (typeof KINDS)[number];
  readonly out: string;
  readonly sheet?: string;
  readonly map?: string;
  readonly into?: string;
  readonly from: 'wgs84' | 'gcj02';
  readonly dryRun?: boolean;
  readonly report?: string;
};

function addImport(grid: Command): void {
  grid
    .command('import')
    .argument('<file...>', 'xlsx, CSV (UTF-8 or GB 18030) or GeoJSON')
    .addOption(kindOption())
    .option('--out <folder>', "the county's folder; FENGSUI_COUNTY names another", COUNTY)
    .option('--sheet <name>', 'the sheet of a workbook; left out: the first')
    .option('--map <file>', 'YAML with the headings of this table, e.g. "phones: 村长电话"')
    .option('--into <name>', 'the name of the file in the county; left out: after the file')
    .addOption(new Option('--from <datum>', 'the datum of a map').choices(['wgs84', 'gcj02']).default('wgs84'))
    .option('--dry-run', 'say what would change, write nothing')
    .option('--report <file>', 'write every refused row and the counts as JSON')
    .description('take over a table or a map of the county; every refused row is told with its place and its mend')
    .action(async (files: string[], flags: ImportFlags) => {
      const { importCommand } = await import('#cli/registry/io/grid-import.ts');
      const { out, ...rest } = flags;
      process.exitCode = await importCommand(files, { ...rest, county: out, nowMs: Date.now() });
    });
}

function addExport(grid: Command): void {
  grid
    .command('export')
    .argument('<file>', 'where it goes')
    .addOption(kindOption())
    .addOption(new Option('--format <format>', "how; left out: as the file's name ends").choices(FORMATS))
    .option('--county <folder>', "the county's folder; FENGSUI_COUNTY names another", COUNTY)
    .description('write a part of the registry as a table or a map that an import reads back to the same')
    .action(async (file: string, flags: { kind: (typeof KINDS)[number]; format?: Format; county: string }) => {
      const format = flags.format ?? FORMATS.find((one) => file.toLowerCase().endsWith(`.${one}`));
      if (format === undefined) {
        console.error(
          `${file}: its name does not say the format — end it with .xlsx, .csv or .geojson, or give --format`,
        );
        process.exitCode = 2;
        return;
      }
      const { exportCommand } = await import('#cli/registry/io/grid-export.ts');
      process.exitCode = await exportCommand(file, { ...flags, format });
    });
}

function addCheck(grid: Command): void {
  grid
    .command('check')
    .argument('[county]', "the county's folder; FENGSUI_COUNTY names another", COUNTY)
    .option('--tolerance <m2>', 'pieces up to this many square metres are slivers of digitising', String(SLIVER_M2))
    .option('--json', 'one line of JSON instead of text', false)
    .description(
      'whether grids cover the county without overlap or gap, posts are held, points and households have theirs',
    )
    .action(async (county: string, { tolerance, json }: { tolerance: string; json: boolean }) => {
      const toleranceM2 = Number(tolerance);
      if (!(toleranceM2 >= 0)) {
        console.error('--tolerance must be a number of square metres, e.g. 100');
        process.exitCode = 2;
        return;
      }
      const { printGridCheck } = await import('#cli/registry/io/grid-check.ts');
      process.exitCode = printGridCheck(county, { json, toleranceM2 });
    });
}

export function addGridCommand(program: Command): void {
  const grid = program.command('grid').description('the registry: grids, boundaries, people, households, points');
  addImport(grid);
  addExport(grid);
  addCheck(grid);
}
