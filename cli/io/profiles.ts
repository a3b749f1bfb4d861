/** `fengsui profiles`: reads the catalogue's folder and prints it, or the schema of its files. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { profileJsonSchema } from '#cli/load/device-schema.ts';
import { type DeviceFile, parseDeviceFile } from '#cli/load/devices.ts';
import { formatTable } from '#cli/table.ts';
import { err, formatLint, type Lint, ok, type Result } from '#model/result.ts';

/** All files of a folder, or all findings in them. */
export function readDeviceFiles(dir: string): Result<readonly DeviceFile[], readonly Lint[]> {
  const lints: Lint[] = [];
  const files: DeviceFile[] = [];
  let names: readonly string[];
  try {
    names = readdirSync(dir).filter((name) => name.endsWith('.yaml'));
  } catch (cause) {
    const message = `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
    const mend = 'name the folder of the device profiles in FENGSUI_DEVICES';
    return err([{ file: dir, line: 0, column: 0, path: '', kind: 'folder', message, mend, severity: 'error' }]);
  }
  for (const name of [...names].sort()) {
    const file = join(dir, name);
    const parsed = parseDeviceFile(relative('', file), readFileSync(file, 'utf8'));
    if (parsed.ok) files.push(parsed.value);
    else lints.push(...parsed.error);
  }
  return lints.length > 0 ? err(lints) : ok(files);
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)].sort();

/** What `--json` says of one model. */
function itemOf({ profile, category, verified, unitId, examples }: DeviceFile) {
  const { id, maker, model, name, source, baudRate, parity, registers } = profile;
  return {
    id,
    maker,
    model,
    name,
    category,
    quantities: unique(registers.map(({ quantity }) => quantity)),
    functionCodes: unique(registers.map(({ functionCode }) => functionCode)),
    types: unique(registers.map(({ type }) => type)),
    orders: unique(registers.map(({ order }) => order)),
    registers: registers.length,
    outputs: registers.filter(({ write }) => write !== undefined).map(({ key }) => key),
    unitId,
    baudRate,
    parity,
    verified,
    examples: examples.length,
    source,
  };
}

export function listProfiles(devicesDir: string, json: boolean): number {
  const files = readDeviceFiles(devicesDir);
  if (!files.ok) {
    for (const lint of files.error) console.error(formatLint(lint));
    return 1;
  }
  const items = files.value.map(itemOf);
  if (json) {
    console.log(JSON.stringify({ items }));
    return 0;
  }
  const rows = items.map((item) => [
    item.id,
    item.name.zh,
    item.name.en,
    item.quantities.join(' '),
    `FC${item.functionCodes.map((code) => String(code).padStart(2, '0')).join('/')}`,
    String(item.registers),
    item.verified ? `${item.examples} frames` : 'confirm at the unit',
  ]);
  console.log(formatTable(['id', '名称', 'name', 'quantities', 'function', 'registers', 'proof'], rows));
  const open = items.filter(({ verified }) => !verified).length;
  console.log(`\n${items.length} models; ${open} of them with a register map to be confirmed at the unit.`);
  return 0;
}

export function printSchema(devicesDir: string, write: boolean): number {
  if (write) writeFileSync(join(devicesDir, 'profile.schema.json'), profileJsonSchema());
  else process.stdout.write(profileJsonSchema());
  return 0;
}
