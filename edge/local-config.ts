/** Parses what an edge judges and moves by itself: rule set, outputs, mute buttons. */
import type { DeviceProfile } from '../model/device-profile.ts';
import type { BusConfig, LocalConfig, MuteConfig, OutputConfig } from '../model/edge-config.ts';
import { LEVELS } from '../model/level.ts';
import type { Text } from '../model/text.ts';
import type { Fields, Reader } from './config-reader.ts';
import { readRuleSet } from './local/rule-set-config.ts';

type Profiles = { readonly [id: string]: DeviceProfile };
type Place = { readonly busId: string; readonly unitId: number; readonly register: string };
const COLOURS = LEVELS.filter((level) => level !== 'none');
const LONGEST_MS = 86_400_000;

/** Every output of one edge has a name of its own, and a button mutes outputs that exist. */
function checkNames(read: Reader, local: LocalConfig, path: string): void {
  const ids = new Set<string>();
  for (const [index, { id }] of local.outputs.entries()) {
    if (ids.has(id)) read.fault(`${path}.outputs[${index}].id`, `output ${id} is there twice`, 'rename one');
    ids.add(id);
  }
  for (const [index, mute] of local.mutes.entries())
    for (const id of mute.outputs)
      if (!ids.has(id))
        read.fault(`${path}.mutes[${index}].outputs`, `there is no output ${id}`, 'name one of outputs');
}

function readText(read: Reader, raw: unknown, path: string): Text {
  const fields = read.object(raw, path);
  return { zh: read.text(fields['zh'], `${path}.zh`), en: read.text(fields['en'], `${path}.en`) };
}

function readPlace(
  read: Reader,
  fields: Fields,
  path: string,
  buses: readonly BusConfig[],
  profiles: Profiles,
  isWritten: boolean,
): Place {
  const busId = read.token(fields['busId'], `${path}.busId`);
  const unitId = read.whole(fields['unitId'], `${path}.unitId`, 0, 255);
  const register = read.token(fields['register'], `${path}.register`);
  const unit = buses.find((bus) => bus.id === busId)?.units.find((one) => one.unitId === unitId);
  const spec = profiles[unit?.profile ?? '']?.registers.find(({ key }) => key === register);
  if (spec === undefined) read.fault(path, `there is no register ${register} at ${busId}/${unitId}`, 'correct it');
  else if (isWritten && spec.write === undefined)
    read.fault(`${path}.register`, `register ${register} cannot be written`, 'name one that has write');
  return { busId, unitId, register };
}

function readOutput(
  read: Reader,
  raw: unknown,
  path: string,
  buses: readonly BusConfig[],
  profiles: Profiles,
): OutputConfig {
  const fields = read.object(raw, path);
  const base = {
    id: read.token(fields['id'], `${path}.id`),
    name: readText(read, fields['name'], `${path}.name`),
    points: read
      .list(fields['points'], `${path}.points`)
      .map((item, index) => read.token(item, `${path}.points[${index}]`)),
    minLevel: read.choice(fields['minLevel'], `${path}.minLevel`, COLOURS),
    maxOnMs: read.whole(fields['maxOnMs'], `${path}.maxOnMs`, 1_000, LONGEST_MS),
  };
  const kind = read.choice(fields['kind'], `${path}.kind`, ['relay', 'speaker'] as const);
  if (kind === 'relay') return { ...base, kind, ...readPlace(read, fields, path, buses, profiles, true) };
  const line = read.object(fields['line'], `${path}.line`);
  const repeatMs = read.whole(fields['repeatMs'], `${path}.repeatMs`, 1_000, LONGEST_MS);
  return {
    ...base,
    kind,
    repeatMs,
    line:
      line['path'] === undefined
        ? {
            host: read.text(line['host'], `${path}.line.host`),
            port: read.whole(line['port'], `${path}.line.port`, 1, 65_535),
          }
        : {
            path: read.text(line['path'], `${path}.line.path`),
            baudRate: read.whole(line['baudRate'], `${path}.line.baudRate`, 300, 4_000_000),
          },
  };
}

function readMute(
  read: Reader,
  raw: unknown,
  path: string,
  buses: readonly BusConfig[],
  profiles: Profiles,
): MuteConfig {
  const fields = read.object(raw, path);
  return {
    id: read.token(fields['id'], `${path}.id`),
    ...readPlace(read, fields, path, buses, profiles, false),
    outputs: read
      .list(fields['outputs'], `${path}.outputs`)
      .map((item, index) => read.token(item, `${path}.outputs[${index}]`)),
    muteMs: read.whole(fields['muteMs'], `${path}.muteMs`, 1_000, LONGEST_MS),
  };
}

/** Of two outputs on one relay the one that is silent would switch the other's alarm off. */
function checkRelays(
  read: Reader,
  local: LocalConfig,
  path: string,
  buses: readonly BusConfig[],
  profiles: Profiles,
): void {
  const taken = new Map<string, string>();
  for (const [index, output] of local.outputs.entries()) {
    if (output.kind !== 'relay') continue;
    const { id, busId, unitId, register } = output;
    const unit = buses.find((bus) => bus.id === busId)?.units.find((one) => one.unitId === unitId);
    const spec = profiles[unit?.profile ?? '']?.registers.find(({ key }) => key === register);
    if (spec?.write === undefined) continue;
    const isCoil = spec.write.functionCode === 5 || spec.write.functionCode === 15;
    const relay = `${busId}/${unitId}/${isCoil ? 'coil' : 'register'} ${spec.address}`;
    const other = taken.get(relay);
    if (other !== undefined)
      read.fault(
        `${path}.outputs[${index}]`,
        `outputs ${other} and ${id} are the same relay: the silent one would switch the other off`,
        'make one output of them, with the lower level and all points',
      );
    taken.set(relay, other ?? id);
  }
}

export function readLocal(
  read: Reader,
  raw: unknown,
  path: string,
  buses: readonly BusConfig[],
  profiles: Profiles,
): LocalConfig {
  const fields = read.object(raw, path);
  const names = read.object(fields['pointNames'], `${path}.pointNames`);
  const local: LocalConfig = {
    ruleSet: readRuleSet(read, fields['ruleSet'], `${path}.ruleSet`),
    pointNames: Object.fromEntries(
      Object.entries(names).map(([id, item]) => [id, readText(read, item, `${path}.pointNames.${id}`)]),
    ),
    outputs: read
      .list(fields['outputs'], `${path}.outputs`)
      .map((item, index) => readOutput(read, item, `${path}.outputs[${index}]`, buses, profiles)),
    mutes: read
      .list(fields['mutes'], `${path}.mutes`)
      .map((item, index) => readMute(read, item, `${path}.mutes[${index}]`, buses, profiles)),
  };
  checkNames(read, local, path);
  checkRelays(read, local, path, buses, profiles);
  return local;
}
