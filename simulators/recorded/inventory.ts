/**
 * What an inventory file says of recorded sensors: `--inventory FILE`, as YAML, JSON or CSV. Each entry names a `sensor` (or
 * `sensorId`, `id`) and its `quantity`, and may name `unit`, `point`, `kind`, `zone`, `lon`, `lat`, `staleAfter` (`90m`), `step`, and
 * `zero: true` for a meter that is to count from the recording's first value.
 */
import { isQuantityCode, QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import type { HazardPoint } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { RecordedSensor } from '#rules/backtest/recording.ts';
import { durationMs } from '#rules/models/params.ts';
import { type ListRecord, readRecords } from '#simulators/recorded/record-list.ts';
import { lintAt, MAX_LINTS } from '#simulators/recorded/series.ts';
import { columnOf } from '#simulators/recorded/units.ts';

export type InventoryEntry = Partial<Omit<RecordedSensor, 'sensorId'>> & {
  /** Of the values in the file; default: the quantity's own. */
  readonly unit?: string;
  /** The meter counts from the recording's first value, as one does that was set then. */
  readonly zero?: true;
};
export type Inventory = ReadonlyMap<string, InventoryEntry>;

const FIELDS = [
  'sensor',
  'sensorId',
  'id',
  'quantity',
  'unit',
  'point',
  'kind',
  'zone',
  'lon',
  'lat',
  'staleAfter',
  'step',
  'zero',
  'name',
];
const KINDS: readonly HazardPoint['kind'][] = ['slope', 'reservoir', 'river', 'rain-station', 'warehouse'];

type Find = (message: string) => undefined;

export function parseInventory(file: string, text: string): Result<Inventory, readonly Lint[]> {
  const read = readRecords(file, text, { list: 'sensors', key: 'sensor', plain: 'quantity' });
  if (!read.ok) return read;
  const lints: Lint[] = [];
  const entries = new Map<string, InventoryEntry>();
  for (const record of read.value.records) {
    if (lints.length >= MAX_LINTS) break;
    const find: Find = (message) => {
      lints.push(lintAt(file, record.line, message));
    };
    const sensorId = String(record.fields['sensor'] ?? record.fields['sensorId'] ?? record.fields['id'] ?? '');
    if (sensorId === '') find('an entry needs a sensor');
    else if (entries.has(sensorId)) find(`${sensorId} is there twice`);
    else {
      if (read.value.byHand) findStrangers(record, find);
      entries.set(sensorId, entryOf(record, find));
    }
  }
  if (lints.length === 0 && entries.size === 0) return err([lintAt(file, 0, 'no sensors')]);
  return lints.length > 0 ? err(lints) : ok(entries);
}

function findStrangers({ fields }: ListRecord, find: Find): void {
  for (const name of Object.keys(fields))
    if (!FIELDS.includes(name)) find(`"${name}" is not known here; known: ${FIELDS.join(', ')}`);
}

function entryOf({ fields }: ListRecord, find: Find): InventoryEntry {
  const text = (name: string): string | undefined => {
    const value = fields[name];
    return value === undefined ? undefined : String(value);
  };
  const [quantity, unit, kind] = [text('quantity'), text('unit'), text('kind')];
  const known = quantity === undefined ? undefined : quantityOf(quantity, unit, find);
  const pointKind = KINDS.find((one) => one === kind);
  if (kind !== undefined && pointKind === undefined) find(`kind ${kind} is not one of ${KINDS.join(', ')}`);
  const [pointId, zone] = [text('point'), text('zone')];
  const staleAfterMs = duration(text('staleAfter'), 'staleAfter', find);
  const stepMs = duration(text('step'), 'step', find);
  const lon = degrees(fields['lon'], 'lon', 180, find);
  const lat = degrees(fields['lat'], 'lat', 90, find);
  return {
    ...(known === undefined ? {} : { quantity: known }),
    ...(unit === undefined ? {} : { unit }),
    ...(pointId === undefined ? {} : { pointId }),
    ...(pointKind === undefined ? {} : { kind: pointKind }),
    ...(zone === undefined ? {} : { zone }),
    ...(text('zero') === 'true' ? { zero: true as const } : {}),
    ...(lon === undefined ? {} : { lon }),
    ...(lat === undefined ? {} : { lat }),
    ...(staleAfterMs === undefined ? {} : { staleAfterMs }),
    ...(stepMs === undefined ? {} : { stepMs }),
  };
}

function quantityOf(raw: string, unit: string | undefined, find: Find): QuantityCode | undefined {
  if (!isQuantityCode(raw)) return find(`unknown quantity ${raw}; known: ${Object.keys(QUANTITIES).join(', ')}`);
  const column = columnOf(raw, unit ?? '');
  return 'wrong' in column ? find(column.wrong) : raw;
}

function duration(raw: string | undefined, name: string, find: Find): number | undefined {
  if (raw === undefined) return undefined;
  const ms = durationMs(raw);
  return ms !== undefined && ms > 0 ? ms : find(`${name} is ${raw}; write a duration such as 90m`);
}

function degrees(raw: string | number | undefined, name: string, most: number, find: Find): number | undefined {
  if (raw === undefined) return undefined;
  const value = Number(raw);
  return Math.abs(value) <= most ? value : find(`${name} is ${raw}, no degrees`);
}
